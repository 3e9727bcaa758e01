"""What the commands print: results on standard output, everything else on standard error."""

from __future__ import annotations

import json
import math
import sys
from typing import Any

from rich.console import Console


def people() -> Console:
    """Standard output for a person to read."""
    return Console(highlight=False)


def aside() -> Console:
    """Standard error: progress, warnings."""
    return Console(stderr=True, highlight=False)


def complain(message: str) -> None:
    """One message on standard error that says what is wrong."""
    aside().print(f"[bold red]rfplan:[/] {_escaped(message)}", soft_wrap=True)


def warn(message: str) -> None:
    """A warning on standard error; the run goes on."""
    aside().print(f"[yellow]warning:[/] {_escaped(message)}", soft_wrap=True)


def print_json(document: Any) -> None:
    """One JSON object on standard output and nothing else. NaN and infinities, which JSON lacks, become null."""
    sys.stdout.write(json.dumps(_plain(document), indent=1, allow_nan=False) + "\n")


def _escaped(text: str) -> str:
    from rich.markup import escape

    return escape(text)


def _plain(node: Any) -> Any:
    if isinstance(node, dict):
        return {str(key): _plain(entry) for key, entry in node.items()}
    if isinstance(node, list | tuple):
        return [_plain(entry) for entry in node]
    if hasattr(node, "tolist"):
        return _plain(node.tolist())
    if isinstance(node, float) and not math.isfinite(node):
        return None
    return node
