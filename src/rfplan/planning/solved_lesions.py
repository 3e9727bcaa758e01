"""The solved lesions of a plan, packed for the evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from weakref import WeakKeyDictionary

import numpy as np

from rfplan.anatomy.patient import Patient
from rfplan.geometry.arrays import FloatArray, IntArray
from rfplan.lesion.kept_geometry import kept_map
from rfplan.lesion.lesion import ISOTHERMS_C
from rfplan.lesion.lesion_map import LesionMap
from rfplan.lesion.map_table import MapTable, map_table
from rfplan.lesion.march import Progress
from rfplan.lesion.solved import LABEL, SolvedLesion
from rfplan.planning.application_lesions import bone_warnings, lesions_of
from rfplan.planning.joint_area_kernels import deepest_outline
from rfplan.planning.packed_lesions import LesionNote, Skin
from rfplan.planning.placed_problem import ASSUMPTIONS, bone_named, usual_accuracy
from rfplan.planning.plan import Plan
from rfplan.planning.solved_kernels import (
    clearances_solved,
    judge_branches_solved,
    shadows,
    skin_clearances_solved,
)

Shadows = tuple[FloatArray, IntArray, FloatArray]


@dataclass(frozen=True, eq=False)
class MapLesions:
    """Lesion g is the map ``which[g]`` of ``table``, taken to the patient's frame by ``matrices`` (g, 3, 3), ``offsets`` (g, 3).

    ``joined_to_c`` (g,) is the hottest isotherm that joins the two lesions of a pair (inf for one needle).
    """

    table: MapTable
    which: IntArray
    matrices: FloatArray
    offsets: FloatArray
    joined_to_c: FloatArray
    bone: str | None
    assumption: str
    notes: tuple[LesionNote, ...] = ()
    warnings: tuple[str, ...] = ()
    _shadows: dict[tuple[bytes, int], Shadows] = field(default_factory=dict)

    label = LABEL

    @property
    def _union(self) -> tuple[MapTable, IntArray, FloatArray, FloatArray]:
        return self.table, self.which, self.matrices, self.offsets

    def judged(self, points: FloatArray, first: IntArray, view: FloatArray, isotherm: int) -> FloatArray:
        """As :class:`rfplan.planning.packed_lesions.PackedLesions`.

        Distances are right to 0.05 mm near a surface, 0.08 mm in the shadow, 0.1 mm far outside; at the core of a lesion
        depth may be understated by 0.3 mm;
        lengths follow the surface.
        """
        found: FloatArray = judge_branches_solved(
            points, first, view, *self._union, isotherm, *self._shadows_along(view, isotherm)
        )
        return found

    def clearances(self, points: FloatArray, first: IntArray, radii: FloatArray, isotherm: int) -> FloatArray:
        """As :class:`rfplan.planning.packed_lesions.PackedLesions`."""
        found: FloatArray = clearances_solved(points, first, radii, isotherm, *self._union)
        return found

    def skin_depths(self, skin: Skin) -> FloatArray:
        """As :class:`rfplan.planning.packed_lesions.PackedLesions`."""
        depths: FloatArray = skin_clearances_solved(*skin, *self._union)
        return depths

    def behind_joint(self, line: FloatArray, outward: float, view: FloatArray, isotherm: int) -> float:
        """As :class:`rfplan.planning.packed_lesions.PackedLesions`."""
        return float(deepest_outline(line, outward, *self._shadows_along(view, isotherm)))

    def joins(self, application: int, isotherm: int) -> bool:
        """As :class:`rfplan.planning.packed_lesions.PackedLesions`."""
        return bool(self.joined_to_c[application] >= ISOTHERMS_C[isotherm])

    def _shadows_along(self, view: FloatArray, isotherm: int) -> Shadows:
        key = (view.tobytes(), isotherm)
        if key not in self._shadows:
            self._shadows[key] = shadows(*self._union, isotherm, view)
        return self._shadows[key]


def map_lesions(
    lesions: Sequence[SolvedLesion], bone: str, assumption: str, warnings: Sequence[str] = ()
) -> MapLesions:
    """Pack lesions that are placed in the patient's frame; each solved field is made ready once, wherever it is placed."""
    maps = [kept_map(lesion.field) for lesion in lesions]
    distinct = tuple(dict.fromkeys(maps))
    number = {entry: place for place, entry in enumerate(distinct)}
    count = len(lesions)
    return MapLesions(
        _table(distinct),
        np.array([number[entry] for entry in maps], dtype=np.int64),
        np.array([lesion.pose.matrix for lesion in lesions]).reshape(count, 3, 3),
        np.array([lesion.pose.offset_mm for lesion in lesions]).reshape(count, 3),
        np.array([np.inf if lesion.pair is None else lesion.pair.confluent_at_c for lesion in lesions]),
        bone,
        assumption,
        tuple(
            LesionNote(place + 1, lesion.status, lesion.max_tissue_c, lesion.peak_tissue_c, lesion.caveat)
            for place, lesion in enumerate(lesions)
        ),
        tuple(warnings),
    )


@lru_cache(maxsize=4)
def _table(maps: tuple[LesionMap, ...]) -> MapTable:
    return map_table(maps)


_COOLED = " Coolant and its exchange with the metal are assumed."
_PACKED: WeakKeyDictionary[Plan, WeakKeyDictionary[Patient, dict[tuple[str, str], MapLesions]]] = WeakKeyDictionary()
# Plans and patients never change, so what was packed for them is kept as long as both live.


def packed_solved(
    plan: Plan, patient: Patient, bone: str = "plane", accuracy: str | None = None, progress: Progress | None = None
) -> MapLesions:
    """The solved lesions of ``plan`` in ``patient``, as :func:`rfplan.planning.application_lesions.lesions_of` finds them."""
    accuracy = accuracy or usual_accuracy(bone)
    held = _PACKED.setdefault(plan, WeakKeyDictionary()).setdefault(patient, {})
    found = held.get((bone, accuracy))
    if found is None:
        model = bone_named(bone)
        lesions = lesions_of(plan, patient, model, accuracy, progress)
        warnings = bone_warnings(plan, patient) if model == "plane" else ()
        cooled = _COOLED if any(lesion.problem.exchange_w_m2k for lesion in lesions) else ""
        found = held[bone, accuracy] = map_lesions(lesions, model, ASSUMPTIONS[model] + cooled, warnings)
    return found
