"""Distances of bone along an active tip: what is left out, because it decides nothing, changes none of them."""

from __future__ import annotations

import numpy as np
import pytest

from rfplan.anatomy.bone_gap_kernels import bone_gap
from rfplan.anatomy.overhang_kernels import overhang_gap
from rfplan.anatomy.population import Population
from rfplan.anatomy.sheet_distance_kernels import sheet_gap
from rfplan.anatomy.virtual_ground_kernels import AROUND_MM
from rfplan.anatomy.virtual_grounds import VirtualGrounds
from rfplan.planning.tip_plane_kernels import PLACES, PROBES, STEP_MM, distances_along
from rfplan.planning.virtual_recipes import VirtualRecipe, side_grounds

GROUNDS = VirtualGrounds.of(Population().draw(4, 12))
STEPS_MM = STEP_MM * np.concatenate([np.eye(3), -np.eye(3)])


@pytest.mark.parametrize("name", ["cooled-clockface", "conventional-periforaminal", "palisade"])
def test_distances_along_a_tip_are_those_of_the_bone(name):
    made = VirtualRecipe.of(name, None, {}).needles(side_grounds(GROUNDS))
    chance, active, stepped, deep = np.random.default_rng(5), made.electrode.tip_mm, 0, 0
    for ground, tips, axes, (count, _, _) in zip(GROUNDS, made.tips, made.axes, made.counts, strict=True):
        bone = ground.bone_around.bone
        # as planned, and as a bad hand puts them: into bone, off it, and beside the ilium
        tips = np.concatenate([tips[:count], tips[:count] + chance.normal(0.0, 3.0, (count, 3))])
        for tip, axis in zip(tips, np.tile(axes[:count], (2, 1)), strict=True):
            values = np.empty((PLACES, PROBES))
            distances_along(bone, AROUND_MM, tip, axis, active, values)
            for k, own in enumerate(values):
                place = tip + active * k / (PLACES - 1) * axis
                assert own[0] == bone_gap(bone, AROUND_MM, *place)
                sheet, over = sheet_gap(bone, AROUND_MM, *place), overhang_gap(bone, AROUND_MM, *place)
                if not -AROUND_MM < own[0] < AROUND_MM:
                    continue
                deep += own[0] < -2.5
                if 1.5 < sheet < over:
                    # along the way to the nearest place, by a step
                    assert np.linalg.norm(own[1:4]) == pytest.approx(STEP_MM)
                    np.testing.assert_array_equal(own[1:4], -own[4:7])
                    continue
                around = [bone_gap(bone, AROUND_MM, *(place + step)) for step in STEPS_MM]
                reach = min(AROUND_MM, abs(own[0]) + STEP_MM + 1.5)
                np.testing.assert_array_equal(own[1:], np.clip(around, -reach, reach))
                stepped += 1
    assert stepped > 50
    assert deep > 0
