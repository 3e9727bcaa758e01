"""One call for all patients judges each as it is judged alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rfplan.anatomy.population import Population
from rfplan.anatomy.sides import lateral_sign
from rfplan.anatomy.virtual_grounds import VirtualGrounds
from rfplan.figures import figures
from rfplan.lesion.lesion import ISOTHERMS_C
from rfplan.planning.operator_error import OperatorError
from rfplan.planning.packed_lesions import shape_lesions
from rfplan.planning.plan import Plan
from rfplan.study.design import Strategy
from rfplan.study.shapes_judge import judged_with_shapes
from rfplan.study.treated import TreatedSides
from rfplan.study.treatment import PatientsToTreat, Treatments, treatments

SIDE = "right"
LETHAL = ISOTHERMS_C.index(figures("safety")["lethal.isotherm"].value)


@pytest.fixture(scope="module")
def patients():
    grounds = VirtualGrounds.of(Population().draw(4, 31))
    return PatientsToTreat(grounds, SIDE, [(31, k) for k in range(len(grounds))])


@pytest.mark.parametrize("name", ["cooled-classic", "palisade"])
def test_recipes_and_plans_of_a_technique_are_judged_alike(patients, name):
    """The same needles come as arrays of all patients and as plans: what is judged must not depend on it."""
    sides, error = TreatedSides.of(patients.grounds), OperatorError.usual()
    one = treatments(Strategy(name), patients, error)
    plans = [one_plan(name, ground) for ground in patients.each]
    other = treatments(Strategy(name), patients, error, plans)
    assert isinstance(other.made[0], Plan)
    np.testing.assert_array_equal(one.applications, other.applications)
    np.testing.assert_array_equal(one.needles, other.needles)
    np.testing.assert_allclose(one.energy_time_s, other.energy_time_s)
    first, second = judged_with_shapes(sides, one), judged_with_shapes(sides, other)
    np.testing.assert_array_equal(first.seen, second.seen)
    np.testing.assert_array_equal(first.cut, second.cut)
    np.testing.assert_allclose(first.risk, second.risk, atol=1e-5)


def test_each_patient_is_judged_as_alone(patients):
    sides = TreatedSides.of(patients.grounds)
    plans = [one_plan("cooled-clockface", ground) for ground in patients.each]
    judged = judged_with_shapes(sides, treatments(Strategy("cooled-clockface"), patients, None, plans))
    for k, (plan, ground) in enumerate(zip(plans, patients.each, strict=True)):
        lesions, frame = shape_lesions(plan), ground.frame
        nerves = ground.nerves_on(SIDE)
        points = np.concatenate([nerve.points_mm for nerve in nerves])
        first = np.concatenate([[0], np.cumsum([len(nerve.points_mm) for nerve in nerves])])
        found = lesions.judged(points, first, np.ascontiguousarray(frame.axes), LETHAL)
        own = slice(*sides.branches[k : k + 2])
        np.testing.assert_array_equal(judged.seen[own], found[:, 3] > 0.0)
        np.testing.assert_array_equal(judged.cut[own], found[:, 1] >= figures("safety")["transection.length"].value)
        foramina = [ground.foramen(level, SIDE) for level in ("S1", "S2", "S3", "S4")]
        tubes = [foramen.canal_mm for foramen in foramina]
        ends = np.concatenate([[0], np.cumsum([len(tube) for tube in tubes])])
        radii = np.array([0.5 * foramen.diameter_mm for foramen in foramina])
        gaps = lesions.clearances(np.concatenate(tubes), ends, radii, LETHAL)
        assert judged.risk[k, 0] == pytest.approx(gaps[:, 0].min(), abs=1e-6)
        skin = ground.skin
        corner = np.array([skin.lateral_0_mm, skin.caudal_0_mm])
        depths = lesions.skin_depths((skin.height_mm, skin.origin_mm, skin.axes, corner, skin.spacing_mm))
        assert judged.risk[k, 2] == pytest.approx(depths[0], abs=1e-6)
        line = np.ascontiguousarray((ground.curves[f"sij_posterior_line_{SIDE}"].points_mm @ frame.axes.T)[:, :2])
        beyond = lesions.behind_joint(line, float(lateral_sign(SIDE)), np.ascontiguousarray(frame.axes), LETHAL)
        assert judged.risk[k, 3] == pytest.approx(beyond, abs=1e-6)


def test_who_is_not_treated_keeps_everything(patients):
    sides = TreatedSides.of(patients.grounds)
    plans = [one_plan("cooled-classic", ground) for ground in patients.each]
    nothing = replace(plans[1], applications=())
    judged = judged_with_shapes(
        sides, Treatments([plans[0], nothing, *plans[2:]], [plans[0], nothing, *plans[2:]], patients)
    )
    own = slice(*sides.branches[1:3])
    assert not judged.seen[own].any() and not judged.cut[own].any()
    assert judged.seen.any()
    np.testing.assert_array_equal(judged.risk[1], [1e30, 1e30, 1e30, -1e30])


def one_plan(name, ground):
    from rfplan.planning.techniques import technique

    return technique(name).plan(ground, SIDE)
