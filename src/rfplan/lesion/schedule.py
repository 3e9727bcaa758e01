"""When the solver stops to look: small steps after every change of the generator, longer ones after."""

from __future__ import annotations

from rfplan.devices.protocol import Protocol
from rfplan.lesion.accuracy import Accuracy

_COOL_DOWN_S = 60.0
_DOUBLE_AFTER = 3


def heating_steps(protocol: Protocol, accuracy: Accuracy) -> list[float]:
    """Lengths of the steps from switching on to switching off, s; the end of the ramp is one of their ends.

    The last is short, so that what the generator does over it is what it does at the end.
    """
    ramp, hold = protocol.ramp_s, protocol.time_s - protocol.ramp_s
    last = accuracy.first_step_s if hold > 2.0 * accuracy.first_step_s else 0.0
    # the whole heating of the tissue happens in the ramp, so that its steps stay at half the longest
    return [
        *_steps(ramp, accuracy.first_step_s, 0.5 * accuracy.step_s),
        *_steps(hold - last, accuracy.first_step_s, accuracy.step_s),
        *([last] if last > 0.0 else []),
    ]


def cooling_steps(accuracy: Accuracy) -> list[float]:
    """Lengths of the steps after switching off, s: one minute, in which everything falls below 45 degC."""
    return _steps(_COOL_DOWN_S, accuracy.first_step_s, 2.0 * accuracy.step_s)


def _steps(length_s: float, first_s: float, longest_s: float) -> list[float]:
    """Steps that fill ``length_s``, doubling every few from ``first_s`` up to ``longest_s``.

    Every different length costs a factorisation: what is left at the end is made up of the same lengths, and at most one more.
    """
    steps: list[float] = []
    size, left = first_s, length_s
    while left > 1e-9 * length_s:
        while size > left * (1.0 + 1e-9) and size > first_s:
            size *= 0.5
        if left < 1.5 * first_s and size <= first_s * (1.0 + 1e-9):
            # no splinter at the end
            steps.append(left)
            break
        steps.append(size)
        left -= size
        if len(steps) % _DOUBLE_AFTER == 0 and 2.0 * size <= min(longest_s * (1.0 + 1e-9), left):
            size *= 2.0
    return steps
