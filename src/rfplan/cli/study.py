"""``rfplan study``: strategies on many virtual patients, from a study file."""

from __future__ import annotations

from rfplan.cli.whole_number import WholeNumber


def study(
    file: str,
    /,
    *,
    patients: WholeNumber | None = None,
    seed: WholeNumber | None = None,
    lesion_model: str | None = None,
    workers: WholeNumber | None = None,
    scheduler: str | None = None,
    resume: bool = False,
    criterion: str = "transection",
    out: str = "out/study",
    csv: bool = False,
    json: bool = False,
) -> int:
    """Judge the strategies of a study file on many virtual patients.

    Parameters
    ----------
    file
        Study file in TOML; docs/studies.md describes it.
    patients
        How many virtual patients, instead of the number in the file.
    seed
        Seed of the population, instead of the one in the file.
    lesion_model
        solved or shapes, instead of what the file says.
    workers
        Processes; default one per core.
    scheduler
        Address of a Dask scheduler whose workers are used instead, such as tcp://10.0.0.5:8786.
    resume
        Complete a study that was interrupted: only what is missing or damaged is computed.
    criterion
        transection or ap_projection; the summary file holds both.
    out
        Folder for the chunks, the manifest and the summary.
    csv
        Write the whole table as CSV as well.
    json
        Print one JSON object and nothing else.
    """
    from pathlib import Path

    from rfplan.cli.studied import carry_out
    from rfplan.study.design import read_design

    given = (("patients", patients), ("seed", seed), ("lesion_model", lesion_model))
    changes = {key: value for key, value in given if value is not None}
    design = read_design(Path(file), changes)
    return carry_out(
        design, out, workers=workers, scheduler=scheduler, resume=resume, criterion=criterion, json=json, csv=csv
    )
