"""``rfplan compare``: a few techniques on many virtual patients, without a study file."""

from __future__ import annotations

from rfplan.cli.whole_number import WholeNumber


def compare(
    *,
    techniques: str = "conventional-periforaminal,cooled-clockface,palisade",
    patients: WholeNumber = 1000,
    seed: WholeNumber = 1,
    side: str = "right",
    operator_error: bool = False,
    lesion_model: str = "solved",
    workers: WholeNumber | None = None,
    scheduler: str | None = None,
    resume: bool = False,
    criterion: str = "transection",
    out: str = "out/compare",
    csv: bool = False,
    json: bool = False,
) -> int:
    """Compare techniques on the same virtual patients, each with its own electrode and setting.

    Parameters
    ----------
    techniques
        Names with commas between them; "rfplan techniques" lists them, "optimised" computes a plan of six cooled applications for every
        patient (seconds each), and a recipe file (*.toml) is one too.
    patients
        How many virtual patients.
    seed
        Seed of the population.
    side
        left or right.
    operator_error
        Place needles as a hand does: 1.5 mm off along the bone, 1 mm in depth, 3 degrees (standard deviations, assumed).
    lesion_model
        solved: temperatures from the solver beside a plane of bone; shapes: spheroids and strips of catalogue size.
    workers
        Processes; default one per core.
    scheduler
        Address of a Dask scheduler whose workers are used instead, such as tcp://10.0.0.5:8786.
    resume
        Complete a comparison that was interrupted.
    criterion
        transection or ap_projection; the summary file holds both.
    out
        Folder for the chunks, the manifest and the summary.
    csv
        Write the whole table as CSV as well.
    json
        Print one JSON object and nothing else.
    """
    from rfplan.cli.studied import carry_out
    from rfplan.errors import InputError
    from rfplan.study.design import USUAL_CHUNK, Operator, Strategy, StudyDesign, checked
    from rfplan.study.optimisation import CHUNK, OPTIMISED

    names = [name.strip() for name in techniques.split(",") if name.strip()]
    if not names:
        raise InputError(
            f"--techniques {techniques!r} names none; give at least one, as 'rfplan techniques' lists them"
        )
    design = checked(
        StudyDesign(
            tuple(Strategy(name) for name in names),
            patients=patients,
            seed=seed,
            side=side,
            lesion_model=lesion_model,
            operator=Operator() if operator_error else None,
            chunk=CHUNK if OPTIMISED in names else USUAL_CHUNK,
        )
    )
    return carry_out(
        design, out, workers=workers, scheduler=scheduler, resume=resume, criterion=criterion, json=json, csv=csv
    )
