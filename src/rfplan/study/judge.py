"""One strategy on one virtual patient: a row of numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from rfplan.anatomy.nerve import Nerve
from rfplan.anatomy.sides import Side
from rfplan.anatomy.virtual_ground import VirtualGround
from rfplan.figures import figures
from rfplan.lesion.lesion import ISOTHERMS_C
from rfplan.planning.packed_lesions import shape_lesions
from rfplan.planning.plan import Plan
from rfplan.planning.safety import limits

LEVELS = ("L5", "S1", "S2", "S3", "S4")
QUADRANTS = ("upper", "lower")
"""Of the exit at the foramen: above or below its most lateral point (3 o'clock on the right)."""
_FAR_MM = 1e6
_WORST = ("canal_distance", "ventral_root_distance", "skin_distance", "beyond_joint_line")


def judged_row(plan: Plan, ground: VirtualGround, side: Side) -> dict[str, Any]:
    """What ``plan`` does to the branches of ``ground`` on ``side``, with lesions as shapes.

    Per criterion (``ap``, ``cut``) and level the number of branches taken, per level and quadrant of exit how many there are, and the
    nearest approach of a lesion to canal, ventral root, skin and past the joint line, mm, with how many of these four are at ``stop``.
    """
    table = figures("safety")
    lethal = ISOTHERMS_C.index(table["lethal.isotherm"].value)
    nerves = [nerve for nerve in ground.nerves if nerve.side == side]
    row: dict[str, Any] = {
        "applications": len(plan.applications),
        "needles": len(plan.needles),
        "energy_time_s": plan.energy_time_s,
    }
    hits = _hits(plan, ground, nerves, lethal, table["transection.length"].value)
    clocks = {f"{traits.level}.{traits.ordinal}": traits.clock_deg for traits in ground.traits}
    for level in LEVELS:
        own = [n for n, nerve in enumerate(nerves) if nerve.level == level]
        row[f"branches_{level}"] = len(own)
        row[f"ap_{level}"] = int(sum(hits[n][0] for n in own))
        row[f"cut_{level}"] = int(sum(hits[n][1] for n in own))
        if level == "L5":
            continue
        for quadrant in QUADRANTS:
            there = [n for n in own if (clocks[nerves[n].name] < 90.0) == (quadrant == "upper")]
            row[f"branches_{level}_{quadrant}"] = len(there)
            row[f"cut_{level}_{quadrant}"] = int(sum(hits[n][1] for n in there))
    return row | _risk(plan, ground, side, lethal)


def _hits(
    plan: Plan, ground: VirtualGround, nerves: list[Nerve], lethal: int, length_mm: float
) -> list[tuple[bool, bool]]:
    if not plan.applications or not nerves:
        return [(False, False)] * len(nerves)
    first = np.concatenate([[0], np.cumsum([len(nerve.points_mm) for nerve in nerves])]).astype(np.int64)
    points = np.concatenate([nerve.points_mm for nerve in nerves])
    judged = shape_lesions(plan).judged(points, first, np.ascontiguousarray(ground.frame.axes), lethal)
    return [(bool(entry[3] > 0.0), bool(entry[1] >= length_mm)) for entry in judged]


def _risk(plan: Plan, ground: VirtualGround, side: Side, lethal: int) -> dict[str, Any]:
    values = dict.fromkeys(_WORST, _FAR_MM) | {"beyond_joint_line": -_FAR_MM}
    if plan.applications:
        lesions = shape_lesions(plan)
        own = [foramen for foramen in ground.foramina if foramen.side == side]
        lines = [foramen.canal_mm for foramen in own] + [np.stack([foramen.ventral_mm] * 2) for foramen in own]
        first = np.concatenate([[0], np.cumsum([len(line) for line in lines])]).astype(np.int64)
        radii = np.array(
            [foramen.diameter_mm / 2 for foramen in own] + [figures("safety")["ventral_root.radius"].value] * len(own)
        )
        gaps = lesions.clearances(np.concatenate(lines), first, radii, lethal)[:, 0]
        skin, frame = ground.skin, ground.frame
        depths = lesions.skin_depths(
            (
                skin.height_mm,
                skin.origin_mm,
                skin.axes,
                np.array([skin.lateral_0_mm, skin.caudal_0_mm]),
                float(skin.spacing_mm),
            )
        )
        line = np.ascontiguousarray((ground.curves[f"sij_posterior_line_{side}"].points_mm @ frame.axes.T)[:, :2])
        past = lesions.beyond_line(line, 1.0 if side == "left" else -1.0, np.ascontiguousarray(frame.axes), lethal)
        values = {
            "canal_distance": float(gaps[: len(own)].min()),
            "ventral_root_distance": float(gaps[len(own) :].min()),
            "skin_distance": float(depths[0]),
            "beyond_joint_line": past,
        }
    known = limits()
    stops = sum(known[check].status(value) == "stop" for check, value in values.items())
    clipped = {f"{check}_mm": float(np.clip(value, -_FAR_MM, _FAR_MM)) for check, value in values.items()}
    return clipped | {"stop_violations": stops}
