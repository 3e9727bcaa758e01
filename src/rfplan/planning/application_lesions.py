"""The solved lesions of a plan, one per application, placed in the patient."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

from rfplan.anatomy.patient import Patient
from rfplan.errors import ConvergenceError, InputError
from rfplan.lesion.accuracy import Accuracy, accuracy_named
from rfplan.lesion.march import Progress
from rfplan.lesion.problem import LesionProblem
from rfplan.lesion.solved import SolvedLesion
from rfplan.lesion.store import kept_lesion
from rfplan.planning.bone_near import bone_near
from rfplan.planning.placed_problem import BoneModel, PlacedProblem, bone_named, placed_problem, usual_accuracy
from rfplan.planning.plan import Application, Plan

_KEPT = 64
_SIDE_BY_SIDE = 2
_INSTEAD = "--lesion-model shapes judges by the sizes of the catalogue"


def lesions_of(
    plan: Plan,
    patient: Patient,
    bone: str = "plane",
    accuracy: str | Accuracy | None = None,
    progress: Progress | None = None,
) -> tuple[SolvedLesion, ...]:
    """The solved lesion of every application of ``plan``, placed in the frame of ``patient``.

    Equal problems are solved once, and answered from the store of this machine where they were solved before.

    Parameters
    ----------
    bone : ``plane``: beside a plane at the distances that the bone has from the active tip; ``patient``: in the patient's own bone
    accuracy : ``fast``, ``standard`` or ``fine``, or grid and steps of one's own; default is that of
        :func:`rfplan.planning.placed_problem.usual_accuracy`
    progress : called with the finished part, 0 to 1

    Raises
    ------
    InputError : unknown bone model, or an application of a kind that cannot be solved; the message names it
    RfplanError : a lesion did not converge; the message names the application
    """
    wanted = usual_accuracy(bone) if accuracy is None else accuracy
    chosen = accuracy_named(wanted) if isinstance(wanted, str) else wanted
    held = _PLACED.setdefault(plan, WeakKeyDictionary()).setdefault(patient, {})
    key = (bone_named(bone), chosen)
    if key not in held:
        held[key] = _solved(plan, patient, key[0], chosen, progress)
    return held[key]


_PLACED: WeakKeyDictionary[Plan, WeakKeyDictionary[Patient, dict[Any, tuple[SolvedLesion, ...]]]] = WeakKeyDictionary()
# Plans and patients never change, so what was solved for them is kept as long as both live.


def application_name(application: Application, number: int) -> str:
    """What messages call an application (``number`` counts from 1), such as ``application 3 (S1 4:30)``."""
    return f"application {number}" + (f" ({application.target})" if application.target else "")


def bone_warnings(plan: Plan, patient: Patient) -> Sequence[str]:
    """Sentences on active tips that stand so deep in bone that a plane beside them says little."""
    said = []
    for number, application in enumerate(plan.applications, 1):
        for needle in application.needles:
            plane = bone_near(patient, needle)
            if plane is not None and plane.depth_mm > needle.electrode.diameter_mm:
                said.append(
                    f"{application_name(application, number)}: an active tip reaches {plane.depth_mm:.1f} mm into bone; "
                    "its lesion is solved as if it lay on it"
                )
    return said


def _solved(
    plan: Plan, patient: Patient, bone: BoneModel, accuracy: Accuracy, progress: Progress | None
) -> tuple[SolvedLesion, ...]:
    needles = plan.needles
    asked: list[PlacedProblem] = []
    names: dict[LesionProblem, list[str]] = {}
    for number, application in enumerate(plan.applications, 1):
        name = application_name(application, number)
        try:
            asked.append(placed_problem(application, patient, bone, accuracy, needles))
        except InputError as error:
            raise InputError(f"{name}: {error}; {_INSTEAD}") from error
        names.setdefault(asked[-1].problem, []).append(name)
    parts = dict.fromkeys(names, 0.0)

    def solve(problem: LesionProblem) -> SolvedLesion:
        def tell(part: float) -> None:
            parts[problem] = part
            if progress is not None:
                progress(sum(parts.values()) / len(parts))

        named = ", ".join(names[problem])
        try:
            lesion = _kept(problem, _Listener(tell))
        except InputError as error:
            raise InputError(f"{named}: {error}; {_INSTEAD}") from error
        except ConvergenceError as error:
            raise ConvergenceError(f"{named}: {error}") from error
        tell(1.0)
        return lesion

    # the kernels of the solver work without the interpreter's lock: two lesions side by side use two cores best
    with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
        found = dict(zip(names, pool.map(solve, names), strict=True))
    return tuple(replace(found[placed.problem], pose=placed.pose) for placed in asked)


class _Listener:
    """Hears of progress; equal to every other, so that an answer is kept whoever listened."""

    def __init__(self, tell: Progress) -> None:
        self.tell = tell

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Listener)

    def __hash__(self) -> int:
        return 0


@lru_cache(maxsize=_KEPT)
def _kept(problem: LesionProblem, listener: _Listener) -> SolvedLesion:
    return kept_lesion(problem, listener.tell)
