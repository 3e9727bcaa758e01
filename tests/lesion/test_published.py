"""Published ratios of lesion sizes on the bench. What the model has outside the published ranges is held as it is, not tuned."""

import pytest

from rfplan import Protocol, Surroundings
from rfplan.lesion.accuracy import ACCURACIES
from rfplan.lesion.problem import LesionProblem
from rfplan.lesion.solve import solve_problem

BENCH = Surroundings(start_c=22.0, perfusion=False)
GAUGES = {22: 0.718, 20: 0.908, 18: 1.270, 16: 1.651}


@pytest.fixture(scope="module")
def size():
    kept = {}

    def solve(gauge, set_c=80.0, time_s=120.0):
        key = (gauge, set_c, time_s)
        if key not in kept:
            protocol = Protocol(set_c, time_s)
            problem = LesionProblem(GAUGES[gauge], ((0.0, 10.0),), protocol, ACCURACIES["standard"], BENCH)
            kept[key] = solve_problem(problem).size(50.0)
        return kept[key]

    return solve


def growth(before, after):
    return 100.0 * (after.width_mm / before.width_mm - 1.0)


# published: 108 to 152 % from 60 to 90 degC; 11 to 20 % from 1 to 2 min; 23 to 32 % from 1 to 3 min; 1 to 5 mm longer than the tip.
# Thin needles grow a little more with time than published and thick ones less with temperature: the effect of thickness is too weak
@pytest.mark.parametrize(
    ("gauge", "hotter", "two_minutes", "three_minutes", "longer_mm"),
    [
        (22, (108.0, 152.0), (20.0, 24.0), (32.0, 36.0), (1.0, 5.0)),
        (20, (108.0, 152.0), (20.0, 22.5), (32.0, 34.0), (1.0, 5.0)),
        (18, (108.0, 152.0), (11.0, 20.0), (23.0, 32.0), (1.0, 5.0)),
        (16, (95.0, 108.0), (11.0, 20.0), (23.0, 32.0), (5.0, 5.3)),
    ],
)
def test_bench_lesions(gauge, hotter, two_minutes, three_minutes, longer_mm, size):
    assert hotter[0] <= growth(size(gauge, 60.0), size(gauge, 90.0)) <= hotter[1]
    one = size(gauge, time_s=60.0)
    assert two_minutes[0] <= growth(one, size(gauge)) <= two_minutes[1]
    assert three_minutes[0] <= growth(one, size(gauge, time_s=180.0)) <= three_minutes[1]
    assert longer_mm[0] <= size(gauge).length_mm - 10.0 <= longer_mm[1]


def test_thickness_matters_less_than_published(size):
    # 58 to 65 % were measured from 22 to 16 gauge
    assert 38.0 < growth(size(22), size(16)) < 46.0
