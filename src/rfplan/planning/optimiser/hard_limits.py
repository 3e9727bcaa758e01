"""Which candidates break a hard safety limit, before any search: the same checks and figures as in the safety table of a plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from rfplan.anatomy.sides import Side
from rfplan.anatomy.treatable import Treatable
from rfplan.geometry.arrays import BoolArray
from rfplan.planning.optimiser.effect_kernels import branch_balls
from rfplan.planning.optimiser.lesion_library import PlacedMaps
from rfplan.planning.packed_patient import PackedPatient, packed
from rfplan.planning.packed_plan import packed_plan
from rfplan.planning.plan import Application, Plan
from rfplan.planning.safety import TITLES
from rfplan.planning.safety_checks import safety_table
from rfplan.planning.solved_kernels import placed_balls
from rfplan.planning.solved_lesions import MapLesions

_FAR_ENOUGH_MM = 15.0
"""More than any limit of a distance from a canal or a root, and than a needle's active tip reaches out of its lesion."""


def broken_limits(
    patient: Treatable, side: Side, applications: Sequence[Application], lesions: PlacedMaps, lethal: int
) -> list[str | None]:
    """Per application the first check at ``stop`` in the order of the safety table; None where none is.

    No limit concerns two lesions together, so that a plan of applications that pass breaks none either, but for needles that stand at
    the same time in different applications.
    """
    home = packed(patient)
    near = _near(home, lesions)
    found: list[str | None] = []
    for number, application in enumerate(applications):
        plan = Plan(side=side, technique="candidate", applications=(application,))
        one = slice(number, number + 1)
        lesion = MapLesions(
            lesions.table,
            lesions.which[one],
            lesions.matrices[one],
            lesions.offsets[one],
            np.array([np.inf]),
            "plane",
            "",
        )
        table = safety_table(patient, _with_foramina(home, near[number]), packed_plan(plan), lesion, side, lethal)
        stopped = {row.check for row in table if row.status == "stop"}
        found.append(next((check for check in TITLES if check in stopped), None))
    return found


def _near(home: PackedPatient, lesions: PlacedMaps) -> BoolArray:
    """(lesions, foramina) False where a foramen is so far from a lesion and its needles that no limit can be broken there."""
    lesion = placed_balls(lesions.table, lesions.which, lesions.matrices, lesions.offsets, 0)
    tube = branch_balls(home.tubes, home.tube_first)
    gap = (
        np.linalg.norm(lesion[:, None, :3] - tube[None, :, :3], axis=-1) - lesion[:, 3:] - tube[:, 3] - home.tube_radii
    )
    count = len(home.foramina)
    near: BoolArray = np.minimum(gap[:, :count], gap[:, count:]) < _FAR_ENOUGH_MM
    return near


def _with_foramina(home: PackedPatient, near: BoolArray) -> PackedPatient:
    """The patient with only the foramina that are ``near`` (foramina,)."""
    keep = np.flatnonzero(near)
    tubes = [*keep.tolist(), *(keep + len(near)).tolist()]
    lines = [home.tubes[home.tube_first[k] : home.tube_first[k + 1]] for k in tubes]
    return replace(
        home,
        tubes=np.concatenate([np.empty((0, 3)), *lines]),
        tube_first=np.concatenate([[0], np.cumsum([len(line) for line in lines])]).astype(np.int64),
        tube_radii=home.tube_radii[tubes],
        foramina=tuple(home.foramina[k] for k in keep),
        estimated=tuple(home.estimated[k] for k in keep),
    )


def counted(reasons: Sequence[str | None]) -> Mapping[str, int]:
    """How often each reason stands among ``reasons``."""
    counts: dict[str, int] = {}
    for reason in reasons:
        if reason is not None:
            counts[reason] = counts.get(reason, 0) + 1
    return counts
