"""Compiled recipes on virtual patients place the needles that the techniques place."""

from __future__ import annotations

import numpy as np
import pytest

from rfplan.anatomy.population import Population
from rfplan.anatomy.sides import lateral_sign
from rfplan.planning.operator_error import OperatorError, displaced
from rfplan.planning.techniques import technique
from rfplan.planning.virtual_recipes import VirtualRecipe, side_ground

TECHNIQUES = ("conventional-periforaminal", "cooled-clockface", "cooled-classic", "bipolar-leapfrog", "palisade")
GROUNDS = [patient.ground for patient in Population().draw(4, 11)]


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
    error = OperatorError.usual()
    for k, ground in enumerate(GROUNDS):
        plan, arrays = technique(name).plan(ground, side), side_ground(ground)
        rows = VirtualRecipe.of(name, None, {}).needles(arrays)
        same(plan, rows, ground, side)
        same(displaced(plan, ground, error, (5, k)), rows.displaced(arrays, side, error, (5, k)), ground, side)


def test_electrode_and_options_are_those_asked_for():
    ground = GROUNDS[0]
    options = {"spacing_mm": 6.0, "offset_mm": 8.0}
    plan = technique("palisade").plan(ground, "right", "conventional-16g-10mm", **options)
    rows = VirtualRecipe.of("palisade", "conventional-16g-10mm", options).needles(side_ground(ground))
    same(plan, rows, ground, "right")
    assert rows.electrode.name == "conventional-16g-10mm"


def test_techniques_along_the_bone_are_left_to_themselves():
    assert VirtualRecipe.of("strip-probe", None, {}) is None
    assert VirtualRecipe.of("single-cannula-strip", None, {}) is None
