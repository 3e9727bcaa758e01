"""``rfplan devices``: the catalogue of electrodes."""

from __future__ import annotations


def devices(*, json: bool = False) -> None:
    """List the electrodes with their usual settings and the size of their lesions.

    Parameters
    ----------
    json
        Print one JSON object and nothing else.
    """
    from rich.table import Table

    from rfplan.cli.console import people, print_json
    from rfplan.devices.catalogue import electrodes

    catalogue = electrodes()
    if json:
        print_json({"electrodes": [_entry(electrode) for electrode in catalogue]})
        return
    table = Table(
        title="Electrodes",
        caption="Lesion: width x length of the surface where tissue reached 50 degC, and how the size is known "
        "(C computed by us, A assumed). Every number with its source: rfplan devices --json, docs/devices.md",
    )
    table.add_column("name", no_wrap=True)
    for heading in ("gauge", "active tip", "mode", "usual setting", "lesion, mm"):
        table.add_column(heading)
    for electrode in catalogue:
        for row, shape in enumerate(electrode.shapes):
            protocol = electrode.protocol_for(shape.mode)
            surface = shape.at(50.0)
            table.add_row(
                electrode.name if row == 0 else "",
                f"{electrode.gauge:g}" if row == 0 and electrode.gauge else "",
                f"{electrode.tip_mm:g} mm" if row == 0 else "",
                shape.mode,
                f"{protocol.set_c:g} degC, {protocol.time_s:g} s",
                f"{surface.width_mm:.1f} x {surface.length_mm:.1f} ({shape.mark})",
                end_section=row + 1 == len(electrode.shapes),
            )
    people().print(table)


def _entry(electrode: object) -> dict[str, object]:
    from dataclasses import asdict

    return asdict(electrode)  # type: ignore[call-overload,no-any-return]
