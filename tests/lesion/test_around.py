"""Probes with several contacts, layers and depots: against NGSolve (``benchmarks/peers/ngsolve_surroundings.py``), and what fluid does."""

import json

import numpy as np
import pytest

import rfplan
from rfplan import InputError, Protocol, Surroundings, load_lesion, save_lesion, solve_lesion
from rfplan.geometry.mesh import topology
from rfplan.lesion.accuracy import ACCURACIES
from rfplan.lesion.problem import LesionProblem
from rfplan.lesion.solve_octree import solve_octree
from rfplan.lesion.surroundings import Depot, TissueLayer

NEEDLE = rfplan.electrode("conventional-18g-10mm")
STRIP = rfplan.electrode("strip-tripolar")
FAT_ABOVE = Surroundings(layers=(TissueLayer("muscle", -50.0), TissueLayer("fat", 5.0)))
SALINE = Surroundings(depot=Depot("saline", 0.5))
ALL = Surroundings(
    bone_gap_mm=1.0,
    layers=(TissueLayer("muscle", -50.0), TissueLayer("fat", 12.0)),
    depot=Depot("saline", 0.5, 2.0),
)

# by isotherm: width, length, beyond the tip end; NGSolve of second order, elements of 0.08 mm on the metal, 0.004 mm at its edges,
# growing by a tenth (at a quarter, the width at 45 degC scatters by 0.05 mm from mesh to mesh)
PEER = {
    "two contacts": (
        {45.0: (14.869, 41.906, 4.541), 50.0: (11.989, 38.365, 3.273), 60.0: (8.305, 34.048, 1.821)},
        106.143,
    ),
    "three contacts": (
        {45.0: (15.542, 59.747, 1.728), 50.0: (12.617, 56.350, 0.600), 60.0: (8.868, 26.367, 0.000)},
        89.626,
    ),
    "fat": ({45.0: (12.449, 18.472, 4.393), 50.0: (9.614, 14.515, 3.120), 60.0: (6.089, 9.363, 1.684)}, 121.530),
    "saline": ({45.0: (15.002, 21.447, 6.297), 50.0: (11.687, 17.245, 4.323), 60.0: (7.094, 12.217, 2.084)}, 42.370),
    "bone, saline and fat": (
        {45.0: (21.485, 19.008, 1.000), 50.0: (17.040, 16.201, 1.000), 60.0: (11.269, 12.503, 1.000)},
        66.165,
    ),
}


def solved(name, accuracy="standard"):
    if name.endswith("contacts"):
        contacts = (0, 1) if name.startswith("two") else (0, 1, 2)
        return solve_lesion(STRIP, Protocol(85.0, 90.0), accuracy=accuracy, contacts=contacts, between_contacts=True)
    around = {"fat": FAT_ABOVE, "saline": SALINE, "bone, saline and fat": ALL}[name]
    return solve_lesion(NEEDLE, Protocol(80.0, 90.0), around, accuracy)


@pytest.mark.parametrize(
    ("accuracy", "within_mm"), [("standard", 0.1), pytest.param("fine", 0.05, marks=pytest.mark.slow)]
)
@pytest.mark.parametrize("name", PEER)
def test_against_finite_elements(name, accuracy, within_mm):
    lesion = solved(name, accuracy)
    sizes, impedance = PEER[name]
    for isotherm, expected in sizes.items():
        size = lesion.size(isotherm)
        assert (size.width_mm, size.length_mm, size.beyond_tip_mm) == pytest.approx(expected, abs=within_mm), isotherm
    assert lesion.history.impedance_ohm[-1] == pytest.approx(impedance, rel=0.01)
    assert lesion.energy_balance_error < 0.005


@pytest.mark.slow
@pytest.mark.parametrize("name", ["fat", "two contacts"])
def test_the_solver_in_three_dimensions_agrees(name):
    # which shares the scene, and neither grid nor equations
    flat = solved(name)
    solid = solve_octree(flat.problem)
    for isotherm in (45.0, 50.0, 60.0):
        a, b = flat.size(isotherm), solid.size(isotherm)
        assert (a.width_mm, a.length_mm, a.beyond_tip_mm) == pytest.approx(
            (b.width_mm, b.length_mm, b.beyond_tip_mm), abs=0.2
        )
    assert flat.history.impedance_ohm[-1] == pytest.approx(solid.history.impedance_ohm[-1], rel=0.03)


def test_between_contacts_against_finite_elements():
    two, three = solved("two contacts").pair, solved("three contacts").pair
    assert (two.midpoint_c, two.confluent_at_c) == pytest.approx((71.310, 71.310), abs=0.5)
    assert three.midpoint_c == pytest.approx(63.444, abs=0.5)
    # the two contacts at one potential hardly heat what is between them
    assert three.confluent_at_c == pytest.approx(45.973, abs=0.5)
    assert three.midline_max_c >= three.midpoint_c > three.confluent_at_c


def test_the_surface_is_in_as_many_pieces_as_the_temperature_says():
    lesion = solved("three contacts")
    joined = lesion.pair.confluent_at_c
    assert 45.0 < joined < 50.0
    assert topology(lesion.surface(45.0)).components == 1
    assert topology(lesion.surface(50.0)).components == 2
    assert topology(lesion.surface(50.0)).closed


def test_contacts_at_one_potential_share_the_current():
    one = solve_lesion(STRIP, accuracy="fast")
    three = solve_lesion(STRIP, accuracy="fast", contacts=(0, 1, 2))
    assert three.pair is None
    assert three.history.impedance_ohm[-1] < 0.5 * one.history.impedance_ohm[-1]
    assert three.size(50.0).length_mm == pytest.approx(one.size(50.0).length_mm + 40.0, abs=1.0)
    assert topology(three.surface(60.0)).components == 3
    assert "bipolar" not in three.to_json()


def test_the_hottest_thermocouple_follows_the_ramp():
    # contacts 1 and 2 against 3: all the current enters the third, which alone is at the set temperature
    lesion = solved("three contacts")
    assert lesion.thermocouple_c == pytest.approx(85.0, abs=1e-6)
    radius = STRIP.radius_mm
    places = np.array([[0.0, 0.0, low + radius] for low in STRIP.contacts_mm])
    there = lesion.temperature_c(places)
    assert there[2] == pytest.approx(85.0, abs=0.2)
    assert there[0] < 65.0
    assert there[1] < 65.0


def test_current_between_contacts_is_the_same_from_either_end():
    # an isolated generator does not know its plus from its minus
    there = LesionProblem(
        1.5, ((5.0, 15.0), (25.0, 35.0)), Protocol(85.0, 60.0), ACCURACIES["fast"], part_volts=(0.5, -0.5)
    )
    back = LesionProblem(
        1.5, ((5.0, 15.0), (25.0, 35.0)), Protocol(85.0, 60.0), ACCURACIES["fast"], part_volts=(-0.5, 0.5)
    )
    from rfplan.lesion.solve import solve_problem

    first, second = solve_problem(there), solve_problem(back)
    assert first.size(50.0).width_mm == pytest.approx(second.size(50.0).width_mm, abs=1e-6)
    assert first.pair.midpoint_c == pytest.approx(second.pair.midpoint_c, abs=1e-6)


def bench(fluid, ml=0.5):
    # as a bench has it: 18 gauge, 10 mm tip, 80 degC for 90 s, from 22 degC, no blood
    depot = None if fluid is None else Depot(fluid, ml)
    return solve_lesion(NEEDLE, Protocol(80.0, 90.0), Surroundings(22.0, perfusion=False, depot=depot))


def test_salty_fluid_makes_larger_lesions_the_more_the_saltier():
    # the sign that Provenzano 2010 and 2013 measured: width grows, impedance falls, power rises with salt
    made = [bench(fluid) for fluid in (None, "lidocaine", "saline", "hypertonic_saline")]
    widths = [lesion.size(50.0).width_mm for lesion in made]
    assert widths == sorted(widths)
    assert widths[1] > widths[0] + 0.5
    ohms = [lesion.history.impedance_ohm[-1] for lesion in made]
    assert ohms == sorted(ohms, reverse=True)
    watts = [lesion.history.power_w.mean() for lesion in made]
    assert watts == sorted(watts)
    assert {lesion.status for lesion in made} == {"converged"}


def test_much_fluid_around_the_whole_tip_hardly_changes_the_width():
    # the field near the tip is then that of one medium again, and control makes up for its conductivity
    assert bench("saline", 3.0).size(50.0).width_mm == pytest.approx(bench(None).size(50.0).width_mm, abs=0.3)


def test_glucose_at_the_tip_boils_in_the_model():
    # a ball of insulator: the current crowds into what is left of the tip. The model does not know that the fluid spreads
    lesion = bench("glucose")
    assert lesion.status == "boiling"
    assert lesion.history.impedance_ohm[0] > 1.5 * bench(None).history.impedance_ohm[0]


@pytest.mark.parametrize("around", [FAT_ABOVE, SALINE, ALL], ids=["fat", "saline", "all"])
def test_saved_and_loaded_it_is_the_same(around, tmp_path):
    made = solve_lesion(NEEDLE, surroundings=around, accuracy="fast")
    back = load_lesion(save_lesion(made, tmp_path / "a.npz")[0])
    assert back.to_json() == made.to_json()
    assert back.problem == made.problem


def test_contacts_saved_and_loaded_are_the_same(tmp_path):
    made = solved("two contacts", "fast")
    back = load_lesion(save_lesion(made, tmp_path / "a.npz")[0])
    assert back.problem == made.problem
    assert back.pair == made.pair
    document = json.loads((tmp_path / "a.json").read_text())
    assert document["bipolar"]["confluent_at_c"] == made.pair.confluent_at_c


def test_assumptions_are_said():
    assert "layers of muscle and fat" in solved("fat", "fast").assumption
    fluid = solved("bone, saline and fat", "fast").assumption
    assert "does not mix" in fluid
    assert "provisional" in fluid
    assert "plane of bone" in fluid
    assert "enters the other" in solved("two contacts", "fast").assumption


def test_fluid_in_the_bone_is_refused():
    around = Surroundings(bone_gap_mm=1.0, depot=Depot("saline", 0.5, -3.0))
    with pytest.raises(InputError, match="--depot-at-mm"):
        solve_lesion(NEEDLE, surroundings=around)


def test_parts_that_touch_are_refused():
    with pytest.raises(InputError, match="active_mm"):
        LesionProblem(1.5, ((0.0, 10.0), (10.0, 20.0)), Protocol(85.0, 60.0), ACCURACIES["fast"])
