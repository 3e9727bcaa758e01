"""An evaluation for people, in the terminal."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from rfplan.planning.coverage import CRITERIA, NerveResult
from rfplan.planning.evaluation import Evaluation
from rfplan.planning.safety import SafetyRow, worst_per_check
from rfplan.report.lesion_surfaces import model_in_words

_STYLES = {"ok": "green", "warn": "yellow", "stop": "bold red"}
_CRITERIA = {"ap_projection": "overlapped in the AP view", "transection": "cut through"}


def print_summary(console: Console, evaluation: Evaluation, patient: str, files: Sequence[Path] = ()) -> None:
    """Coverage, safety, how the lesions were found out, and where the files are."""
    minutes = evaluation.energy_time_s / 60
    console.print(
        Text.assemble(
            (f"{evaluation.technique}, {evaluation.side} side", "bold"),
            f" of {patient}: {evaluation.applications} applications, {evaluation.needles} needle poses, "
            f"{minutes:.1f} min of energy",
        )
    )
    console.print(_coverage(evaluation))
    console.print(_levels(evaluation))
    console.print(_safety(evaluation))
    if evaluation.operability is not None:
        console.print(_under_xray(evaluation.operability.to_json()))
    model = model_in_words(evaluation.lesion_model, evaluation.lesion_bone)
    console.print(Text.assemble(("Lesion model: ", "bold"), f"{model}. {evaluation.assumption}"))
    console.print("For education and research only; not for treating patients.", style="dim")
    for path in files[:3]:
        console.print(Text(f"  {path}"), soft_wrap=True)


def _under_xray(seen: Mapping[str, Any]) -> Text:
    count = len(seen["needles"])
    return Text.assemble(
        ("Under X-ray: ", "bold"),
        f"of {count} needle{'s' if count != 1 else ''} {seen['visible_in_all_views']} are seen well in the true AP and the lateral view, "
        f"{seen['end_on_reachable']} can be seen end on.",
    )


def _coverage(evaluation: Evaluation) -> Table:
    several = evaluation.courses > 1
    judged_on = f"{evaluation.courses} possible courses of the nerves" if several else "the patient's own nerves"
    table = Table(
        title=f"Branches, judged on {judged_on}",
        caption=f"Lethal surface {evaluation.lethal_c:g} degC; cut through: at least "
        f"{evaluation.transection_length_mm:g} mm in one stretch. Margin: depth inside the surface, or minus the gap to it.",
    )
    for heading in ("branch", *(_CRITERIA[criterion] for criterion in CRITERIA)):
        table.add_column(heading)
    for heading in ("lethal length", "margin"):
        table.add_column(heading, justify="right")
    for nerve in evaluation.nerves:
        table.add_row(
            nerve.name,
            *(_hit(nerve, criterion, several) for criterion in CRITERIA),
            f"{nerve.lethal_length_mm:.1f} of {nerve.length_mm:.1f} mm",
            f"{nerve.margin_mm:+.1f} mm" if math.isfinite(nerve.margin_mm) else "none near",
        )
    return table


def _hit(nerve: NerveResult, criterion: str, several: bool) -> Text:
    part = nerve.captured[criterion]
    word = f"{part:.0%} of {nerve.courses}" if several else ("yes" if part else "no")
    return Text(word, style="green" if part >= 0.9 else "yellow" if part >= 0.5 else "red")


def _levels(evaluation: Evaluation) -> Table:
    several = evaluation.courses > 1
    present = {nerve.level for nerve in evaluation.nerves}
    table = Table(
        title="Captured in all, and missed by level",
        caption=f"Complete: every branch captured{', part of the courses' if several else ''}. "
        "Under a level: the part of its branches that is missed; -: it has none here.",
    )
    table.add_column("criterion", no_wrap=True)
    for heading in ("captured", "complete", *next(iter(evaluation.coverage.values())).missed_by_level):
        table.add_column(heading, justify="right", no_wrap=True)
    for criterion, total in evaluation.coverage.items():
        table.add_row(
            _CRITERIA[criterion],
            f"{total.captured_fraction:.0%}",
            f"{total.complete_fraction:.0%}" if several else _yes(total.complete_fraction),
            *(f"{missed:.0%}" if level in present else "-" for level, missed in total.missed_by_level.items()),
        )
    return table


def _yes(part: float) -> str:
    return "yes" if part == 1.0 else "no"


def _safety(evaluation: Evaluation) -> Table:
    rows = list(worst_per_check(evaluation.safety, evaluation.side))
    rows += [row for row in evaluation.safety if row.status != "ok" and row not in rows]
    rows.sort(key=lambda row: ("stop", "warn", "ok").index(row.status))
    table = Table(
        title="Safety: the gravest value of every check, and whatever is not ok",
        caption="* limit assumed by us, not published",
    )
    for heading in ("check", "where"):
        table.add_column(heading)
    for heading in ("value", "warns", "stops"):
        table.add_column(heading, justify="right")
    table.add_column("status")
    for row in rows:
        where = row.concerns.replace("_", " ")
        table.add_row(row.title, where, _value(row), *_limits(row), Text(row.status, style=_STYLES[row.status]))
    return table


def _value(row: SafetyRow) -> str:
    if row.limit.sense == "reached":
        return "< 45 degC" if row.value < 45.0 else f"{row.value:g} degC"
    if abs(row.value) == float("inf"):
        return "none near"
    return f"{row.value:.1f} {row.limit.unit}"


def _limits(row: SafetyRow) -> tuple[str, str]:
    sign = {"below": "<", "above": ">", "reached": ""}[row.limit.sense]
    warn, stop = row.limit.figures
    return (
        f"{sign} {row.limit.warn:g}{'*' if warn.is_assumption else ''}".strip(),
        f"{sign} {row.limit.stop:g}{'*' if stop.is_assumption else ''}".strip(),
    )
