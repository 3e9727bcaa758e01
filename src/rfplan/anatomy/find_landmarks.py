"""Landmarks and curves of the posterior pelvis, found in the bones or estimated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy import ndimage

from rfplan.anatomy.chart import DorsalChart
from rfplan.anatomy.foramen import Foramen
from rfplan.anatomy.joint_line import find_joint_line, find_spines
from rfplan.anatomy.landmarks import Curve, Landmark
from rfplan.anatomy.lateral_crest import find_lateral_crest
from rfplan.anatomy.sides import SIDES, Side, lateral_sign
from rfplan.anatomy.true_ap import TrueAp, find_true_ap
from rfplan.figures import figures
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.mesh import Mesh

_SILHOUETTE_FLOOR_MM = -4.0
_NOTCH_REACH_MM = 18.0
_ALA_REACH_MM = 14.0
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
    curves: dict[str, Curve] = {}
    for side in SIDES:
        marks.update(_articular(chart, foramina, side))
        crest, tubercles = find_lateral_crest(chart, foramina, side)
        marks.update(tubercles)
        marks.update(find_spines(bones, chart, foramina, side))
        joint = find_joint_line(bones, chart, foramina, side)
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
    ahead = int(round(2.5 / chart.spacing_mm))
    drop = np.full(nj, -np.inf)
    drop[:-ahead] = profile[:-ahead] - profile[ahead:]
    drop = np.where(np.isfinite(drop) & (caudal > start), drop, -np.inf)
    best = int(np.argmax(drop))
    if drop[best] >= _ROOF_STEP_MM:
        # the last row of the roof before the step
        row = best + int(np.argmax(profile[best : best + ahead] - profile[best + 1 : best + ahead + 1]))
        point = chart.frame.to_patient(np.array([0.0, caudal[row], profile[row]]))
        return Landmark("hiatus_apex", point, "found", float(np.clip(drop[best] / 8.0, 0.4, 0.9)))
    usual = figures("foramina_prior")["hiatus.from_endplate"].value
    height = float(chart.height_mm(0.0, usual))
    if np.isfinite(height):
        return Landmark(
            "hiatus_apex", chart.frame.to_patient(np.array([0.0, usual, height])), "estimated", 0.2
        )
    last = float(profile[on][-1]) if on.any() else 0.0
    return Landmark("hiatus_apex", chart.frame.to_patient(np.array([0.0, usual, last])), "absent", 0.0)


def _articular(chart: DorsalChart, foramina: Sequence[Foramen], side: Side) -> dict[str, Landmark]:
    """Tip of the S1 superior articular process, the groove beside it and the top of the ala: the skyline of the head end."""
    sign = lateral_sign(side)
    lateral = np.arange(10.0, 60.0, chart.spacing_mm)
    caudal = np.arange(-25.0, 32.0, chart.spacing_mm)
    seen = chart._sample(chart.seen_mm, sign * lateral[:, None], caudal[None, :])
    bone = seen > _SILHOUETTE_FLOOR_MM
    has = bone.any(axis=1)
    first = bone.argmax(axis=1)
    top = np.where(has, caudal[first], caudal[-1])
    top = ndimage.median_filter(top, size=3, mode="nearest")
    process = (lateral > 12.0) & (lateral < 36.0)
    peak = int(np.flatnonzero(process)[np.argmin(top[process])])
    stretch = slice(peak, peak + int(_NOTCH_REACH_MM / chart.spacing_mm))
    notch = peak + int(np.argmax(top[stretch]))
    beside = notch + int(np.argmin(top[notch : notch + int(_ALA_REACH_MM / chart.spacing_mm)]))

    def at(index: int) -> FloatArray:
        row = int(np.argmin(np.abs(caudal - top[index])))
        column = seen[index, row : row + 4]
        height = float(np.nanmean(column)) if np.isfinite(column).any() else 0.0
        return chart.frame.to_patient(np.array([sign * lateral[index], top[index], height]))

    deep = float(top[notch] - top[peak])
    confidence = float(np.clip(deep / 8.0, 0.2, 0.9))
    status = "found" if deep > 2.0 else "estimated"
    result = {}
    for name, index in (("s1_sap", peak), ("s1_sap_base", notch), ("ala", beside)):
        key = f"{name}_{side}"
        result[key] = Landmark(key, at(index), status, confidence if status == "found" else 0.25)  # type: ignore[arg-type]
    return result
