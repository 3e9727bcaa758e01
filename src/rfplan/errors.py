"""The two ways in which rfplan says no, and the suggestion that goes with a misspelt name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class RfplanError(Exception):
    """A run failed for a reason that the message gives; the command line ends with status 1."""

    exit_status = 1


class ConvergenceError(RfplanError):
    """A solve did not converge; there are no numbers to show."""


class InputError(RfplanError):
    """The user's input is wrong; the message names file, key or flag, the value and what would be accepted.

    The command line ends with status 2.
    """

    exit_status = 2


def did_you_mean(name: object, known: Iterable[str]) -> str:
    """`` did you mean 'palisade'?`` where a known name is near, whatever its case; else nothing. Follows a semicolon."""
    spelt = {entry.lower(): entry for entry in known}
    near = difflib.get_close_matches(str(name).lower(), spelt, n=1, cutoff=0.5)
    return f" did you mean {spelt[near[0]]!r}?" if near else ""
