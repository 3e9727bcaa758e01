"""When the solver stops to look: small steps after every change of the generator, longer ones after."""

from __future__ import annotations

import math

from rfplan.devices.protocol import Protocol
from rfplan.lesion.accuracy import Accuracy

_COOL_DOWN_S = 60.0
_DOUBLE_AFTER = 3


def heating_steps(protocol: Protocol, accuracy: Accuracy) -> list[float]:
    """Lengths of the steps from switching on to switching off, s; the end of the ramp is one of their ends."""
    ramp, hold = protocol.ramp_s, protocol.time_s - protocol.ramp_s
    # the whole heating of the tissue happens in the ramp, so that its steps stay at half the longest
    return [*_steps(ramp, accuracy.first_step_s, 0.5 * accuracy.step_s), *_steps(hold, accuracy.first_step_s, accuracy.step_s)]


def cooling_steps(accuracy: Accuracy) -> list[float]:
    """Lengths of the steps after switching off, s: one minute, in which everything falls below 45 degC."""
    return _steps(_COOL_DOWN_S, accuracy.first_step_s, 2.0 * accuracy.step_s)


def _steps(length_s: float, first_s: float, longest_s: float) -> list[float]:
    """Steps that fill ``length_s``, doubling every few from ``first_s`` up to ``longest_s``: few different lengths, as each
    costs a factorisation. All are scaled alike to fill it exactly.
    """
    if length_s <= 0.0:
        return []
    steps: list[float] = []
    size = min(first_s, longest_s)
    while sum(steps) < length_s * (1.0 - 1e-9):
        steps.append(size)
        if len(steps) % _DOUBLE_AFTER == 0:
            size = min(2.0 * size, longest_s)
    if sum(steps) - length_s > 0.5 * steps[-1] and len(steps) > 1:
        steps.pop()
    scale = length_s / math.fsum(steps)
    return [step * scale for step in steps]
