"""The true AP view of a sacrum: the beam runs along the S1 endplate, in the midsagittal plane."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from rfplan.anatomy.endplate import Endplate, find_endplate
from rfplan.anatomy.midsagittal import FaceCloud, MidsagittalPlane, find_midsagittal
from rfplan.errors import InputError
from rfplan.figures import figures
from rfplan.geometry.arrays import FloatArray, frozen, unit
from rfplan.geometry.frames import ApFrame, Isometry
from rfplan.geometry.mesh import Mesh

_ASYMMETRY_LIMIT_MM = 4.0
_SMALLEST_ENDPLATE_MM2 = 450.0
"""Of the band 17 mm to either side of the midline, where an endplate has about 1000 mm2."""
_LEVEL_WITH_MM, _BEYOND_MM = 20.0, 25.0
_SLIGHT_SLOPE = 0.03
_LARGEST_TURN_DEG = 45.0
_LARGEST_ASYMMETRY_MM = 5.0


@dataclass(frozen=True, eq=False)
class TrueAp:
    """The view frame and what it was read from.

    ``endplate_normal`` (3,) out of the bone; ``promontory_mm`` and ``endplate_posterior_mm`` (3,) its ends on the midline;
    ``confidence`` 0 to 1; ``notes`` are sentences for the user.
    """

    frame: ApFrame
    endplate_normal: FloatArray
    promontory_mm: FloatArray
    endplate_posterior_mm: FloatArray
    confidence: float
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("endplate_normal", "promontory_mm", "endplate_posterior_mm"):
            object.__setattr__(self, name, frozen(getattr(self, name)))

    def moved(self, motion: Isometry) -> TrueAp:
        """The view of the moved bone."""
        return TrueAp(
            self.frame.moved(motion),
            motion.vectors(self.endplate_normal),
            motion.points(self.promontory_mm),
            motion.points(self.endplate_posterior_mm),
            self.confidence,
            self.notes,
        )


def find_true_ap(bones: Mapping[str, Mesh]) -> TrueAp:
    """The true AP frame of the sacrum among ``bones`` (patient LPS, mm), which may be turned by up to about 30 degrees.

    The midline is the mirror plane of the sacrum itself: an operator centres the spinous processes, and hips are often
    cut or rotated against it.

    Raises
    ------
    InputError : there is no sacrum, it is back to front or upside down, or no S1 endplate is seen on it
    """
    if "sacrum" not in bones:
        raise InputError(f"there is no bone named 'sacrum' among {sorted(bones)}; it is the one that is needed")
    cloud = FaceCloud.of(bones["sacrum"])
    plane = find_midsagittal(cloud)
    turned = float(np.rad2deg(np.arccos(np.clip(plane.normal[0], -1.0, 1.0))))
    if turned > _LARGEST_TURN_DEG:
        raise InputError(
            f"the sacrum lies on its side: its midline is turned by {turned:.0f} degrees; accepted is patient LPS, +x to the "
            "patient's left, within about 30 degrees"
        )
    if plane.asymmetry_mm > _LARGEST_ASYMMETRY_MM:
        raise InputError(
            f"the sacrum is not like its mirror image left to right (they differ by {plane.asymmetry_mm:.0f} mm): it lies on its "
            f"side or is another bone; accepted is up to {_LARGEST_ASYMMETRY_MM:.0f} mm, in patient LPS within about 30 degrees"
        )
    refuse_back_to_front(cloud, plane)
    endplate = find_endplate(cloud, plane)
    if endplate is None or not is_endplate(endplate, cloud):
        if _upside_down(cloud, plane):
            raise InputError(
                "the sacrum is upside down: its S1 endplate faces the feet (-z); accepted is patient LPS, +z towards the head, "
                "within about 30 degrees"
            )
        raise InputError(
            "the sacrum shows no S1 endplate: no flat area of about 45 by 31 mm faces up and forward at its head end; "
            "accepted is a whole sacrum, or one cut below S2, in patient LPS within about 30 degrees"
        )
    frame = frame_from(endplate.normal, plane.normal, endplate.posterior_mm)
    return TrueAp(
        frame,
        endplate.normal,
        endplate.anterior_mm,
        endplate.posterior_mm,
        _confidence(plane, endplate),
        _notes(plane, endplate),
    )


def refuse_back_to_front(cloud: FaceCloud, plane: MidsagittalPlane) -> None:
    """Refuse a sacrum whose broad front (the alae) faces backwards: towards its back a sacrum is narrower, always."""
    left = plane.normal
    forward = unit(np.cross(left, [0.0, 0.0, 1.0]))
    width = np.abs(cloud.centres_mm @ left - plane.offset_mm)
    design = np.column_stack([cloud.centres_mm @ forward, cloud.centres_mm[:, 2], np.ones(len(width))])
    root = np.sqrt(cloud.areas_mm2)
    slope = np.linalg.lstsq(design * root[:, None], width * root, rcond=None)[0]
    if slope[0] < -_SLIGHT_SLOPE:
        raise InputError(
            "the sacrum is back to front: its broad front faces +y; accepted is patient LPS, +y towards the back "
            "(is it RAS declared as LPS?)"
        )


def is_endplate(endplate: Endplate, cloud: FaceCloud) -> bool:
    """Whether a flat patch is large enough, lies on top of the bone, and has the sacrum behind it.

    Behind: the middle of the bone, or, level with the plate, much more of it (articular processes, alae) than in front of the
    promontory. A sacrum that is cut short may fail one of the two.
    """
    middle = 0.5 * (endplate.posterior_mm + endplate.anterior_mm)
    backwards = unit(endplate.posterior_mm - endplate.anterior_mm)
    offset = cloud.centres_mm - middle
    level, run = offset @ endplate.normal, offset @ backwards
    below = -float(np.average(level, weights=cloud.areas_mm2))
    centre_behind = float(np.average(run, weights=cloud.areas_mm2)) > 0.0
    beside = level > -_LEVEL_WITH_MM
    behind = float(cloud.areas_mm2[beside & (run > _BEYOND_MM)].sum())
    in_front = float(cloud.areas_mm2[beside & (run < -_BEYOND_MM)].sum())
    backed = centre_behind or behind > 2.0 * in_front
    return endplate.area_mm2 > _SMALLEST_ENDPLATE_MM2 and below > 0.0 and backed


def _upside_down(cloud: FaceCloud, plane: MidsagittalPlane) -> bool:
    """Whether the bone shows an endplate after a mirror image top to bottom."""
    flip = np.array([1.0, 1.0, -1.0])
    flipped = FaceCloud(cloud.centres_mm * flip, cloud.normals * flip, cloud.areas_mm2)
    endplate = find_endplate(flipped, MidsagittalPlane(plane.normal * flip, plane.offset_mm, plane.asymmetry_mm))
    return endplate is not None and is_endplate(endplate, flipped)


def frame_from(endplate_normal: FloatArray, left: FloatArray, endplate_posterior_mm: FloatArray) -> ApFrame:
    """The AP frame of an endplate whose normal points out of the bone, with ``left`` across the midline."""
    lateral = unit(left)
    caudal = -unit(endplate_normal - (endplate_normal @ lateral) * lateral)
    return ApFrame(endplate_posterior_mm, lateral, caudal, np.cross(lateral, caudal))


def _confidence(plane: MidsagittalPlane, endplate: Endplate) -> float:
    """Product of how symmetric the bone is and how flat and how like an endplate in depth the plate is."""
    depth = figures("foramina_prior")["endplate.depth"]
    spread = 3.0 * (depth.sd or 2.0)
    symmetric = np.exp(-((plane.asymmetry_mm / _ASYMMETRY_LIMIT_MM) ** 2))
    flat = np.exp(-((endplate.flatness_mm / 3.0) ** 2))
    deep = np.exp(-((max(0.0, abs(endplate.depth_mm - depth.value) - spread) / spread) ** 2))
    return float(symmetric * flat * deep)


def _notes(plane: MidsagittalPlane, endplate: Endplate) -> tuple[str, ...]:
    notes = []
    if plane.asymmetry_mm > 0.5 * _ASYMMETRY_LIMIT_MM:
        notes.append(
            f"the sacrum differs from its mirror image by {plane.asymmetry_mm:.1f} mm (median): check the midline"
        )
    if abs(endplate.roll_deg) > 6.0:
        notes.append(
            f"the S1 endplate leans {abs(endplate.roll_deg):.0f} degrees to one side; the beam is kept in the midsagittal plane"
        )
    return tuple(notes)
