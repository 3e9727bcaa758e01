"""``rfplan evaluate``: judges a plan that exists."""

from __future__ import annotations

from rfplan.cli.whole_number import WholeNumber


def evaluate(
    plan: str,
    /,
    *,
    anatomy: str = "reference",
    lesion_model: str = "solved",
    bone: str = "patient",
    courses: WholeNumber = 1,
    seed: WholeNumber = 0,
    out: str | None = None,
    json: bool = False,
) -> None:
    """Judge a plan on a patient.

    Parameters
    ----------
    plan
        The plan, a JSON file of schema rfplan/plan/1.
    anatomy
        "reference", a folder of bone meshes, a labelled CT or a patient file.
    lesion_model
        solved: temperatures from the solver; shapes: spheroids and strips of catalogue size.
    bone
        patient: solved in the patient's own bone, for the final judgement; plane: beside a plane of bone at every needle, for
        exploring.
    courses
        Judge on this many possible nerve courses; 1 takes the patient's own nerves.
    seed
        Seed of the drawn courses.
    out
        Folder for plan.json, evaluation.json, report.html and pictures; without it only the summary is printed.
    json
        Print one JSON object, the evaluation, and nothing else.
    """
    from pathlib import Path

    from rfplan.cli.judged import check_judging, deliver, judged_with_progress
    from rfplan.cli.results import check_folder
    from rfplan.planning.json_file import load_json
    from rfplan.planning.plan_file import check_plan, plan_from_json

    check_judging(lesion_model, courses, seed=seed, bone=bone)
    document = load_json(Path(plan))
    # refused before minutes go into reading a CT
    check_plan(document, plan)
    folder = None if out is None else check_folder(out)

    from rfplan.anatomy.source import patient_from

    patient = patient_from(anatomy)
    made = plan_from_json(document, plan, patient)
    judged = judged_with_progress(made, patient, courses, seed, lesion_model, bone)
    deliver(patient, made, judged, folder, json=json, with_plan=False)
