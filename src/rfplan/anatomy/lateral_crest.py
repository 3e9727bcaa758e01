"""The lateral sacral crest and its transverse tubercles, read off the dorsal chart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy import ndimage

from rfplan.anatomy.chart import DorsalChart
from rfplan.anatomy.foramen import Foramen
from rfplan.anatomy.landmarks import Curve, Landmark
from rfplan.anatomy.sides import Side, lateral_sign
from rfplan.figures import figures
from rfplan.geometry.arrays import FloatArray

_STEP_MM = 0.5
_OFFSETS_MM = np.arange(2.0, 20.0, 0.5)
_REACH_MM = 6.0
_TUBERCLE_LEVELS = ("S1", "S2", "S3")
_PROMINENT_MM = 0.7
_CLEAR_OF_JOINT_MM = 0.5


def find_lateral_crest(
    chart: DorsalChart, foramina: Sequence[Foramen], side: Side, joint: Curve | None = None
) -> tuple[Curve | None, Mapping[str, Landmark]]:
    """The crest lateral to the foramina of one side, cranial to caudal, and the tubercle beside each of S1 to S3.

    The crest is the ridge that stands highest over the straight line from the rims of the foramina to the edge of the bone, or
    to the ``joint`` line where that is nearer: the ilium hides what is lateral to it.
    """
    sign = lateral_sign(side)
    present = sorted((f for f in foramina if f.side == side and f.status != "absent"), key=lambda f: f.level)
    if not present:
        return None, {}
    centres = np.stack([chart.frame.to_chart(f.centre_mm) for f in present])
    rims = np.array([np.max(sign * chart.frame.to_chart(f.rim_mm)[:, 0]) for f in present])
    last = min(len(present) - 1, 3)
    caudal = np.arange(centres[0, 1] - _REACH_MM, centres[last, 1] + _REACH_MM + 0.1, _STEP_MM)
    # outside the rims of the foramina, and between them on the line that joins these
    inner = np.interp(caudal, centres[:, 1], rims)
    lateral = sign * (inner[:, None] + _OFFSETS_MM)
    height = chart.height_mm(lateral, caudal[:, None])
    if joint is not None:
        border = chart.frame.to_chart(joint.points_mm)
        limit = np.interp(caudal, border[:, 1], sign * border[:, 0], left=np.inf, right=np.inf)
        height = np.where(sign * lateral < limit[:, None] - _CLEAR_OF_JOINT_MM, height, np.nan)
    rise = _over_chord(height)
    wanted = np.interp(caudal, centres[:, 1], [_usual_offset(f.level) for f in present])
    score = rise - 0.02 * (np.abs(_OFFSETS_MM - wanted[:, None])) ** 1.5
    score = np.where(np.isfinite(height), score, -50.0)
    course = _ridge(score)
    good = np.isfinite(height[np.arange(len(caudal)), course])
    if np.count_nonzero(good) < 10:
        return None, {}
    offset = ndimage.gaussian_filter1d(_OFFSETS_MM[course], 3.0 / _STEP_MM, mode="nearest")
    line = sign * (inner + offset)
    points = chart.point_mm(line, caudal)
    good = np.isfinite(points).all(axis=1)
    rising = rise[np.arange(len(caudal)), course]
    confidence = float(np.clip(np.nanmedian(rising[good]) / 2.0, 0.1, 0.95))
    curve = Curve(f"lateral_crest_{side}", points[good], "found", confidence)
    return curve, _tubercles(chart, present, side, caudal, line, rising)


def _over_chord(height_mm: FloatArray) -> FloatArray:
    """(n, m) height of every row over the straight line between its first and its last point on bone."""
    result = np.full(height_mm.shape, np.nan)
    for row, values in enumerate(height_mm):
        on = np.flatnonzero(np.isfinite(values))
        if len(on) < 4:
            continue
        stretch = np.arange(on[0], on[-1] + 1)
        chord = np.interp(stretch, [on[0], on[-1]], [values[on[0]], values[on[-1]]])
        result[row, stretch] = values[stretch] - chord
    return result


def _usual_offset(level: str) -> float:
    return figures("foramina_prior")[f"tubercle.{level if level in _TUBERCLE_LEVELS else 'S3'}"].value


def _ridge(score: FloatArray) -> np.ndarray:
    """(n,) column of the best way down the rows that moves by at most one column a row."""
    value = np.nan_to_num(score, nan=-50.0)
    total = value[0].copy()
    trace = []
    for row in value[1:]:
        moves = np.stack([np.roll(total, 1), total + 0.15, np.roll(total, -1)])
        moves[0, 0] = moves[2, -1] = -np.inf
        choice = np.argmax(moves, axis=0)
        trace.append(np.arange(len(total)) + choice - 1)
        total = moves[choice, np.arange(len(total))] + row
    course = [int(np.argmax(total))]
    for step in reversed(trace):
        course.insert(0, int(step[course[0]]))
    return np.array(course)


def _tubercles(
    chart: DorsalChart,
    present: Sequence[Foramen],
    side: Side,
    caudal: FloatArray,
    line: FloatArray,
    rising: FloatArray,
) -> dict[str, Landmark]:
    result = {}
    for foramen in present:
        if foramen.level not in _TUBERCLE_LEVELS:
            continue
        row = chart.frame.to_chart(foramen.centre_mm)[1]
        near = np.abs(caudal - row) < 7.0
        weight = np.where(near & np.isfinite(rising), np.nan_to_num(rising) - 0.12 * np.abs(caudal - row), -np.inf)
        best = int(np.argmax(weight))
        seen = bool(np.isfinite(weight[best]) and rising[best] > _PROMINENT_MM)
        at = best if seen else int(np.argmin(np.abs(caudal - row)))
        point = chart.point_mm(line[at], caudal[at])
        if not np.all(np.isfinite(point)):
            continue
        confidence = float(np.clip(rising[at] / 2.5, 0.3, 0.9)) if seen else 0.25
        name = f"tubercle_{foramen.level}_{side}"
        result[name] = Landmark(name, point, "found" if seen else "estimated", confidence)
    return result
