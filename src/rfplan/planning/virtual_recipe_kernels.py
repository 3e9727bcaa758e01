"""Compiled recipes on a virtual patient: needles and applications as the techniques of :mod:`rfplan.planning.techniques` place them.

Everything is in the chart of the treated side (:class:`rfplan.planning.virtual_way_kernels.SideGround`). Needles that cannot be placed are
left out. A recipe fills ``tips`` (m, 3), ``axes`` (m, 3) and ``pairs`` (m, 2), the needles of each application (-1: none), from the
numbers of needles and applications that there are, and returns the new ones.
"""

from __future__ import annotations

from math import ceil, cos, hypot, radians, sin, sqrt, tan
from typing import Any

import numpy as np

from rfplan.anatomy.bone_gap_kernels import bone_gap, roof_of
from rfplan.anatomy.groove_kernels import groove_seat
from rfplan.anatomy.sheet_distance_kernels import CAUDAL_0_MM, FINE_MM, LATERAL_0_MM
from rfplan.geometry.arrays import FloatArray, IntArray
from rfplan.geometry.compiled import kernel
from rfplan.planning.aperture_kernels import back_of_joint, edge, joint_limit, rim_gap
from rfplan.planning.virtual_seat_kernels import FAR_MM, chart_normal, height_at_chart, lift, seat
from rfplan.planning.virtual_way_kernels import no_blockers, room, shared_way, way_in

CONTACT_MM = 3.0
"""What a shaft that stands on the bone may touch of it from its tip end."""
_NUDGE_MM, _FINE_MM = 0.1, 0.5
_MOST_NEEDLES, _MOST_LEAPS = 60, 40
FROM_EDGE, FROM_EDGE_OFF_JOINT, FROM_CENTRE_OFF_JOINT = range(3)


@kernel
def _beam() -> FloatArray:
    return np.array([0.0, 0.0, 1.0])


@kernel
def _stand(
    ground: Any, limits: Any, x: float, y: float, standoff: float, preferred: FloatArray, radius: float, tip: FloatArray, axis: FloatArray
) -> bool:  # fmt: skip
    """Place a needle whose tip touches the bone at a chart point; False where it cannot."""
    height = seat(ground, x, y, standoff)
    if not np.isfinite(height):
        return False
    tip[0], tip[1], tip[2] = x, y, height
    return bool(way_in(ground, limits, tip, preferred, radius, CONTACT_MM, axis))


@kernel
def _off_joint(ground: Any, limits: Any, back: FloatArray, level: int, x: float, y: float, least: float) -> float:
    """Lateral coordinate of a target moved off the joint line, no nearer to its aperture than ``least``."""
    over = x - joint_limit(back, limits.joint_gap, y)
    if over <= 0.0:
        return x
    for n in range(ceil(over / _NUDGE_MM)):
        there = x - (over - _NUDGE_MM * n)
        if rim_gap(ground.rims[level], ground.centres[level], there, y) >= least:
            return there
    return x


@kernel
def clock_recipe(
    ground: Any, limits: Any, levels: IntArray, hours: FloatArray, place: int, offset: float, standoff: float, radius: float,
    tips: FloatArray, axes: FloatArray, pairs: IntArray, needles: int, applications: int,
) -> tuple[int, int]:  # fmt: skip
    """One lesion at each of the clock positions ``hours`` (n,) of the foramina ``levels`` (n,)."""
    least, beam, back = limits.rim_gap + radius, _beam(), back_of_joint(ground)
    for n in range(levels.shape[0]):
        rim, centre = ground.rims[levels[n]], ground.centres[levels[n]]
        out = edge(rim, centre, hours[n])
        out = max(offset, out + least) if place == FROM_CENTRE_OFF_JOINT else out + offset
        turn = radians(hours[n] * 30.0)
        x, y = centre[0] + out * sin(turn), centre[1] - out * cos(turn)
        if place != FROM_EDGE:
            x = _off_joint(ground, limits, back, levels[n], x, y, least)
        if _stand(ground, limits, x, y, standoff, beam, radius, tips[needles], axes[needles]):
            pairs[applications, 0], pairs[applications, 1] = needles, -1
            needles, applications = needles + 1, applications + 1
    return needles, applications


@kernel
def _pairs_along(
    ground: Any, limits: Any, points: FloatArray, preferred: FloatArray, standoff: float, radius: float, tips: FloatArray,
    axes: FloatArray, pairs: IntArray, needles: int, applications: int,
) -> tuple[int, int]:  # fmt: skip
    """Pairs of neighbours on the bone at chart points (n, 2)."""
    before = -1
    for n in range(points.shape[0]):
        stands = _stand(
            ground, limits, points[n, 0], points[n, 1], standoff, preferred, radius, tips[needles], axes[needles]
        )
        if not stands:
            before = -1
            continue
        if before >= 0:
            pairs[applications, 0], pairs[applications, 1] = before, needles
            applications += 1
        before = needles
        needles += 1
    return needles, applications


@kernel
def _longest_step(ground: Any, points: FloatArray) -> float:
    longest, before = 0.0, np.nan
    for n in range(points.shape[0]):
        height = height_at_chart(ground, points[n, 0], points[n, 1])
        if n > 0:
            dx, dy, dz = points[n, 0] - points[n - 1, 0], points[n, 1] - points[n - 1, 1], height - before
            step = sqrt(dx * dx + dy * dy + dz * dz)
            if np.isfinite(step):
                longest = max(longest, step)
        before = height
    return longest


@kernel
def leapfrog_recipe(
    ground: Any, limits: Any, levels: IntArray, from_h: float, to_h: float, offset: float, spacing: float, standoff: float,
    radius: float, tips: FloatArray, axes: FloatArray, pairs: IntArray, needles: int, applications: int,
) -> tuple[int, int]:  # fmt: skip
    """Pairs along an arc round each foramen."""
    beam = _beam()
    for n in range(levels.shape[0]):
        rim, centre = ground.rims[levels[n]], ground.centres[levels[n]]
        reach = edge(rim, centre, 0.5 * (from_h + to_h)) + offset
        arc = reach * radians(30.0 * (to_h - from_h))
        points = np.empty((0, 2))
        for count in range(max(2, ceil(arc / spacing) + 1), _MOST_LEAPS):
            points = np.empty((count, 2))
            for k in range(count):
                hours = from_h + (to_h - from_h) * k / (count - 1)
                out, turn = edge(rim, centre, hours) + offset, radians(hours * 30.0)
                points[k, 0], points[k, 1] = centre[0] + out * sin(turn), centre[1] - out * cos(turn)
            if _longest_step(ground, points) <= spacing:
                break
        needles, applications = _pairs_along(
            ground, limits, points, beam, standoff, radius, tips, axes, pairs, needles, applications
        )
    return needles, applications


@kernel
def _row_line(ground: Any, limits: Any, levels: IntArray, wanted: FloatArray, least: FloatArray) -> tuple[float, float]:
    """Lateral coordinate at the first aperture, and slope, of a straight line lateral of all; see ``row.line_lateral_of``."""
    first, last = levels[0], levels[levels.shape[0] - 1]
    start_at, count = ground.centres[first, 1], levels.shape[0]
    slope = 0.0
    if count > 1:
        slope = (wanted[count - 1] - wanted[0]) / (ground.centres[last, 1] - start_at)
    start = floor_start = -np.inf
    for n in range(count):
        run = slope * (ground.centres[levels[n], 1] - start_at)
        start, floor_start = max(start, wanted[n] - run), max(floor_start, least[n] - run)
    over, back = -np.inf, back_of_joint(ground)
    top, bottom = np.min(ground.rims[first][:, 1]), np.max(ground.rims[last][:, 1])
    for k in range(ceil((bottom - top) / _FINE_MM)):
        at = top + _FINE_MM * k
        over = max(over, start + slope * (at - start_at) - joint_limit(back, limits.joint_gap, at))
    if over > 0.0:
        start -= min(over, max(0.0, start - floor_start))
    return start, slope


@kernel
def _evenly(ground: Any, x0: float, y0: float, x1: float, y1: float, count: int) -> FloatArray:
    """(count, 2) chart points on a straight line, even along the bone in space."""
    samples = max(2, int(hypot(x1 - x0, y1 - y0) / _FINE_MM) + 1)
    share, along = np.linspace(0.0, 1.0, samples), np.zeros(samples)
    lateral, caudal = x0 + share * (x1 - x0), y0 + share * (y1 - y0)
    before = height_at_chart(ground, lateral[0], caudal[0])
    for n in range(1, samples):
        here = height_at_chart(ground, lateral[n], caudal[n])
        dx, dy = lateral[n] - lateral[n - 1], caudal[n] - caudal[n - 1]
        step = sqrt(dx * dx + dy * dy + (here - before) ** 2)
        along[n] = along[n - 1] + (step if np.isfinite(step) else hypot(dx, dy))
        before = here
    wanted = np.linspace(0.0, along[samples - 1], count)
    points = np.empty((count, 2))
    for n in range(count):
        points[n, 0], points[n, 1] = np.interp(wanted[n], along, lateral), np.interp(wanted[n], along, caudal)
    return points


@kernel
def _shared(ground: Any, limits: Any, points: FloatArray, standoff: float, radius: float) -> FloatArray:
    """(3,) direction near the mean normal of the bone at chart points in which parallel needles are clear."""
    mean, normal, count = np.zeros(3), np.empty(3), 0
    tips, standing = np.empty((points.shape[0], 3)), 0
    for n in range(points.shape[0]):
        x, y = points[n, 0], points[n, 1]
        if chart_normal(ground, x, y, normal):
            mean += normal
            count += 1
        height = seat(ground, x, y, standoff)
        if np.isfinite(height):
            tips[standing, 0], tips[standing, 1], tips[standing, 2] = x, y, height
            standing += 1
    preferred = _beam()
    if count > 0:
        mean /= count
        preferred = mean / sqrt(mean[0] ** 2 + mean[1] ** 2 + mean[2] ** 2)
    axis = preferred.copy()
    if standing > 0:
        shared_way(ground, limits, tips[:standing], preferred, radius, CONTACT_MM, axis)
    return axis


@kernel
def palisade_recipe(
    ground: Any, limits: Any, levels: IntArray, offset: float, spacing: float, above: float, below: float, least_needles: int,
    standoff: float, radius: float, tips: FloatArray, axes: FloatArray, pairs: IntArray, needles: int, applications: int,
) -> tuple[int, int]:  # fmt: skip
    """Pairs along a straight row lateral of the foramina."""
    count = levels.shape[0]
    wanted, least = np.empty(count), np.empty(count)
    for n in range(count):
        least[n] = np.max(ground.rims[levels[n]][:, 0]) + limits.rim_gap + radius
        wanted[n] = max(ground.centres[levels[n], 0] + offset, least[n])
    start, slope = _row_line(ground, limits, levels, wanted, least)
    start_at = ground.centres[levels[0], 1]
    y0 = np.min(ground.rims[levels[0]][:, 1]) - above
    y1 = ground.centres[levels[count - 1], 1] + below
    x0, x1 = start + slope * (y0 - start_at), start + slope * (y1 - start_at)
    made_needles, made = needles, applications
    fewest = max(least_needles, ceil(hypot(x1 - x0, y1 - y0) / spacing) + 1)
    for number in range(fewest, _MOST_NEEDLES + 1):
        points = _evenly(ground, x0, y0, x1, y1, number)
        if _longest_step(ground, points) > spacing:
            continue
        axis = _shared(ground, limits, points, standoff, radius)
        made_needles, made = _pairs_along(
            ground, limits, points, axis, standoff, radius, tips, axes, pairs, needles, applications
        )
        # the tips stand on the bone itself, which is rougher than the chart
        widest = 0.0
        for n in range(applications, made):
            one, other = tips[pairs[n, 0]], tips[pairs[n, 1]]
            widest = max(widest, sqrt(np.sum((one - other) ** 2)))
        if widest <= spacing:
            break
    return made_needles, made


@kernel
def l5_seat(ground: Any, below: float, half: float, steepest: float, standoff: float, tip: FloatArray) -> None:
    """Fill ``tip`` (3,) with where a needle at the L5 dorsal ramus stands, whatever needle it is."""
    if not groove_seat(
        ground.smooth, LATERAL_0_MM, CAUDAL_0_MM, FINE_MM, 1.0, ground.base[:2], below, half, steepest, tip
    ):
        tip[:] = ground.base
    lift(ground, tip, standoff)


@kernel
def l5_recipe(
    ground: Any, limits: Any, seat: FloatArray, standoff: float, lateral_tilt: float, caudal_tilt: float, past_base: float, radius: float,
    active: float, tip: FloatArray, axis: FloatArray,
) -> bool:  # fmt: skip
    """The needle at the L5 dorsal ramus, from its ``seat`` (3,) on; False where it has no way in."""
    tip[:] = seat
    from_below = np.array([tan(radians(lateral_tilt)), tan(radians(caudal_tilt)), 1.0])
    from_below /= sqrt(np.sum(from_below * from_below))
    if not way_in(ground, limits, tip, from_below, radius, active, axis):
        return False
    roof = roof_of(ground.bone, FAR_MM)
    for n in range(ceil(past_base / 0.5)):
        past = past_base - 0.5 * n
        there = tip - past * axis
        spare = room(ground, limits, roof, there, axis[0], axis[1], axis[2], radius, past + active, 0.0, no_blockers())
        if spare >= 0.0 and bone_gap(ground.bone, FAR_MM, there[0], there[1], there[2]) >= standoff:
            tip[:] = there
            break
    return True
