"""How far a study is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Advance:
    """``done`` of ``total`` patients, ``rate`` of them a second since the study began or was resumed, and seconds left.

    While ``what`` is ``lesions`` it speaks of those that were never solved on this machine and are solved before the patients' turn.
    """

    done: int
    total: int
    rate: float
    left_s: float
    what: Literal["patients", "lesions"] = "patients"
