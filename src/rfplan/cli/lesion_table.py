"""The table that ``rfplan lesion`` prints for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from rfplan.lesion.solved import SolvedLesion


def tell_lesion(solved: SolvedLesion, title: str, files: list[Path]) -> None:
    """Print sizes, generator, grid, assumptions and the files that were written."""
    from rich.table import Table

    from rfplan.cli.console import people

    console = people()
    protocol = solved.problem.protocol
    table = Table(
        title=f"{title}, {protocol.set_c:g} degC, {protocol.time_s:g} s: {solved.status}",
        caption="Sizes in the soft tissue: isotherms when heating ended, doses after a minute of cooling.",
    )
    for heading in ("surface", "width mm", "length mm", "beyond tip mm", "volume mm3"):
        table.add_column(heading, justify="left" if heading == "surface" else "right")
    rows = [(f"{isotherm:g} degC", size) for isotherm, size in solved.isotherms.items()]
    rows += [("nerve dead (provisional dose)", solved.doses["nerve"]), ("tissue dead (dose)", solved.doses["tissue"])]
    for name, size in rows:
        numbers = (size.width_mm, size.length_mm, size.beyond_tip_mm, size.volume_mm3)
        table.add_row(name, *(f"{number:.1f}" for number in numbers[:3]), f"{numbers[3]:.0f}")
    console.print(table)
    last = solved.to_json()["generator"]
    kept = " (from the store)" if solved.stored else ""
    console.print(
        f"Thermocouple {solved.thermocouple_c:.1f} degC, hottest tissue {solved.max_tissue_c:.1f} degC at the end "
        f"({solved.peak_tissue_c:.1f} ever); {last['voltage_v']:.1f} V, {last['power_w']:.2f} W, {last['impedance_ohm']:.0f} ohm"
    )
    console.print(
        f"{solved.problem.accuracy.name}: {solved.to_json()['cells']} cells, {solved.steps} steps, {solved.seconds:.2f} s{kept}, "
        f"energy balance to {100.0 * solved.energy_balance_error:.1g} %"
    )
    console.print(solved.assumption, style="italic")
    if solved.pair is not None:
        ends, join = (
            ("needles", "the two") if solved.problem.pair is not None else ("groups of contacts", "all contacts")
        )
        console.print(
            f"Half-way between the {ends} {solved.pair.midpoint_c:.1f} degC; {join} join up to {solved.pair.confluent_at_c:.1f} degC"
        )
    if solved.radii_mm is not None:
        radii = ", ".join(f"{name} {value:.1f}" for name, value in solved.radii_mm[50.0].items())
        console.print(f"From the axis to 50 degC beside the middle of the tip, mm: {radii} (the bone is toward)")
    for path in files:
        console.print(f"wrote {path}")
