"""The rows of a study some patients at a time, so that a summary takes as much memory for a million people as for a thousand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import polars as pl

Parts = Callable[[Sequence[str]], Iterator[pl.DataFrame]]
"""Gives the columns of those names, as many as there are, of all rows: some patients at a time, in order, and as often as it is asked."""


def in_parts(rows: pl.DataFrame | Parts) -> Parts:
    """``rows`` that are held already, as one part."""
    if not isinstance(rows, pl.DataFrame):
        return rows
    table = rows

    def read(columns: Sequence[str]) -> Iterator[pl.DataFrame]:
        yield table.select([name for name in columns if name in table.columns])

    return read
