"""The upper endplate of S1: the plane that a ruler laid across its front and back rim would show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rfplan.anatomy.midsagittal import FaceCloud, MidsagittalPlane
from rfplan.figures import figures
from rfplan.geometry.arrays import FloatArray, frozen, unit

_HALF_WIDTH_MM = 17.0
_TILTS_DEG = np.arange(-20.0, 106.0, 2.0)
_LEVEL_STEP_MM = 1.0
_SLAB_MM = 3.5
_ABOVE_MM = 8.0
_FACING_COSINE = np.cos(np.deg2rad(35.0))
_SLICES_MM = np.arange(-12.0, 12.5, 2.0)


@dataclass(frozen=True, eq=False)
class Endplate:
    """The S1 endplate in the patient frame, mm.

    ``normal`` (3,) out of the bone, within the midsagittal plane; ``roll_deg`` by how much the plate itself leans out of
    that plane; ``posterior_mm`` and ``anterior_mm`` (3,) ends of the plate on the midline, the second the promontory;
    ``flatness_mm`` root mean square of the plate about its plane.
    """

    normal: FloatArray
    posterior_mm: FloatArray
    anterior_mm: FloatArray
    roll_deg: float
    area_mm2: float
    flatness_mm: float

    def __post_init__(self) -> None:
        for name in ("normal", "posterior_mm", "anterior_mm"):
            object.__setattr__(self, name, frozen(getattr(self, name)))

    @property
    def depth_mm(self) -> float:
        """Length of the plate from back to front."""
        return float(np.linalg.norm(self.anterior_mm - self.posterior_mm))


def find_endplate(cloud: FaceCloud, plane: MidsagittalPlane) -> Endplate | None:
    """The endplate of a sacrum whose head end is within about 30 degrees of +z; None where nothing like one is seen.

    In the band beside the midline, the plate is the largest flat patch that faces up and forward. Its tilt is then taken
    from a ruler laid over the patch in slices parallel to the midline: the ruler rests on the two rims of a hollow plate
    and lies on the face of a flat one.
    """
    lateral, forward, up = _sagittal_axes(plane)
    side = cloud.centres_mm @ lateral - plane.offset_mm
    near = np.abs(side) < _HALF_WIDTH_MM
    flat = np.stack([cloud.centres_mm[near] @ forward, cloud.centres_mm[near] @ up], axis=1)
    facing = np.stack([cloud.normals[near] @ forward, cloud.normals[near] @ up], axis=1)
    patch, tilt = _most_endplate_like_patch(flat, facing, cloud.areas_mm2[near])
    if np.count_nonzero(patch) < 30:
        return None
    points = np.column_stack([side[near][patch], flat[patch]])
    areas = cloud.areas_mm2[near][patch]
    tilt = _ruler_tilt(points, tilt)
    normal = np.array([np.sin(tilt), np.cos(tilt)])
    along = np.array([normal[1], -normal[0]])
    run, level = points[:, 1:] @ along, points[:, 1:] @ normal
    middle = np.abs(points[:, 0]) < 8.0
    if np.count_nonzero(middle) < 8:
        return None
    back, front = np.quantile(run[middle], [0.01, 0.99])
    lid = float(np.quantile(level[middle], 0.97))
    slope = np.column_stack([points[:, 0], run, np.ones(len(run))])
    weights = np.sqrt(areas)[:, None]
    fitted = np.linalg.lstsq(slope * weights, level * weights[:, 0], rcond=None)[0]
    residual = level - slope @ fitted

    def patient(at: float) -> FloatArray:
        in_plane = at * along + lid * normal
        return np.asarray(plane.offset_mm * lateral + in_plane[0] * forward + in_plane[1] * up)

    return Endplate(
        normal=normal[0] * forward + normal[1] * up,
        posterior_mm=patient(float(back)),
        anterior_mm=patient(float(front)),
        roll_deg=float(np.rad2deg(np.arctan(fitted[0]))),
        area_mm2=float(areas.sum()),
        flatness_mm=float(np.sqrt(np.average(residual**2, weights=areas))),
    )


def _sagittal_axes(plane: MidsagittalPlane) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Unit vectors to the left, forward and up, the last two in the midsagittal plane."""
    lateral = plane.normal
    up = unit(np.array([0.0, 0.0, 1.0]) - lateral[2] * lateral)
    return lateral, np.cross(lateral, up), up


def _most_endplate_like_patch(flat: FloatArray, facing: FloatArray, areas: FloatArray) -> tuple[np.ndarray, float]:
    """Which faces lie on the best flat patch, and the tilt of its normal from up to forward, radians.

    A patch counts by its area, by how well its length from back to front is that of an endplate, and by whether the bone
    falls away in front of it (the promontory), and none stands above it: the front of the sacral bodies is flat too, but
    it is longer, goes on, or lies in a hollow.
    """
    length = figures("foramina_prior")["endplate.depth"]
    spread = 3.0 * (length.sd or 0.1 * length.value)
    best, best_tilt, best_patch = 0.0, 0.0, np.zeros(len(flat), dtype=bool)
    for tilt in np.deg2rad(_TILTS_DEG):
        normal = np.array([np.sin(tilt), np.cos(tilt)])
        cosine = facing @ normal
        useful = np.flatnonzero(cosine > _FACING_COSINE)
        if len(useful) < 30:
            continue
        level, run = flat @ normal, flat @ np.array([normal[1], -normal[0]])
        weight = areas[useful] * cosine[useful] ** 4
        for peak in _peak_levels(level[useful], weight):
            slab = useful[np.abs(level[useful] - peak) < _SLAB_MM]
            above = float(areas[level > peak + _ABOVE_MM].sum())
            for back, front in _stretches(run[slab], areas[slab]):
                inside = slab[(run[slab] >= back) & (run[slab] <= front)]
                beyond = (run > front + 1.0) & (run < front + 12.0) & (level > peak - 4.0) & (cosine > 0.0)
                misfit = max(0.0, abs(front - back - length.value) - spread) / spread
                area = float(np.sum(areas[inside] * cosine[inside] ** 4))
                score = (area - 2.0 * float(areas[beyond].sum()) - above) * np.exp(-(misfit**2))
                if score > best:
                    best, best_tilt = score, float(tilt)
                    best_patch = np.zeros(len(flat), dtype=bool)
                    best_patch[
                        (np.abs(level - peak) < 5.0)
                        & (run > back - 2.0)
                        & (run < front + 2.0)
                        & (cosine > np.cos(np.deg2rad(50.0)))
                    ] = True
    return best_patch, best_tilt


def _peak_levels(level: FloatArray, weight: FloatArray) -> list[float]:
    """Levels at which much area lies, mm: the peaks of at least half the height of the highest."""
    base = float(level.min()) - 3.0 * _LEVEL_STEP_MM
    bins = ((level - base) / _LEVEL_STEP_MM).astype(int)
    histogram = np.convolve(np.bincount(bins, weights=weight, minlength=8), np.ones(5), mode="same")
    padded = np.concatenate([[0.0], histogram, [0.0]])
    top = (padded[1:-1] >= padded[:-2]) & (padded[1:-1] > padded[2:]) & (histogram > 0.5 * histogram.max())
    return [base + (index + 0.5) * _LEVEL_STEP_MM for index in np.flatnonzero(top)]


def _stretches(run: FloatArray, areas: FloatArray) -> list[tuple[float, float]]:
    """Back and front end of every unbroken stretch of faces, mm."""
    base = float(run.min())
    step = 2.0
    covered = np.bincount(((run - base) / step).astype(int), weights=areas) > 0.25 * step * 2.0 * _HALF_WIDTH_MM
    edges = np.diff(np.concatenate([[0], covered.astype(int), [0]]))
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    return [(base + step * a, base + step * b) for a, b in zip(starts, ends, strict=True)]


def _ruler_tilt(points: FloatArray, tilt: float) -> float:
    """Tilt of a straight edge resting on the patch, the median over slices parallel to the midline, radians."""
    tilts = []
    for position in _SLICES_MM:
        inside = np.abs(points[:, 0] - position) < 1.5
        if np.count_nonzero(inside) < 8:
            continue
        normal = np.array([np.sin(tilt), np.cos(tilt)])
        along = np.array([normal[1], -normal[0]])
        hull = _upper_hull(points[inside][:, 1:] @ along, points[inside][:, 1:] @ normal)
        edges = np.diff(hull, axis=0)
        lengths = np.hypot(edges[:, 0], edges[:, 1])
        angles = np.arctan2(-edges[:, 1], edges[:, 0])
        # the ruler follows the edges of the hull near the direction in which most of its length runs
        votes = [np.sum(lengths * np.exp(-(((angles - a) / np.deg2rad(8.0)) ** 2))) for a in angles]
        top = angles[int(np.argmax(votes))]
        for _ in range(5):
            kernel = lengths * np.exp(-(((angles - top) / np.deg2rad(8.0)) ** 2))
            top = float(np.sum(kernel * angles) / np.sum(kernel))
        tilts.append(tilt + top)
    return float(np.median(tilts)) if tilts else tilt


def _upper_hull(run: FloatArray, level: FloatArray) -> FloatArray:
    """(k, 2) corners of the upper convex hull of points (run, level), by run."""
    hull: list[tuple[float, float]] = []
    for point in sorted(zip(run.tolist(), level.tolist(), strict=True)):
        while len(hull) >= 2:
            (x1, y1), (x2, y2) = hull[-2], hull[-1]
            if (x2 - x1) * (point[1] - y1) - (y2 - y1) * (point[0] - x1) < 0:
                break
            hull.pop()
        hull.append(point)
    return np.array(hull)
