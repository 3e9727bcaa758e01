"""Against finite elements of second order (NGSolve), run with ``benchmarks/peers/ngsolve_lesion.py``, which shares no code with rfplan."""

import sys
from pathlib import Path

import pytest

import rfplan
from rfplan import Protocol, Surroundings, solve_lesion
from rfplan.lesion.accuracy import ACCURACIES
from rfplan.lesion.solve import solve_problem

sys.path.insert(0, str(Path(__file__).parent))
from reference_cases import REFERENCES

# electrode edge refined to 0.002 mm: width, length at 50 and 60 degC, beyond tip at 50 degC, impedance
REFINED_EDGE = {
    "20g": (6.872, 13.545, 4.557, 11.501, 1.607, 82.38),
    "18g": (11.167, 17.820, 6.962, 13.411, 3.186, 65.83),
    "cooled": (10.790, 12.074, 6.935, 7.207, 3.867, 107.55),
}


def sizes(lesion):
    at_50, at_60 = lesion.size(50.0), lesion.size(60.0)
    return (at_50.width_mm, at_50.length_mm, at_60.width_mm, at_60.length_mm, at_50.beyond_tip_mm)


@pytest.mark.parametrize("reference", REFERENCES, ids=lambda r: r.name)
@pytest.mark.parametrize(
    ("accuracy", "within_mm"), [("standard", 0.03), pytest.param("fine", 0.02, marks=pytest.mark.slow)]
)
def test_one_needle(reference, accuracy, within_mm):
    lesion = solve_problem(reference.problem(ACCURACIES[accuracy]))
    *lengths, impedance = REFINED_EDGE[reference.name]
    assert sizes(lesion) == pytest.approx(lengths, abs=within_mm)
    assert lesion.history.impedance_ohm[-1] == pytest.approx(impedance, rel=0.005)


def test_a_needle_along_bone():
    # 18 gauge, 10 mm tip, 80 degC for 90 s, perfused, 0.5 mm of muscle between shaft and bone
    lesion = solve_lesion(
        rfplan.electrode("conventional-18g-10mm"),
        Protocol(80.0, 90.0),
        Surroundings(bone_gap_mm=0.5, bone_angle_deg=0.0),
    )
    for isotherm, width, length, beyond, away, lateral in (
        (45.0, 14.519, 21.949, 4.860, 7.453, 7.241),
        (50.0, 11.426, 18.345, 3.485, 5.885, 5.686),
        (60.0, 7.340, 13.891, 1.883, 3.847, 3.643),
    ):
        size, radii = lesion.size(isotherm), lesion.radii_mm[isotherm]
        assert (size.width_mm, size.length_mm, size.beyond_tip_mm) == pytest.approx((width, length, beyond), abs=0.15)
        assert (radii["away"], radii["lateral"]) == pytest.approx((away, lateral), abs=0.15)


def test_a_pair():
    # 20 gauge, 10 mm tips 10 mm apart, 90 degC for 180 s, perfused
    lesion = solve_lesion(rfplan.electrode("conventional-20g-10mm"), Protocol(90.0, 180.0), pair=10.0)
    for isotherm, width, beyond in ((45.0, 24.926, 5.640), (50.0, 21.499, 3.894), (60.0, 17.350, 2.021)):
        size = lesion.size(isotherm)
        assert (size.width_mm, size.beyond_tip_mm) == pytest.approx((width, beyond), abs=0.15)
    assert lesion.pair.midpoint_c == pytest.approx(75.94, abs=0.6)
    assert lesion.history.impedance_ohm[-1] == pytest.approx(108.84, rel=0.02)
