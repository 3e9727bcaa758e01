"""What ``rfplan study`` and ``rfplan compare`` have in common: running with progress, and handing over what came out."""

from __future__ import annotations

import json as json_format
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rfplan.study.advance import Advance
    from rfplan.study.design import StudyDesign
    from rfplan.study.ledger import Ledger


def carry_out(
    design: StudyDesign,
    out: str,
    *,
    workers: int | None,
    scheduler: str | None,
    resume: bool,
    criterion: str,
    json: bool,
    csv: bool = False,
) -> int:
    """Run or complete the study in the folder ``out``, write its summary there and print it; the exit status."""
    from rfplan.cli.console import aside, warn
    from rfplan.errors import InputError, did_you_mean
    from rfplan.study.ledger import Ledger
    from rfplan.study.runner import run_study
    from rfplan.study.summary import CRITERIA

    if criterion not in CRITERIA:
        raise InputError(
            f"--criterion {criterion!r} is not known;{did_you_mean(criterion, CRITERIA)} accepted: {', '.join(CRITERIA)}"
        )
    ledger = Ledger.opened(Path(out), design, resume)
    if ledger.damaged:
        numbers = ", ".join(str(number) for number in ledger.damaged)
        warn(f"{len(ledger.damaged)} chunk(s) are not as they were written and are computed anew: {numbers}")
    try:
        with _bar(design.patients) as tell:
            run_study(ledger, workers, scheduler, tell)
    except KeyboardInterrupt:
        aside().print(
            f"interrupted; {len(ledger.digests)} finished chunk(s) are kept in {out}, and --resume completes the study"
        )
        return 130
    _deliver(ledger, criterion, json=json, csv=csv)
    return 0


def _deliver(ledger: Ledger, criterion: str, *, json: bool, csv: bool) -> None:
    from rfplan.cli.console import people, print_json
    from rfplan.report.study_gallery import draw_gallery
    from rfplan.study.ledger import SCHEMA
    from rfplan.study.sensitivity import factor_rows
    from rfplan.study.stated_lesions import stated_lesions
    from rfplan.study.summary import CRITERIA, paired_differences, strategy_rows
    from rfplan.study.tally import StudyTally
    from rfplan.whole_file import write_whole, write_whole_from

    study, lesions = StudyTally.of(ledger.parts), stated_lesions(ledger.design)
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "patients": ledger.design.patients,
        "seed": ledger.design.seed,
        "lesion_model": lesions["model"],
        "lesion_bone": lesions["bone"],
        "lesion_accuracy": lesions["accuracy"],
        "assumption": lesions["assumption"],
        "criterion": criterion,
        "rows": strategy_rows(study, criterion),
        "differences": paired_differences(study, criterion),
        "design": ledger.design.to_json(),
    }
    document["factors"] = factor_rows(ledger.parts, criterion)
    others = {name: strategy_rows(study, name) for name in CRITERIA if name != criterion}
    document["other_criteria"] = others
    write_whole(ledger.folder / "summary.json", (json_format.dumps(document, indent=1) + "\n").encode())
    if csv:
        write_whole_from(ledger.folder / "table.csv", _csv(ledger))
    pictures = draw_gallery(
        ledger.folder, ledger.design, ledger.parts, study, document["rows"], document["factors"], criterion
    )
    document["out"] = str(ledger.folder)
    if json:
        print_json(document)
        return
    from rich.box import SIMPLE_HEAD
    from rich.markup import escape
    from rich.table import Table

    whom = f"{ledger.design.patients:,} virtual patient{'s' if ledger.design.patients > 1 else ''}"
    # narrow enough for a terminal of 80 columns with the names of the techniques in full
    shown = Table(
        title=f"{whom}, {criterion}; in brackets 95 % intervals of how many were drawn",
        box=SIMPLE_HEAD,
        pad_edge=False,
        collapse_padding=True,
    )
    shown.add_column("strategy", overflow="fold")
    levels = list(document["rows"][0]["missed"])
    for heading in ("captured, %", "complete, %", *levels, "stop"):
        shown.add_column(heading, justify="right", no_wrap=True)
    for row in document["rows"]:
        shown.add_row(
            escape(row["strategy"]),
            f"{100 * row['captured_mean']:.1f} ({_interval(row['captured_ci95'])})",
            f"{100 * row['complete']:.1f} ({_interval(row['complete_ci95'])})",
            *(f"{100 * row['missed'][level]:.0f}" if row["branches"][level] else "none" for level in levels),
            f"{100 * row['stop_violations']:.0f}",
        )
    people().print(shown)
    people().print(
        f"{levels[0]} to {levels[-1]}: % of the branches missed{_without(document['rows'][0])}; stop: % of the patients with a lesion that "
        "breaks a hard limit."
    )
    people().print(f"Assumed: {lesions['assumption']}")
    people().print(
        f"Written to {ledger.folder}: summary.json, chunks/*.parquet{', table.csv' if csv else ''}, {', '.join(p.name for p in pictures)}"
    )


def _csv(ledger: Ledger) -> Iterator[bytes]:
    """The whole table, some patients at a time."""
    for number, table in enumerate(ledger.tables()):
        yield table.write_csv(include_header=number == 0).encode()


def _without(row: dict[str, Any]) -> str:
    """That nobody has a branch of some level, if so."""
    return ", none where nobody has one" if not all(row["branches"][level] for level in row["missed"]) else ""


def _interval(interval: list[float]) -> str:
    return f"{100 * interval[0]:.0f}-{100 * interval[1]:.0f}"


@contextmanager
def _bar(patients: int) -> Iterator[Callable[[Advance], None]]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from rfplan.cli.console import aside

    console = aside()
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TextColumn("{task.fields[left]}"),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task, last = bar.add_task("patients", total=patients, rate="", left=""), ""

        def tell(advance: Advance) -> None:
            nonlocal last
            if advance.what == "lesions" and advance.done == 0:
                console.print(
                    f"{advance.total} lesions were never solved on this machine and are solved first, which takes "
                    f"{_roughly(advance.left_s)}; later runs find them",
                    soft_wrap=True,
                )
            rate = f"{advance.rate:.1f}/s" if advance.rate > 0.0 else ""
            left = f"{_roughly(advance.left_s)} left" if advance.done < advance.total else ""
            bar.update(
                task, description=advance.what, total=advance.total, completed=advance.done, rate=rate, left=left
            )
            # a file or another program gets a line for every tenth
            tenth = f"{10 * advance.done // advance.total} {advance.what}"
            if not console.is_terminal and left and advance.done and tenth != last:
                console.print(
                    ", ".join(filter(None, [f"{advance.what} {advance.done} of {advance.total}", rate, left]))
                )
                last = tenth

        yield tell


def _roughly(seconds: float) -> str:
    """A time as one says it."""
    if seconds < 90.0:
        return f"some {max(1, round(seconds))} s"
    return f"some {round(seconds / 60.0)} min" if seconds < 5400.0 else f"some {seconds / 3600.0:.1f} h"
