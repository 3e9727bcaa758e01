"""Factors of a patient are what it was drawn with."""

import numpy as np
import pytest

from rfplan.anatomy.innervation import Innervation
from rfplan.anatomy.population import Population
from rfplan.study.patient_columns import patient_columns


def test_columns_are_the_dimensions_and_branches_of_the_patient():
    patients = list(Population().draw(5, 8))
    columns = patient_columns(patients, "right")
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


def test_sides_are_alike_and_what_is_not_there_is_not_a_number():
    patients = list(Population(Innervation(l5=False)).draw(3, 8))
    left, right = (patient_columns(patients, side) for side in ("left", "right"))
    for name, values in left.items():
        np.testing.assert_allclose(values, right[name], rtol=1e-5, equal_nan=True)
    assert np.isnan(left["l5_shift_mm"]).all()
