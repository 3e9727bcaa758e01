"""Time limit, cancellation and progress of one run."""

from __future__ import annotations

import time
from collections.abc import Callable

Progress = Callable[[float], None]
"""Takes the finished part of the run, 0 to 1."""


class Watch:
    """Says when to stop, and passes on how far a run has come. ``part`` stages follow each other with given shares of the bar."""

    def __init__(
        self, time_limit_s: float, progress: Progress | None = None, cancelled: Callable[[], bool] | None = None
    ) -> None:
        self._began = time.monotonic()
        self._limit_s = time_limit_s
        self._progress = progress
        self._cancelled = cancelled
        self._from, self._to = 0.0, 0.0

    def stage(self, until: float) -> None:
        """Begin the stage that ends at ``until`` of the bar."""
        self._from, self._to = self._to, until
        self._tell(self._from)

    def proceed(self, share: float) -> bool:
        """Hear of the finished ``share`` of the stage; False once the run is to stop."""
        self._tell(self._from + share * (self._to - self._from))
        return not self.over

    @property
    def elapsed_s(self) -> float:
        """Wall time since the start."""
        return time.monotonic() - self._began

    @property
    def left_s(self) -> float:
        """Wall time that is left."""
        return self._limit_s - self.elapsed_s

    def cancelled(self) -> bool:
        """True once the caller wants it to end."""
        return self._cancelled is not None and self._cancelled()

    @property
    def over(self) -> bool:
        """True once time is up or the caller wants it to end."""
        return self.left_s <= 0.0 or self.cancelled()

    def _tell(self, part: float) -> None:
        if self._progress is not None:
            self._progress(part)
