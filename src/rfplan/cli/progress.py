"""A progress bar on standard error, for work that takes longer than a second in front of a person."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_PATIENCE_S = 1.0


@contextmanager
def progress_bar(parts: int) -> Iterator[Callable[[], Callable[[float], None]]]:
    """Gives a function to be called once per part; what it returns takes the finished share of that part, 0 to 1.

    Nothing is drawn in the first second, nor where standard error is no terminal.
    """
    from rich.progress import Progress

    from rfplan.cli.console import aside

    console = aside()
    bar = Progress(console=console, transient=True, disable=not console.is_terminal)
    task = bar.add_task("solving", total=float(parts))
    began, started, done = time.monotonic(), False, 0

    def next_part() -> Callable[[float], None]:
        nonlocal done
        base, done = done, done + 1

        def tell(share: float) -> None:
            nonlocal started
            if not started and time.monotonic() - began > _PATIENCE_S:
                started = True
                bar.start()
            if started:
                bar.update(task, completed=base + share)

        return tell

    try:
        yield next_part
    finally:
        if started:
            bar.stop()
