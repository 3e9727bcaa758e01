"""Compiled recipes on virtual patients place the needles that the techniques place."""

from __future__ import annotations

import numpy as np
import pytest

from rfplan.anatomy.population import Population
from rfplan.anatomy.sides import lateral_sign
from rfplan.anatomy.virtual_grounds import VirtualGrounds
from rfplan.planning.many_needles import Hands
from rfplan.planning.operator_error import OperatorError, displaced
from rfplan.planning.techniques import technique
from rfplan.planning.virtual_recipes import VirtualRecipe, side_grounds

TECHNIQUES = ("conventional-periforaminal", "cooled-clockface", "cooled-classic", "bipolar-leapfrog", "palisade")
GROUNDS = VirtualGrounds.of(Population().draw(4, 11))
SIDES = side_grounds(GROUNDS)


def same(plan, rows, ground, side):
    to_side = ground.frame.axes * np.array([[lateral_sign(side)], [1.0], [1.0]])
    needles = plan.needles
    places = np.array([to_side @ (needle.tip_mm - ground.frame.origin_mm) for needle in needles])
    assert len(needles) == len(rows.tips)
    np.testing.assert_allclose(rows.tips, places, atol=1e-6)
    np.testing.assert_allclose(rows.axes, [to_side @ needle.axis for needle in needles], atol=1e-6)
    order = {needle.pose_key: n for n, needle in enumerate(needles)}
    used = [[order[needle.pose_key] for needle in application.needles] for application in plan.applications]
    assert [[n for n in pair if n >= 0] for pair in rows.pairs.tolist()] == used
    assert [(application.mode, application.protocol) for application in plan.applications] == list(
        zip(rows.modes, rows.protocols, strict=True)
    )


@pytest.mark.parametrize("name", TECHNIQUES)
@pytest.mark.parametrize("side", ["left", "right"])
def test_needles_are_those_of_the_technique(name, side):
    error, known = OperatorError.usual(), technique(name)
    placed = VirtualRecipe.of(name, None, {}).needles(SIDES)
    missed = placed.displaced(SIDES, side, error, Hands([(5, k) for k in range(len(GROUNDS))]))
    for k, ground in enumerate(GROUNDS):
        plan = known.plan(ground, side)
        same(plan, placed[k], ground, side)
        same(displaced(plan, ground, error, (5, k)), missed[k], ground, side)


def test_a_patient_is_treated_alike_in_any_company():
    for name in TECHNIQUES:
        recipe, alone = VirtualRecipe.of(name, None, {}), Population().draw(1, 11, first=2)
        one, among = (recipe.needles(side_grounds(own)) for own in (VirtualGrounds.of(alone), GROUNDS))
        for part in ("tips", "axes", "pairs"):
            np.testing.assert_array_equal(getattr(one[0], part), getattr(among[2], part))


def test_chance_is_the_same_whatever_is_planned():
    seeds = [(5, k) for k in range(3)]
    one, other = Hands(seeds), Hands(seeds)
    one.noise(np.array([2, 0, 7]))
    first, second = one.noise(np.array([4, 1, 3])), other.noise(np.array([4, 1, 3]))
    np.testing.assert_array_equal(first, second)
    assert len(np.unique(first[0])) == 20


def test_electrode_and_options_are_those_asked_for():
    ground = GROUNDS[0]
    options = {"spacing_mm": 6.0, "offset_mm": 8.0}
    plan = technique("palisade").plan(ground, "right", "conventional-16g-10mm", **options)
    rows = VirtualRecipe.of("palisade", "conventional-16g-10mm", options).needles(SIDES)[0]
    same(plan, rows, ground, "right")
    assert rows.electrode.name == "conventional-16g-10mm"


def test_techniques_along_the_bone_are_left_to_themselves():
    assert VirtualRecipe.of("strip-probe", None, {}) is None
    assert VirtualRecipe.of("single-cannula-strip", None, {}) is None
