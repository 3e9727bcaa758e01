"""The posterior line of the sacroiliac joint and the posterior iliac spines: from the hip bones, else estimated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from rfplan.anatomy.chart import DorsalChart
from rfplan.anatomy.foramen import Foramen
from rfplan.anatomy.landmarks import Curve, Landmark
from rfplan.anatomy.sides import Side, lateral_sign
from rfplan.figures import figures
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.frames import ApFrame
from rfplan.geometry.mesh import Mesh

_GAP_MM = 4.0
_BIN_MM = 2.0


def find_joint_line(
    bones: Mapping[str, Mesh], chart: DorsalChart, foramina: Sequence[Foramen], side: Side
) -> Curve | None:
    """Posterior margin of the joint, cranial to caudal: the hindmost points of the sacrum that face the ilium closely.

    Without a hip bone it is the edge of the sacrum as the operator sees it, between the levels S1 and S3, marked estimated.
    """
    hip = bones.get(f"hip_{side}")
    seen = None if hip is None else _facing(bones["sacrum"], hip, chart.frame, side)
    if seen is not None:
        return Curve(f"sij_posterior_line_{side}", chart.frame.to_patient(seen), "found", 0.8)
    line = _edge(chart, foramina, side)
    return None if line is None else Curve(f"sij_posterior_line_{side}", line, "estimated", 0.3)


def _facing(sacrum: Mesh, hip: Mesh, frame: ApFrame, side: Side) -> FloatArray | None:
    points = frame.to_chart(sacrum.vertices_mm)
    own = lateral_sign(side) * points[:, 0] > 15.0
    gap = cKDTree(hip.vertices_mm).query(sacrum.vertices_mm[own], distance_upper_bound=_GAP_MM + 3.0)[0]
    close = points[own][gap < _GAP_MM]
    if len(close) < 60:
        return None
    low, high = np.quantile(close[:, 1], [0.01, 0.998])
    rows = np.arange(low, high + 0.5 * _BIN_MM, _BIN_MM)
    hindmost = []
    for row in rows:
        near = close[np.abs(close[:, 1] - row) < _BIN_MM]
        if len(near) >= 3:
            top = near[near[:, 2] >= np.quantile(near[:, 2], 0.9)]
            hindmost.append([float(np.median(top[:, 0])), row, float(np.median(top[:, 2]))])
    if len(hindmost) < 6:
        return None
    line = np.array(hindmost)
    line[:, [0, 2]] = ndimage.gaussian_filter1d(
        ndimage.median_filter(line[:, [0, 2]], size=(5, 1), mode="nearest"), 1.5, axis=0, mode="nearest"
    )
    return line


def _edge(chart: DorsalChart, foramina: Sequence[Foramen], side: Side) -> FloatArray | None:
    rows = {f.level: float(chart.frame.to_chart(f.centre_mm)[1]) for f in foramina if f.side == side}
    if "S1" not in rows or "S3" not in rows:
        return None
    sign = lateral_sign(side)
    ni = chart.bridged_mm.shape[0]
    lateral = chart.lateral_0_mm + chart.spacing_mm * np.arange(ni)
    points = []
    for row in np.arange(rows["S1"] - 8.0, rows["S3"], _BIN_MM):
        on = np.isfinite(chart.height_mm(lateral, np.full(ni, row))) & (sign * lateral > 5.0)
        if on.any():
            edge = float(np.max(sign * lateral[on])) - 4.0
            points.append([sign * edge, row])
    if len(points) < 6:
        return None
    place = ndimage.gaussian_filter1d(np.array(points), 1.5, axis=0, mode="nearest")
    line = chart.point_mm(place[:, 0], place[:, 1])
    line = line[np.isfinite(line).all(axis=1)]
    return line if len(line) >= 6 else None


def find_spines(
    bones: Mapping[str, Mesh], chart: DorsalChart, foramina: Sequence[Foramen], side: Side
) -> dict[str, Landmark]:
    """PSIS and PIIS of one side, from the hip bone where there is one, else from the population."""
    hip = bones.get(f"hip_{side}")
    found = None if hip is None else _spines_of(chart.frame.to_chart(hip.vertices_mm), side)
    names = ("psis", "piis")
    if found is not None:
        return {
            f"{name}_{side}": Landmark(f"{name}_{side}", chart.frame.to_patient(point), "found", confidence)
            for name, point, confidence in zip(names, found, (0.85, 0.65), strict=True)
        }
    prior = figures("foramina_prior")
    second = next((f for f in foramina if f.level == "S2" and f.side == side), None)
    if second is None:
        return {}
    place = chart.frame.to_chart(second.centre_mm)
    reach = prior["psis.from_S2_foramen"].value
    angle, slope = (
        np.deg2rad(prior["psis.from_S2_foramen_angle"].value),
        np.deg2rad(prior["sacral_slope"].value),
    )
    above = prior["psis.above_S2_foramen"].value
    # the distance was measured in the coronal plane, against which the chart is tilted by the sacral slope
    caudal = (above * np.sin(slope) - reach * np.sin(angle)) / np.cos(slope)
    spine = place + np.array([lateral_sign(side) * reach * np.cos(angle), caudal, above])
    lower = spine + np.array([0.0, prior["piis.caudal_of_psis"].value, -prior["piis.below_psis"].value])
    return {
        f"{name}_{side}": Landmark(f"{name}_{side}", chart.frame.to_patient(point), "estimated", 0.25)
        for name, point in zip(names, (spine, lower), strict=True)
    }


def _spines_of(hip: FloatArray, side: Side) -> tuple[FloatArray, FloatArray] | None:
    """Chart points of PSIS and PIIS on the vertices (n, 3) of a hip bone in chart coordinates."""
    # the beam is tilted by the sacral slope against the patient; the spine is hindmost in the patient's sense
    slope = np.deg2rad(figures("foramina_prior")["sacral_slope"].value)
    back = np.cos(slope) * hip[:, 2] + np.sin(slope) * hip[:, 1]
    down = np.cos(slope) * hip[:, 1] - np.sin(slope) * hip[:, 2]
    near = (lateral_sign(side) * hip[:, 0] > 10.0) & (lateral_sign(side) * hip[:, 0] < 85.0) & (down < 90.0)
    if np.count_nonzero(near) < 100:
        return None
    points, back, down = hip[near], back[near], down[near]
    top = int(np.argmax(back))
    spine = points[top]
    # below the spine the posterior border runs down and forward to the lower spine, then turns into the sciatic notch
    below = (down > down[top] + 12.0) & (down < down[top] + 55.0)
    if np.count_nonzero(below) < 30:
        return None
    rows = np.arange(down[top] + 12.0, down[top] + 55.0, 2.0)
    border = np.array([back[below & (np.abs(down - row) < 2.0)].max(initial=-np.inf) for row in rows])
    good = np.isfinite(border)
    rows, border = rows[good], border[good]
    if len(rows) < 6:
        return None
    # the corner is the point of the border farthest behind and below the chord
    chord = np.array([rows[-1] - down[top], border[-1] - back[top]])
    off = chord[0] * (border - back[top]) - chord[1] * (rows - down[top])
    corner = int(np.argmax(off))
    at = np.flatnonzero(below & (np.abs(down - rows[corner]) < 2.0))
    lower = points[at[int(np.argmax(back[at]))]]
    return spine, lower
