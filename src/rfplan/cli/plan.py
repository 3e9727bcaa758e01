"""``rfplan plan``: a technique on a patient, evaluated."""

from __future__ import annotations

from rfplan.cli.whole_number import WholeNumber


def plan(
    *,
    anatomy: str = "reference",
    technique: str = "palisade",
    side: str = "right",
    electrode: str | None = None,
    lesion_model: str = "solved",
    bone: str = "plane",
    out: str | None = None,
    courses: WholeNumber = 1,
    seed: WholeNumber = 0,
    operator_error: bool = False,
    json: bool = False,
) -> None:
    """Place a technique on a patient and judge the plan.

    Parameters
    ----------
    anatomy
        "reference", a folder of bone meshes, a labelled CT or a patient file.
    technique
        Name of a published technique; "rfplan techniques" lists them.
    side
        left or right.
    electrode
        Name of an electrode; default is the technique's own. "rfplan devices" lists them.
    lesion_model
        solved: temperatures from the solver; shapes: spheroids and strips of catalogue size.
    bone
        plane: solved beside a plane of bone at every needle, for exploring; patient: in the patient's own bone, for the final
        judgement.
    out
        Folder for plan.json, evaluation.json, report.html and pictures; without it only the summary is printed.
    courses
        Judge on this many possible nerve courses; 1 takes the patient's own nerves.
    seed
        Seed of the drawn courses and of the operator error.
    operator_error
        Judge the plan as a hand carries it out: 1.5 mm off along the bone, 1 mm in depth, 3 degrees (standard deviations, assumed).
    json
        Print one JSON object (the evaluation and the plan) and nothing else.
    """

    from rfplan.cli.judged import check_judging, deliver, judged_with_progress
    from rfplan.cli.results import check_folder
    from rfplan.planning.techniques import technique as technique_named

    check_judging(lesion_model, courses, seed=seed, bone=bone)
    recipe = technique_named(technique)
    folder = None if out is None else check_folder(out)

    from rfplan.anatomy.sides import side_named
    from rfplan.anatomy.source import patient_from

    side_named(side)
    if electrode is not None:
        from rfplan.devices.catalogue import electrode as electrode_named

        electrode_named(electrode)

    from rfplan.cli.compile_ahead import compiling_ahead

    with compiling_ahead():
        patient = patient_from(anatomy)
        made = recipe.plan(patient, side=side, electrode=electrode)
        judged = judged_with_progress(made, patient, courses, seed, lesion_model, bone, operator_error)
        deliver(patient, made, judged, folder, json=json)
