"""Handing over what the optimiser found: files, one JSON object, or a summary for people."""

from __future__ import annotations

from math import isfinite
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from rfplan.anatomy.patient import Patient
from rfplan.planning.coverage import CRITERIA
from rfplan.planning.optimiser.confirm import Confirmation, confirmed
from rfplan.planning.optimiser.objective import AIM_WORDS, MOVED, TARGETED
from rfplan.planning.optimiser.outcome import Optimised

_CRITERIA = {"ap_projection": "overlapped in the AP view", "transection": "cut through"}
_STATUS = {
    "optimal": "proved best among the candidates",
    "gap": "within the gap that was asked for",
    "time_limit": "time was up",
    "node_limit": "as many nodes were looked at as were allowed",
    "cancelled": "cancelled",
}


def deliver_optimised(patient: Patient, found: Optimised, folder: Path | None, *, json: bool, confirm: bool) -> None:
    """Write the folder, if one is wanted, and print the outcome; ``confirm`` solves the plan in the patient's own bone."""
    from rfplan.cli.console import aside, people, print_json, warn
    from rfplan.planning.plan_file import plan_to_json

    if confirm and not json:
        aside().print("solving the plan in the patient's own bone ...")
    check = confirmed(found, patient) if confirm else None
    known: dict[str, Any] = found.to_json()
    if check is not None:
        known["confirmed"] = check.to_json()
    document = {"plan": None, **known}
    for sentence in (*patient.warnings, *found.notes, *(check.warnings if check is not None else ())):
        warn(sentence)
    files: list[Path] = []
    if folder is not None:
        from rfplan.cli.results import write_results
        from rfplan.fluoroscopy.operability import operability
        from rfplan.planning.evaluation import evaluate

        # the report shows the patient's own branches; courses are in optimisation.json
        judged = evaluate(found.plan, patient, operability=operability)
        files = write_results(folder, patient, found.plan, judged, known)
        document["plan"] = str(files[0])
    if json:
        document["files"] = [str(path) for path in files]
        document["plan_document"] = plan_to_json(found.plan)
        print_json(document)
        return
    _print(people(), found, patient.name, check, files)


def _print(console: Console, found: Optimised, patient: str, check: Confirmation | None, files: list[Path]) -> None:
    plan, certificate = found.plan, found.certificate
    console.print(
        Text.assemble(
            (f"{plan.technique}, {plan.side} side", "bold"),
            f" of {patient}: {len(plan.applications)} applications, {len(plan.needles)} needles, "
            f"{plan.energy_time_s / 60:.1f} min of energy, about {found.minutes:.0f} min in all (2 min per needle assumed)",
        )
    )
    table = Table(title="Branches")
    for heading in ("courses", "criterion", "captured", "complete"):
        table.add_column(heading, justify="left" if heading in ("courses", "criterion") else "right")
    for name, totals, count in (
        ("found on", found.train, found.train_courses),
        ("unseen", found.unseen, found.unseen_courses),
    ):
        for criterion in CRITERIA:
            entry = totals[criterion]
            table.add_row(
                f"{name} ({count})",
                _CRITERIA[criterion],
                f"{entry.captured_fraction:.1%}",
                f"{entry.complete_fraction:.1%}",
            )
    console.print(table)
    aim = certificate.aim if certificate.reached else "complete"
    limit = (
        f"no choice of the {certificate.candidates} candidates {'goes below' if aim in TARGETED else 'passes'} {certificate.bound:.4g} "
        f"(gap {certificate.gap:.2%}; "
        if isfinite(certificate.bound)
        else f"there is no bound on the {certificate.candidates} candidates ("
    )
    console.print(
        f"{AIM_WORDS[aim]}: {certificate.objective:.4g}; {limit}{_STATUS[certificate.status]}; {certificate.time_s:.0f} s). "
        "Each lesion counts on its own here."
    )
    if found.after_refinement != found.before_refinement:
        console.print(MOVED)
    for number, application in enumerate(plan.applications, 1):
        depth = ", ".join(f"{needle.depth_mm:.0f} mm" for needle in application.needles)
        console.print(Text(f"  {number}. {application.mode} at {application.target}; shaft under the skin {depth}"))
    if found.removed:
        gone = ", ".join(f"{reason} {count}" for reason, count in found.removed.items())
        console.print(Text(f"Taken out beforehand: {gone}"))
    if check is not None:
        console.print(Text(check.sentence))
    console.print("For education and research only; not for treating patients.", style="dim")
    for path in files[:3]:
        console.print(Text(f"  {path}"), soft_wrap=True)
