"""Virtual patients: drawn, made ready without a mesh, treated and judged."""

import pytest

from rfplan.anatomy.population import Population
from rfplan.planning.techniques import technique
from rfplan.study.judge import judged_row

TECHNIQUES = ("conventional-periforaminal", "cooled-clockface", "palisade")


def test_draw(benchmark):
    benchmark(lambda: Population().draw(200, 1))


def test_ground(benchmark):
    patients = iter(Population().draw(2000, 1))
    benchmark(lambda: next(patients).ground)


@pytest.mark.parametrize("name", TECHNIQUES)
def test_technique_and_judgement(benchmark, name):
    ground = Population().draw(1, 1)[0].ground
    recipe = technique(name)
    benchmark(lambda: judged_row(recipe.plan(ground, "right"), ground, "right"))
