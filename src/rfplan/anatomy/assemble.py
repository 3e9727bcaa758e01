"""A patient put together from bones and what was read on them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

import rfplan
from rfplan.anatomy.chart import DorsalChart
from rfplan.anatomy.foramen import Foramen
from rfplan.anatomy.innervation import BranchTraits
from rfplan.anatomy.landmarks import Curve, Landmark
from rfplan.anatomy.nerves import nerves_on
from rfplan.anatomy.patient import Patient
from rfplan.anatomy.skin import SkinSurface
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.distance import DistanceField
from rfplan.geometry.mesh import Mesh

_AROUND_SACRUM_MM = np.array([[-35.0, -10.0, -10.0], [35.0, 45.0, 30.0]])
"""Where a needle may meet bone: wide enough for the posterior iliac crest and the spinous process of L5, in chart axes
(lateral, caudal, posterior)."""


def region_of_needles(chart: DorsalChart, sacrum: Mesh) -> FloatArray:
    """(2, 3) bounds, patient frame, of the bone that a needle to the back of the sacrum may meet."""
    points = chart.frame.to_chart(sacrum.vertices_mm)
    low, high = points.min(axis=0) + _AROUND_SACRUM_MM[0], points.max(axis=0) + _AROUND_SACRUM_MM[1]
    corners = np.array([[x, y, z] for x in (low[0], high[0]) for y in (low[1], high[1]) for z in (low[2], high[2])])
    corners = chart.frame.to_patient(corners)
    return np.stack([corners.min(axis=0), corners.max(axis=0)])


def assemble_patient(
    name: str,
    source: str,
    bones: Mapping[str, Mesh],
    chart: DorsalChart,
    foramina: Iterable[Foramen],
    landmarks: Mapping[str, Landmark],
    curves: Mapping[str, Curve],
    skin: SkinSurface,
    *,
    seed: int | None = None,
    traits: Sequence[BranchTraits] | None = None,
    repairs: Iterable[str] = (),
    warnings: Iterable[str] = (),
    provenance: Mapping[str, Any] | None = None,
) -> Patient:
    """The patient with its nerves and the distance field of its bones.

    ``bones`` must be closed. ``seed`` draws the nerves from the population; without one the typical set is used. ``traits`` are the
    branches where they are known already.
    """
    foramina = tuple(foramina)
    distance = DistanceField.of(list(bones.values()), region_of_needles(chart, bones["sacrum"]))
    return Patient(
        name=name,
        source=source,
        bones=bones,
        chart=chart,
        foramina=foramina,
        landmarks=landmarks,
        curves=curves,
        nerves=nerves_on(chart, foramina, landmarks, curves, seed, traits=traits),
        skin=skin,
        bone_distance=distance,
        repairs=tuple(repairs),
        warnings=tuple(warnings),
        provenance={"rfplan": rfplan.__version__, "nerve_seed": seed, **(provenance or {})},
    )
