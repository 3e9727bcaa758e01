"""The needles of a plan as plain arrays for the kernels of the evaluation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rfplan.geometry.arrays import BoolArray, FloatArray, IntArray
from rfplan.planning.needle import Needle
from rfplan.planning.plan import Plan

ALL_STAND = frozenset({"palisade"})
"""Techniques whose paired needles are all in place before the first application."""


@dataclass(frozen=True, eq=False)
class PackedPlan:
    """Distinct needles: poses (n, 3), radii, when they stand.

    ``entry_off_mm`` (n,) is how far a stated skin entry lies from the needle's own line.
    Needle n stands from application ``since[n]`` to ``until[n]``; ``labels`` name it for people; ``probe`` marks the contacts
    of a probe that has several: pieces of one device, which cannot collide.
    """

    tips: FloatArray
    active_ends: FloatArray
    hubs: FloatArray
    radii: FloatArray
    probe: BoolArray
    since: IntArray
    until: IntArray
    labels: tuple[str, ...]
    entry_off_mm: FloatArray


def packed_plan(plan: Plan) -> PackedPlan:
    """The arrays of ``plan``."""
    needles: list[Needle] = []
    index: dict[tuple[object, ...], int] = {}
    since: list[int] = []
    until: list[int] = []
    labels: list[str] = []
    row: set[int] = set()
    for number, application in enumerate(plan.applications):
        used = application.needles
        for needle in used:
            at = index.get(needle.pose_key)
            if at is None:
                at = index[needle.pose_key] = len(needles)
                needles.append(needle)
                since.append(number)
                until.append(number)
                target = f" ({application.target})" if application.target else ""
                labels.append(f"needle {len(needles)}{target}")
            else:
                until[at] = number
            if len(used) == 2:
                row.add(at)
    if plan.technique in ALL_STAND and row:
        # from the first pair to the last; a single needle for L5 comes before or after
        opened, closed = min(since[at] for at in row), max(until[at] for at in row)
        for at in row:
            since[at], until[at] = opened, closed
    count = len(needles)
    tip = np.array([needle.tip_mm for needle in needles]).reshape(count, 3)
    axis = np.array([needle.axis for needle in needles]).reshape(count, 3)
    entry = np.array([needle.entry_mm for needle in needles]).reshape(count, 3)
    depth = np.sqrt(((entry - tip) ** 2).sum(axis=1))
    hubs = tip + depth[:, None] * axis
    active = np.array([needle.electrode.tip_mm for needle in needles])
    return PackedPlan(
        tip,
        tip + active[:, None] * axis,
        hubs,
        np.array([0.5 * needle.electrode.diameter_mm for needle in needles]),
        np.array([len(needle.electrode.contacts_mm) > 1 for needle in needles]),
        np.array(since, dtype=np.int64),
        np.array(until, dtype=np.int64),
        tuple(labels),
        np.sqrt(((entry - hubs) ** 2).sum(axis=1)),
    )
