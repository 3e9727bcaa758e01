"""Landmarks and curves of the posterior pelvis, found in the bones or estimated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from rfplan.anatomy.chart import DorsalChart
from rfplan.anatomy.foramen import Foramen
from rfplan.anatomy.joint_line import find_joint_line, find_spines
from rfplan.anatomy.landmarks import Curve, Landmark
from rfplan.anatomy.lateral_crest import find_lateral_crest
from rfplan.anatomy.sides import SIDES
from rfplan.anatomy.skyline import find_head_end
from rfplan.anatomy.true_ap import TrueAp, find_true_ap
from rfplan.figures import figures
from rfplan.geometry.mesh import Mesh

_ROOF_STEP_MM = 3.0


def find_landmarks(
    bones: Mapping[str, Mesh],
    chart: DorsalChart,
    foramina: Sequence[Foramen],
    true_ap: TrueAp | None = None,
) -> tuple[dict[str, Landmark], dict[str, Curve]]:
    """Every landmark and curve of :mod:`rfplan.anatomy.landmarks`, by name with its side.

    ``bones`` by name, patient LPS, mm; ``true_ap`` spares a second search for the endplate. What is not seen is ``estimated``
    from the population; what lies beyond the end of the bone is ``absent``, with confidence 0.
    """
    view = true_ap if true_ap is not None else find_true_ap(bones)
    marks = _midline(chart, foramina, view)
    marks.update(find_head_end(bones["sacrum"], chart.frame))
    curves: dict[str, Curve] = {}
    for side in SIDES:
        joint = find_joint_line(bones, chart, foramina, side)
        crest, tubercles = find_lateral_crest(chart, foramina, side, joint)
        marks.update(tubercles)
        marks.update(find_spines(bones, chart, foramina, side))
        for curve in (crest, joint):
            if curve is not None:
                curves[curve.name] = curve
        if joint is not None:
            name = f"sij_inferior_{side}"
            marks[name] = Landmark(name, joint.points_mm[-1], joint.status, 0.8 * joint.confidence)
    return marks, curves


def _midline(chart: DorsalChart, foramina: Sequence[Foramen], view: TrueAp) -> dict[str, Landmark]:
    ends = {
        "promontory": view.promontory_mm,
        "endplate_posterior": view.endplate_posterior_mm,
        "endplate_centre": 0.5 * (view.promontory_mm + view.endplate_posterior_mm),
    }
    marks = {name: Landmark(name, point, "found", view.confidence) for name, point in ends.items()}
    marks["hiatus_apex"] = _hiatus(chart, foramina)
    return marks


def _hiatus(chart: DorsalChart, foramina: Sequence[Foramen]) -> Landmark:
    """The caudal end of the roof of the canal: where the midline drops to the floor of the canal and stays there."""
    nj = chart.seen_mm.shape[1]
    caudal = chart.caudal_0_mm + chart.spacing_mm * np.arange(nj)
    ni = chart.seen_mm.shape[0]
    middle = np.abs(chart.lateral_0_mm + chart.spacing_mm * np.arange(ni)) < 1.6
    strip = chart.seen_mm[middle]
    on = np.isfinite(strip).all(axis=0)
    rows = [float(chart.frame.to_chart(f.centre_mm)[1]) for f in foramina if f.level == "S2"]
    start = float(np.mean(rows)) if rows else figures("foramina_prior")["caudal.S1"].value + 23.0
    profile = np.where(on, np.median(np.nan_to_num(strip), axis=0), np.nan)
    ahead = round(2.5 / chart.spacing_mm)
    floor = round(10.0 / chart.spacing_mm)
    drop = np.full(nj, -np.inf)
    drop[:-floor] = profile[:-floor] - profile[ahead : nj - floor + ahead]
    # bone must go on below the step: the end of the bone is no hiatus
    goes_on = np.isfinite(profile[floor:])
    drop[:-floor] = np.where(goes_on & np.isfinite(drop[:-floor]), drop[:-floor], -np.inf)
    drop = np.where(caudal > start, drop, -np.inf)
    best = int(np.argmax(drop))
    if drop[best] >= _ROOF_STEP_MM:
        # the last row of the roof before the step
        row = best + int(np.argmax(profile[best : best + ahead] - profile[best + 1 : best + ahead + 1]))
        point = chart.frame.to_patient(np.array([0.0, caudal[row], profile[row]]))
        return Landmark("hiatus_apex", point, "found", float(np.clip(drop[best] / 8.0, 0.4, 0.9)))
    usual = figures("foramina_prior")["hiatus.from_endplate"].value
    height = float(chart.height_mm(0.0, usual))
    if np.isfinite(height):
        return Landmark("hiatus_apex", chart.frame.to_patient(np.array([0.0, usual, height])), "estimated", 0.2)
    last = float(profile[on][-1]) if on.any() else 0.0
    return Landmark("hiatus_apex", chart.frame.to_patient(np.array([0.0, usual, last])), "absent", 0.0)
