"""``rfplan techniques``: the published recipes."""

from __future__ import annotations


def techniques(*, json: bool = False) -> None:
    """List the techniques with what they do and where they come from.

    Parameters
    ----------
    json
        Print one JSON object and nothing else.
    """
    from rich.table import Table

    from rfplan.cli.console import people, print_json
    from rfplan.planning.techniques import techniques as catalogue

    entries = [
        {
            "name": technique.name,
            "title": technique.title,
            "summary": technique.summary,
            "default_electrode": technique.default_electrode,
            "electrodes": list(technique.electrodes),
            "sources": list(technique.sources),
        }
        for technique in catalogue()
    ]
    if json:
        print_json({"techniques": entries})
        return
    table = Table(title="Techniques")
    table.add_column("name", no_wrap=True)
    table.add_column("what is done")
    table.add_column("default electrode", no_wrap=True)
    for entry in entries:
        table.add_row(str(entry["name"]), str(entry["summary"]), str(entry["default_electrode"]), end_section=True)
    people().print(table)
