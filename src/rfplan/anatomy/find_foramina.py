"""The posterior sacral foramina that are really open in a bone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
from scipy import ndimage

from rfplan.anatomy.bridge import disc, grown
from rfplan.anatomy.chart import DorsalChart
from rfplan.anatomy.foramen import Foramen
from rfplan.anatomy.levels import LevelRows, lateral_prior, name_levels
from rfplan.anatomy.pits import Interior, Pit, dorsal_pits, ventral_pits
from rfplan.anatomy.sides import Side, lateral_sign
from rfplan.geometry.arrays import BoolArray, FloatArray, unit
from rfplan.geometry.mesh import Mesh
from rfplan.geometry.polyline import resample

_LID_SIGMA_MM = 15.0
_LID_DEPTH_MM = 2.0
_EDGE_DEPTH_MM = 1.5
_REACH_MM = 4.2
_SPUR_MM = 1.0
_EDGE_NODES = 3
_SIDE_OPEN = 0.45
RIM_POINTS = 36
_COARSE = 2


@dataclass(frozen=True, eq=False)
class ForamenSearch:
    """What was seen: the open foramina, and the clues (rows, dimples, ventral openings) for those that are not."""

    found: tuple[Foramen, ...]
    rows: LevelRows
    closed: MappingProxyType[tuple[str, Side], Pit]


def find_foramina(sacrum: Mesh, chart: DorsalChart) -> tuple[Foramen, ...]:
    """The open dorsal foramina of ``sacrum`` (closed mesh, patient LPS, mm) on its ``chart``; each is ``found``.

    A foramen is a pit in a row beside the midline from which air reaches the front of the bone; a dimple is not one.
    """
    return search_foramina(sacrum, chart).found


def search_foramina(sacrum: Mesh, chart: DorsalChart) -> ForamenSearch:
    """As :func:`find_foramina`, with the clues that :func:`rfplan.anatomy.prior.complete_foramina` needs."""
    interior = Interior.of(sacrum, chart)
    backs, fronts = dorsal_pits(chart, interior), ventral_pits(interior)
    open_ways: frozenset[int] = frozenset().union(*(pit.way for pit in fronts))
    rows = name_levels(backs, open_ways, fronts, chart)
    below = _below_lid_mm(chart)
    found, closed = [], {}
    for (level, side), pit in rows.dorsal.items():
        if not pit.way & open_ways:
            closed[level, side] = pit
            continue
        mouth = _mouth(pit, below, chart.spacing_mm)
        found.append(_foramen(level, side, pit, mouth, rows, interior, chart))
    return ForamenSearch(_paired(found), rows, MappingProxyType(closed))


def _below_lid_mm(chart: DorsalChart) -> FloatArray:
    """(ni, nj) how far the bone lies below its own back smoothed over 15 mm; large where the beam passes it."""
    outline = np.isfinite(chart.bridged_mm)
    sigma = _LID_SIGMA_MM / chart.spacing_mm
    weight = ndimage.gaussian_filter(outline.astype(float), sigma)
    lid = ndimage.gaussian_filter(np.where(outline, chart.bridged_mm, 0.0), sigma) / np.maximum(weight, 1e-6)
    depth = np.where(np.isfinite(chart.seen_mm), lid - np.nan_to_num(chart.seen_mm), 99.0)
    return np.where(outline, depth, -99.0)


def _mouth(pit: Pit, below: FloatArray, spacing_mm: float) -> BoolArray:
    """(ni, nj) the deep part of a pit and, within 4 mm of it, what lies 2 mm below the smoothed back, without thin spurs."""
    area = (below > _LID_DEPTH_MM) & grown(pit.nodes, spacing_mm, _REACH_MM)
    area = ndimage.binary_opening(area, structure=disc(_SPUR_MM / spacing_mm)) | pit.nodes
    numbers, _ = ndimage.label(area)
    return np.asarray(ndimage.binary_fill_holes(numbers == int(np.argmax(np.bincount(numbers[pit.nodes])))))


def _opening(pit: Pit, chart: DorsalChart) -> BoolArray:
    """(ni, nj) the opening proper: what lies 1.5 mm below the bridge over the pit, without the slopes that lead to it."""
    seen = np.where(np.isfinite(chart.seen_mm), chart.seen_mm, -np.inf)
    deep = np.isfinite(chart.bridged_mm) & (np.nan_to_num(chart.bridged_mm) - seen > _EDGE_DEPTH_MM)
    numbers, _ = ndimage.label(deep & grown(pit.nodes, chart.spacing_mm, _REACH_MM))
    inside = numbers[pit.nodes]
    inside = inside[inside > 0]
    if len(inside) == 0:
        return pit.nodes
    return np.asarray(ndimage.binary_fill_holes(numbers == int(np.argmax(np.bincount(inside)))))


def _foramen(
    level: str,
    side: Side,
    pit: Pit,
    mouth: BoolArray,
    rows: LevelRows,
    interior: Interior,
    chart: DorsalChart,
) -> Foramen:
    i, j = np.nonzero(mouth)
    middle = np.array(
        [
            chart.lateral_0_mm + chart.spacing_mm * i.mean(),
            chart.caudal_0_mm + chart.spacing_mm * j.mean(),
            # the edge is rounded: the aperture lies half-way down its rounding
            np.nanmedian(chart.bridged_mm[i, j]) - 0.5 * _EDGE_DEPTH_MM,
        ]
    )
    rim = _rim(_opening(pit, chart), float(middle[2]), chart)
    arms = rim - rim.mean(axis=0)
    vector = 0.5 * np.sum(np.cross(arms, np.roll(arms, -1, axis=0)), axis=0)
    vector = vector if vector[2] > 0 else -vector
    goals = [front for (_, on), front in rows.ventral.items() if on == side]
    # where one sees through, the front is open even if its opening is too small to stand out
    goal = mouth[::_COARSE, ::_COARSE] & ~np.isfinite(interior.front_seen_mm)
    for front in goals:
        goal = goal | front.nodes
    way = interior.way_through(pit.nodes[::_COARSE, ::_COARSE], goal, lateral_sign(side))
    canal, throat = _canal(middle, way, goals, interior)
    return Foramen(
        level=level,
        side=side,
        centre_mm=chart.frame.to_patient(middle),
        axis=unit(vector) @ chart.frame.axes,
        rim_mm=chart.frame.to_patient(rim),
        canal_mm=chart.frame.to_patient(canal),
        diameter_mm=float(2.0 * np.sqrt(np.linalg.norm(vector) / np.pi)),
        status="found",
        confidence=_confidence(level, side, middle, throat, rows) * (_SIDE_OPEN if _open_to_edge(pit, chart) else 1.0),
    )


def _open_to_edge(pit: Pit, chart: DorsalChart) -> bool:
    """Whether the opening is not closed all round by bone: open to the side, or cut through."""
    ringed = ndimage.binary_fill_holes(np.isfinite(chart.seen_mm))
    return int(np.count_nonzero(pit.nodes & ~ringed)) > _EDGE_NODES


def _rim(area: BoolArray, height_mm: float, chart: DorsalChart) -> FloatArray:
    """(36, 3) chart points of the edge of ``area``, counter-clockwise for the operator, from cranial.

    They lie half-way down the rounding of the edge; beside the bone, at ``height_mm``.
    """
    middle = chart.spacing_mm * np.array([axis.mean() for axis in np.nonzero(area)])
    middle += [chart.lateral_0_mm, chart.caudal_0_mm]
    angle = 2.0 * np.pi * np.arange(RIM_POINTS) / RIM_POINTS
    reach = np.arange(0.0, 20.0, 0.25 * chart.spacing_mm)
    lateral = middle[0] + reach[:, None] * np.sin(angle)
    caudal = middle[1] - reach[:, None] * np.cos(angle)
    i = np.rint((lateral - chart.lateral_0_mm) / chart.spacing_mm).astype(int)
    j = np.rint((caudal - chart.caudal_0_mm) / chart.spacing_mm).astype(int)
    inside = area[np.clip(i, 0, area.shape[0] - 1), np.clip(j, 0, area.shape[1] - 1)]
    last = len(reach) - 1 - np.argmax(inside[::-1], axis=0)
    radius = np.where(inside.any(axis=0), reach[last], chart.spacing_mm)
    # neighbouring directions share their reach, which takes the steps of the grid off the rim
    radius = ndimage.gaussian_filter1d(radius, 1.0, mode="wrap")
    lateral, caudal = middle[0] + radius * np.sin(angle), middle[1] - radius * np.cos(angle)
    height = chart.height_mm(lateral, caudal)
    edge = np.where(np.isfinite(height), height - 0.5 * _EDGE_DEPTH_MM, height_mm)
    return np.column_stack([lateral, caudal, edge])


def _canal(middle: FloatArray, way: FloatArray, goals: Sequence[Pit], interior: Interior) -> tuple[FloatArray, float]:
    """Line from the aperture to the centre of the ventral opening, chart coordinates, and its narrowest half-width, mm."""
    if len(way) == 0:
        i, j, _ = interior.nodes_at(middle[None])[0]
        return np.stack([middle, np.array([middle[0], middle[1], interior.front_mm[i, j]])]), 0.0
    nodes = interior.nodes_at(way)
    clearance = interior.clearance_mm[tuple(nodes.T)]
    # both ends touch a lid, which is no wall
    inner = clearance[2:-2]
    throat = float(inner.min()) if len(inner) > 0 else float(clearance.max())
    line = np.vstack([middle, ndimage.gaussian_filter1d(way, 1.5, axis=0, mode="nearest")])
    last = nodes[-1]
    for front in goals:
        if front.nodes[last[0], last[1]]:
            line = np.vstack([line, front.centre_mm])
    return resample(line, 2.0), throat


def _confidence(level: str, side: Side, middle: FloatArray, throat: float, rows: LevelRows) -> float:
    """How sure a found foramen is: an open way to the front, and a place within what is usual for its level."""
    mean, sd = lateral_prior(level)
    off_side = max(0.0, abs(lateral_sign(side) * middle[0] - rows.width * mean) / sd - 2.0)
    off_row = max(0.0, abs(middle[1] - rows.caudal_mm[level]) / 3.0 - 1.0)
    place = np.exp(-0.5 * (off_side**2 + off_row**2))
    way = 0.6 + 0.4 * min(1.0, throat / 2.0)
    front = 1.0 if (level, side) in rows.ventral else 0.8
    return float(0.97 * place * way * front)


def _paired(found: list[Foramen]) -> tuple[Foramen, ...]:
    """``found`` in order of level; one without its partner on the other side is a little less sure."""
    names = {foramen.name for foramen in found}
    result = []
    for foramen in sorted(found, key=lambda one: (one.level, one.side)):
        other = f"{foramen.level}_{'left' if foramen.side == 'right' else 'right'}"
        result.append(foramen if other in names else replace(foramen, confidence=0.85 * foramen.confidence))
    return tuple(result)
