"""A whole number on the command line, which is not rounded from anything else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any

from cyclopts import Parameter


def _whole(_: Any, tokens: Sequence[Any]) -> int:
    text = tokens[0].value
    if re.fullmatch(r"[+-]?\d{1,18}", text) is None:
        raise ValueError(f"it is {text!r}; it must be a whole number")
    return int(text)


WholeNumber = Annotated[int, Parameter(converter=_whole)]
"""An ``int`` flag."""
