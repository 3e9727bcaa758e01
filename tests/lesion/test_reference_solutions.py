"""The solver against the three reference solutions, and how fast it converges."""

import dataclasses
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from reference_cases import CONVERGED_MM, REFERENCES

from rfplan.lesion.accuracy import ACCURACIES
from rfplan.lesion.solve import solve_problem


@pytest.fixture(scope="module")
def solved():
    kept = {}

    def solve(reference, accuracy):
        key = (reference.name, accuracy)
        if key not in kept:
            kept[key] = solve_problem(reference.problem(accuracy))
        return kept[key]

    return solve


def sizes(lesion):
    at_50, at_60 = lesion.size(50.0), lesion.size(60.0)
    return np.array([at_50.width_mm, at_50.length_mm, at_60.width_mm, at_60.length_mm, at_50.beyond_tip_mm])


def published(reference):
    return np.array(
        [reference.width_50, reference.length_50, reference.width_60, reference.length_60, reference.beyond_50]
    )


@pytest.mark.parametrize("reference", REFERENCES, ids=lambda r: r.name)
def test_standard_meets_the_reference_solutions(reference, solved):
    lesion = solved(reference, ACCURACIES["standard"])
    assert lesion.status == "converged"
    assert np.abs(sizes(lesion) - published(reference)).max() <= 0.1
    assert lesion.history.power_w[-1] == pytest.approx(reference.power_w, rel=0.02)
    assert lesion.history.impedance_ohm[-1] == pytest.approx(reference.impedance_ohm, rel=0.02)
    assert lesion.energy_balance_error < 0.005
    assert lesion.thermocouple_c == pytest.approx(reference.protocol.set_c, abs=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("reference", REFERENCES, ids=lambda r: r.name)
def test_fine_meets_the_reference_solutions(reference, solved):
    off = np.abs(sizes(solved(reference, ACCURACIES["fine"])) - published(reference))
    assert off[[0, 2, 4]].max() <= 0.03
    # along the shaft the reference solutions are too long: they say of themselves that they are converged to 0.02 mm, and finite
    # elements refined at the edge of the active part (test_finite_elements) are 0.02 to 0.045 mm shorter, as this solver is
    assert off[[1, 3]].max() <= 0.03 + CONVERGED_MM + 0.005


@pytest.mark.parametrize("reference", REFERENCES, ids=lambda r: r.name)
def test_fast_is_within_a_quarter_of_a_millimetre(reference, solved):
    assert np.abs(sizes(solved(reference, ACCURACIES["fast"])) - published(reference)).max() <= 0.25


def order(coarse, middle, fine):
    return np.log2(abs(coarse - middle) / abs(middle - fine))


@pytest.mark.slow
def test_width_converges_in_space(solved):
    reference = REFERENCES[1]
    base = ACCURACIES["standard"]
    widths = [solved(reference, base.refined(space=n)).size(50.0).width_mm for n in (0.5, 1, 2)]
    assert order(*widths) >= 1.5


def test_width_converges_in_time(solved):
    # steps of one length, so that all of them are halved
    reference = REFERENCES[1]
    base = dataclasses.replace(ACCURACIES["fast"], first_step_s=7.5, step_s=7.5)
    widths = [solved(reference, base.refined(time=n)).size(50.0).width_mm for n in (1, 2, 4)]
    assert order(*widths) >= 1.5


def test_steps_of_standard_are_short_enough(solved):
    reference = REFERENCES[1]
    standard = ACCURACIES["standard"]
    width, many = (solved(reference, standard.refined(time=n)).size(50.0).width_mm for n in (1, 6))
    assert width == pytest.approx(many, abs=0.005)
