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
    table = Table(title="Electrodes", caption="Lesion: width x length of the 50 degC surface; marks as in anatomy.md")
    for heading in ("name", "what it is", "outside", "active tip", "usual protocol", "lesion by mode"):
        table.add_column(heading)
    for electrode in catalogue:
        protocol = electrode.protocol
        shapes = "\n".join(f"{s.mode} {s.width_mm:g} x {s.length_mm:g} mm [{s.mark}]" for s in electrode.shapes)
        table.add_row(
            electrode.name,
            electrode.title,
            f"{electrode.diameter_mm:g} mm",
            f"{electrode.tip_mm:g} mm",
            f"{protocol.set_c:g} degC, {protocol.time_s:g} s",
            shapes.replace("[", r"\["),
        )
    people().print(table)


def _entry(electrode: object) -> dict[str, object]:
    from dataclasses import asdict

    return asdict(electrode)  # type: ignore[call-overload,no-any-return]
