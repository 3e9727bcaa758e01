"""Factors of a patient are what it was drawn with."""

import numpy as np
import pytest

from rfplan.anatomy.innervation import Innervation
from rfplan.anatomy.population import Population
from rfplan.anatomy.virtual_grounds import VirtualGrounds
from rfplan.study.patient_columns import patient_columns


def test_columns_are_the_dimensions_and_branches_of_the_patient():
    patients = Population().draw(5, 8)
    columns = patient_columns(VirtualGrounds.of(patients))
    for n, patient in enumerate(patients):
        assert columns["sacrum_length_mm"][n] == pytest.approx(patient.values["sacrum.length"], rel=1e-6)
        own = [traits.clock_deg for traits in patient.traits if traits.level == "S1"]
        assert columns["exit_S1_deg"][n] == pytest.approx(np.mean(own), rel=1e-6)
        lateral = [traits.depth_mm for traits in patient.traits if traits.level != "L5"]
        assert columns["branch_depth_mm"][n] == pytest.approx(np.mean(lateral), rel=1e-6)
        assert 10.0 < columns["skin_depth_mm"][n] < 150.0
    # stouter people have their bones deeper
    order = np.argsort([patient.bmi for patient in patients])
    assert columns["skin_depth_mm"][order[-1]] > columns["skin_depth_mm"][order[0]]


def test_depth_is_that_over_the_foramina_of_either_side():
    patients = Population().draw(3, 8)
    depth = patient_columns(VirtualGrounds.of(patients))["skin_depth_mm"]
    for side in ("left", "right"):
        for n, patient in enumerate(patients):
            ground = patient.ground
            centres = np.stack([ground.foramen(level, side).centre_mm for level in ("S1", "S2", "S3")])
            assert depth[n] == pytest.approx(ground.skin.depth_mm(centres).mean(), abs=1e-3)


def test_what_is_not_there_is_not_a_number():
    grounds = VirtualGrounds.of(Population(Innervation(l5=False)).draw(3, 8))
    assert np.isnan(patient_columns(grounds)["l5_shift_mm"]).all()
