"""Whether bones can be what they are called: their size, which way up, which way round, which side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from rfplan.errors import InputError
from rfplan.figures import figures
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.mesh import Mesh

BONES: Final = ("sacrum", "hip_left", "hip_right", "vertebrae_L5")
"""Bones of an import, by the names of their files and labels."""

MM_PER_UNIT: Final[Mapping[str, float]] = {"mm": 1.0, "cm": 10.0, "m": 1000.0}

_ASKEW = 0.1


def check_unit(bone: str, vertices_mm: FloatArray, unit: str, source: str) -> None:
    """Refuse a bone whose size becomes possible in another unit, and say in which.

    ``vertices_mm`` (n, 3) as converted with ``unit``, before any repair: thresholds of the repair are in mm.
    """
    extent, low, high, fitting = _size(bone, vertices_mm, unit)
    if fitting and not low <= extent <= high:
        raise InputError(
            f"{source}: the {bone} would be {_readable(extent)} mm long if its coordinates are {unit}; {low:.0f} to {high:.0f} mm is "
            f"believed; the numbers look like {_WORDS[fitting[0]]}: give --unit {fitting[0]}"
        )


def check_size(bone: str, vertices_mm: FloatArray, unit: str, source: str) -> None:
    """Refuse a repaired bone of impossible size."""
    check_unit(bone, vertices_mm, unit, source)
    extent, low, high, _ = _size(bone, vertices_mm, unit)
    if not low <= extent <= high:
        raise InputError(
            f"{source}: the {bone} would be {_readable(extent)} mm long if its coordinates are {unit}; {low:.0f} to {high:.0f} mm is "
            "believed, and no other unit (mm, cm, m) explains it"
        )


def check_place(bone: str, vertices_mm: FloatArray, source: str) -> None:
    """Refuse a bone so far from the origin that the digits of its file, seven in single precision, no longer tell its shape."""
    farthest = figures("import_limits")["origin.farthest"].value
    off = float(np.abs(np.median(vertices_mm, axis=0)).max())
    if off > farthest:
        raise InputError(
            f"{source}: the {bone} lies {_readable(off)} mm from the origin; at most {farthest:,.0f} mm is accepted, as shape is lost "
            "to rounding beyond: move the data nearer to the origin, all bones by the same vector"
        )


def _readable(length_mm: float) -> str:
    return f"{length_mm:,.0f}" if 1000.0 <= length_mm < 1e12 else f"{length_mm:.3g}"


def _size(bone: str, vertices_mm: FloatArray, unit: str) -> tuple[float, float, float, list[str]]:
    """Longest side, what is believed (lowest, highest), mm, and the units in which it would be believed."""
    # percentiles, so that a crumb far away does not count
    extent = float(np.max(np.subtract(*np.percentile(vertices_mm, [99.5, 0.5], axis=0))))
    believed = figures("import_limits")[f"extent.{bone}"]
    low, high = believed.low or 0.0, believed.high or float("inf")
    raw = extent / MM_PER_UNIT[unit]
    return extent, low, high, [name for name, factor in MM_PER_UNIT.items() if low <= raw * factor <= high]


_WORDS: Final = {"mm": "millimetres", "cm": "centimetres", "m": "metres"}


def check_arrangement(bones: Mapping[str, Mesh], source: str, declared: str = "LPS") -> tuple[str, ...]:
    """Refuse bones that are upside down, back to front or on the wrong side; sentences about what could not be checked.

    ``bones`` closed, patient LPS, mm, turned against the patient's axes by no more than about 30 degrees; ``declared`` is the
    frame that their files were taken to be in.
    """
    sacrum = bones["sacrum"]
    centre = sacrum.bounds_mm.mean(axis=0)
    thick_end = _thick_end(sacrum)
    hips = [bones[name].bounds_mm.mean(axis=0) for name in ("hip_left", "hip_right") if name in bones]
    sides_swapped = _sides_swapped(bones, centre)
    if thick_end is not None and thick_end[1] < -_ASKEW:
        whole = hips and all(hip[2] > centre[2] for hip in hips)
        raise InputError(
            f"{source}: the sacrum is upside down: its narrow lower end points to the head (+z)"
            + (", and the hip bones lie above it: the whole set is" if whole else "")
            + "; turn the data so that +z points to the head"
        )
    if "vertebrae_L5" in bones and bones["vertebrae_L5"].bounds_mm.mean(axis=0)[2] < centre[2]:
        raise InputError(
            f"{source}: vertebrae_L5 lies below the sacrum; the data are upside down or the bone is not L5"
        )
    backward = thick_end is not None and thick_end[0] > _ASKEW
    if hips:
        # the acetabulum and pubis are far in front of the sacrum
        backward = backward or float(np.mean(hips, axis=0)[1] - centre[1]) > 15.0
    if backward and (sides_swapped or not hips):
        other = "LPS" if declared == "RAS" else "RAS"
        raise InputError(
            f"{source}: the pelvic face of the sacrum looks to the back (+y)"
            + (" and hip_left lies on the patient's right (-x)" if sides_swapped else "")
            + f": the data were taken as {declared} and look like {other}; give --frame {other}"
        )
    if backward:
        raise InputError(
            f"{source}: the pelvic face of the sacrum looks to the back (+y) though left and right are as named: "
            "the sacrum is in another frame than the hip bones, or the data are mirrored front to back; bring all files into one frame"
        )
    if sides_swapped:
        raise InputError(
            f"{source}: left and right are swapped: hip_left lies on the patient's right (-x) and hip_right on the left; "
            "rename the two, or give the true frame of the data with --frame"
        )
    _refuse_strangers(bones, source)
    if not hips:
        return ("there are no hip bones: which side is left cannot be checked, and the joint line is estimated",)
    return ()


def _thick_end(sacrum: Mesh) -> FloatArray | None:
    """(2,) unit vector (y, z) from the narrow to the wide end of the bone; None where neither is clearly wider."""
    a, b, c = np.moveaxis(sacrum.triangles_mm, 1, 0)
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    middle = (a + b + c) / 3.0
    offset = middle - np.average(middle, axis=0, weights=area)
    axis = np.linalg.eigh(np.cov(offset[:, 1:].T, aweights=area))[1][:, 1]
    along = offset[:, 1:] @ axis
    low, high = float(along.min()), float(along.max())
    quarter = 0.25 * (high - low)

    def width(here: np.ndarray) -> float:
        return float(np.sqrt(np.average(offset[here, 0] ** 2, weights=area[here])))

    first, last = width(along < low + quarter), width(along > high - quarter)
    if max(first, last) < 1.15 * min(first, last):
        return None
    return np.asarray(axis if last > first else -axis)


def _sides_swapped(bones: Mapping[str, Mesh], centre: FloatArray) -> bool:
    left = bones["hip_left"].bounds_mm.mean(axis=0)[0] if "hip_left" in bones else None
    right = bones["hip_right"].bounds_mm.mean(axis=0)[0] if "hip_right" in bones else None
    if left is not None and right is not None:
        return bool(left < right)
    return bool((left is not None and left < centre[0]) or (right is not None and right > centre[0]))


def _refuse_strangers(bones: Mapping[str, Mesh], source: str) -> None:
    """Bones that touch nothing come from another frame, unit or person."""
    from scipy.spatial import cKDTree

    def some(mesh: Mesh) -> FloatArray:
        return mesh.vertices_mm[:: max(1, len(mesh.vertices_mm) // 2000)]

    # a few thousand points are close enough together for a limit of centimetres
    apart = figures("import_limits")["apart.largest"].value
    tree = cKDTree(some(bones["sacrum"]))
    for name, mesh in bones.items():
        gap = float(tree.query(some(mesh))[0].min())
        if gap > apart:
            raise InputError(
                f"{source}: {name} lies {gap:.0f} mm away from the sacrum (at most {apart:.0f} mm is believed): "
                "the files are in different frames or units, or of different people"
            )
