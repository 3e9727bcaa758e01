"""Reading a set of bones: view frame, chart, foramina and landmarks, with what is estimated marked and said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from rfplan.anatomy.chart import DorsalChart
from rfplan.anatomy.find_foramina import ForamenSearch, search_foramina
from rfplan.anatomy.find_landmarks import find_landmarks
from rfplan.anatomy.foramen import Foramen
from rfplan.anatomy.landmarks import Curve, Landmark
from rfplan.anatomy.plausible import check_sacrum_plausible
from rfplan.anatomy.prior import complete_foramina, given_foramen
from rfplan.anatomy.sides import LEVELS, side_named
from rfplan.anatomy.true_ap import TrueAp, find_true_ap
from rfplan.errors import InputError
from rfplan.geometry.frames import ApFrame
from rfplan.geometry.mesh import Mesh

if TYPE_CHECKING:
    from rfplan.anatomy.landmark_file import GivenFeatures

_DOUBTFUL = 0.5


@dataclass(frozen=True, eq=False)
class Reading:
    """What the bones of one patient show, patient LPS, mm; ``warnings`` are sentences for the user."""

    true_ap: TrueAp
    chart: DorsalChart
    foramina: tuple[Foramen, ...]
    landmarks: Mapping[str, Landmark]
    curves: Mapping[str, Curve]
    warnings: tuple[str, ...]

    def __post_init__(self) -> None:
        for name in ("landmarks", "curves"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    @property
    def frame(self) -> ApFrame:
        """The true AP view frame."""
        return self.chart.frame


def read_bones(bones: Mapping[str, Mesh], given: GivenFeatures | None = None) -> Reading:
    """Frame, chart, foramina and landmarks of ``bones`` (closed meshes by name, patient LPS, mm).

    What the user ``given`` states takes the place of what would be found, and helps to place what is missing.

    Raises
    ------
    InputError : there is no sacrum, the mesh cannot be one, no S1 endplate is seen, or not one foramen is found or given
    """
    if "sacrum" not in bones:
        raise InputError(f"there is no bone named 'sacrum' among {sorted(bones)}; it is the one that is needed")
    sacrum = bones["sacrum"]
    check_sacrum_plausible(sacrum, pose=False)
    view = find_true_ap(bones)
    if given is not None and given.true_ap is not None:
        view = replace(
            view,
            frame=_turned(view.frame, *given.true_ap),
            confidence=1.0,
            notes=("the view is as the user states it",),
        )
    chart = DorsalChart.of(sacrum, view.frame)
    search = search_foramina(sacrum, chart)
    known = {foramen.name: foramen for foramen in search.found}
    for name, centre in ({} if given is None else given.foramina).items():
        level, _, side = name.partition("_")
        seen = known.get(name)
        if seen is not None and np.linalg.norm(seen.centre_mm - centre) < seen.diameter_mm:
            # the opening is seen; the user moves its centre
            shift = centre - seen.centre_mm
            canal = np.vstack([centre, seen.canal_mm[1:]])
            known[name] = replace(
                seen,
                centre_mm=centre,
                rim_mm=seen.rim_mm + shift,
                canal_mm=canal,
                status="given",
                confidence=1.0,
            )
        else:
            known[name] = given_foramen(level, side_named(side), centre, chart, search)
    if not known:
        raise InputError(
            "the sacrum shows not one open dorsal foramen; accepted is a sacrum with at least one, "
            "or their centres in a landmark file (--landmarks)"
        )
    foramina = complete_foramina(tuple(known.values()), chart, search)
    landmarks, curves = find_landmarks(bones, chart, foramina, view)
    for name, point in ({} if given is None else given.landmarks).items():
        landmarks[name] = Landmark(name, point, "given", 1.0)
    return Reading(view, chart, foramina, landmarks, curves, _warnings(view, chart, foramina, landmarks, search))


def _turned(frame: ApFrame, lao_deg: float, cranial_deg: float) -> ApFrame:
    """``frame`` with its beam turned to the stated angles."""
    lao, cranial = np.deg2rad(lao_deg), np.deg2rad(cranial_deg)
    posterior = np.array([np.sin(lao) * np.cos(cranial), np.cos(lao) * np.cos(cranial), np.sin(cranial)])
    lateral = frame.lateral - (frame.lateral @ posterior) * posterior
    lateral /= np.linalg.norm(lateral)
    return ApFrame(frame.origin_mm, lateral, np.cross(posterior, lateral), posterior)


def _warnings(
    view: TrueAp,
    chart: DorsalChart,
    foramina: tuple[Foramen, ...],
    landmarks: Mapping[str, Landmark],
    search: ForamenSearch,
) -> tuple[str, ...]:
    sentences = list(view.notes)
    if view.confidence < _DOUBTFUL:
        sentences.append(f"the true AP view is uncertain (confidence {view.confidence:.2f}): check the S1 endplate")
    sentences += _about_foramina(chart, foramina, search)
    estimated = [name for name, mark in landmarks.items() if mark.status == "estimated"]
    if estimated:
        sentences.append(f"estimated from the population, not seen: {', '.join(sorted(estimated))}")
    missing = [name for name, mark in landmarks.items() if mark.status == "absent"]
    if missing:
        sentences.append(f"not on this bone: {', '.join(sorted(missing))}")
    return tuple(sentences)


def _about_foramina(chart: DorsalChart, foramina: tuple[Foramen, ...], search: ForamenSearch) -> list[str]:
    """One sentence for every level that is not simply found."""
    sentences = []
    end = _caudal_end_mm(chart)
    for level in LEVELS:
        here = [foramen for foramen in foramina if foramen.level == level]
        absent = [foramen for foramen in here if foramen.status == "absent"]
        if len(absent) == len(here):
            row = float(np.mean([chart.frame.to_chart(foramen.centre_mm)[1] for foramen in absent]))
            sentences.append(
                f"{level} is absent: it would be expected {row:.0f} mm below the S1 endplate, and the sacrum ends at {end:.0f} mm"
            )
            continue
        for foramen in here:
            words = f"{foramen.level} {foramen.side}"
            if foramen.status == "absent":
                sentences.append(f"{words} is absent: the bone does not reach where it is expected")
            elif foramen.status == "estimated" and (level, foramen.side) in search.closed:
                sentences.append(
                    f"{words} is estimated: only a dimple is seen ({search.closed[level, foramen.side].depth_mm:.0f} mm deep), "
                    "no opening through the bone"
                )
            elif foramen.status == "estimated":
                sentences.append(f"{words} is estimated from the population: no opening is seen")
            elif foramen.status == "found" and foramen.confidence < _DOUBTFUL:
                sentences.append(
                    f"{words} is found, but uncertain (confidence {foramen.confidence:.2f}): check it on the picture"
                )
    return sentences


def _caudal_end_mm(chart: DorsalChart) -> float:
    """Caudal end of the bone over the rows of foramina (8 to 30 mm from the midline), chart coordinate."""
    ni = chart.bridged_mm.shape[0]
    lateral = np.abs(chart.lateral_0_mm + chart.spacing_mm * np.arange(ni))
    bone = np.isfinite(chart.bridged_mm[(lateral > 8.0) & (lateral < 30.0)])
    return float(chart.caudal_0_mm + chart.spacing_mm * np.flatnonzero(bone.mean(axis=0) > 0.3)[-1])
