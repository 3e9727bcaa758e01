"""Virtual patients: drawn, made ready without a mesh, treated and judged; a whole chunk of a study gives the rate of patients.

Processor time of one core for 100 patients: ``pytest benchmarks/bench_population.py -k chunk``. Lesions that were never solved on this
machine are solved before the clock starts.
"""

import time

import pytest

from rfplan.anatomy.population import Population
from rfplan.anatomy.virtual_grounds import VirtualGrounds
from rfplan.planning.virtual_recipes import VirtualRecipe, side_grounds
from rfplan.study.chunk import chunk_table
from rfplan.study.design import Strategy, StudyDesign, checked

TECHNIQUES = ("conventional-periforaminal", "cooled-clockface", "palisade")
SINGLE = ("conventional-periforaminal", "cooled-clockface", "cooled-classic")
COMPILED = (*SINGLE, "bipolar-leapfrog", "palisade")


def test_draw(benchmark):
    benchmark(lambda: Population().draw(200, 1))


def test_grounds(benchmark):
    drawn = Population().draw(100, 1)
    benchmark(lambda: side_grounds(VirtualGrounds.of(drawn)))


@pytest.mark.parametrize("name", TECHNIQUES)
def test_technique(benchmark, name):
    arrays = side_grounds(VirtualGrounds.of(Population().draw(100, 1)))
    recipe = VirtualRecipe.of(name, None, {})
    benchmark(recipe.needles, arrays)


@pytest.mark.parametrize("names", [TECHNIQUES, SINGLE, COMPILED], ids=["with pairs", "single needles", "five"])
@pytest.mark.parametrize("model", ["shapes", "solved"])
def test_chunk_of_a_study(benchmark, model, names):
    design = checked(StudyDesign(tuple(Strategy(name) for name in names), patients=100, lesion_model=model))
    chunk_table(design, 0)
    spent = []

    def one_chunk():
        began = time.process_time()
        chunk_table(design, 0)
        spent.append(time.process_time() - began)

    benchmark.pedantic(one_chunk, rounds=5)
    benchmark.extra_info["patients_per_processor_second"] = 100 / min(spent)
    print(f"\n{model}, {', '.join(names)}: {100 / min(spent):.0f} patients a second of processor time")
