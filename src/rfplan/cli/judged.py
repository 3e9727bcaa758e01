"""What ``rfplan plan`` and ``rfplan evaluate`` have in common: early checks, and handing over the result."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rfplan.anatomy.patient import Patient
from rfplan.planning.evaluation import Evaluation, check_judging, evaluate
from rfplan.planning.plan import Plan
from rfplan.planning.plan_file import plan_to_json

__all__ = ["check_judging", "deliver", "judged_with_progress"]


def judged_with_progress(
    plan: Plan, patient: Patient, courses: int, seed: int, lesion_model: str, bone: str, operator_error: bool = False
) -> Evaluation:
    """The evaluation, with a progress bar where lesions take longer than a second to solve.

    Operability is judged too. With ``operator_error`` it is the evaluation of the plan as a hand carries it out.
    """
    from rfplan.cli.progress import progress_bar
    from rfplan.fluoroscopy.operability import operability
    from rfplan.planning.operator_error import OperatorError

    with progress_bar(1) as tell:
        return evaluate(
            plan,
            patient,
            courses=courses,
            seed=seed,
            lesion_model=lesion_model,
            bone=bone,
            progress=tell(),
            operator_error=OperatorError.usual() if operator_error else None,
            operability=operability,
        )


def deliver(
    patient: Patient,
    plan: Plan,
    evaluation: Evaluation,
    folder: Path | None,
    *,
    json: bool,
    with_plan: bool = True,
) -> None:
    """Write the folder, if one is wanted, and print the evaluation: for people, or as one JSON object."""
    from rfplan.cli.console import people, print_json, warn

    for sentence in (*patient.warnings, *evaluation.warnings):
        warn(sentence)
    files: list[Path] = []
    if folder is not None:
        from rfplan.cli.results import write_results

        files = write_results(folder, patient, plan, evaluation)
    if json:
        document: dict[str, Any] = evaluation.to_json()
        if with_plan:
            document["plan"] = plan_to_json(plan)
        document["files"] = [str(path) for path in files]
        print_json(document)
        return
    from rfplan.cli.summary import print_summary

    print_summary(people(), evaluation, patient.name, files)
