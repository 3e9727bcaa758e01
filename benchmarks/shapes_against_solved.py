"""How much nearer solved lesions of recipes come to what limits protect than their shapes do, by which recipes keep the limits.

    python benchmarks/shapes_against_solved.py RECIPE.toml ... [--patients 40] [--seed 1]

Per check, of lesions within 3 mm of the limit: median, 95th percentile and largest of how far the solved lesion is nearer; and how many of
all are at stop though their shapes are not. What recipes leave out or move is what their margins make them.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from rfplan.anatomy.population import Population
from rfplan.lesion.accuracy import accuracy_named
from rfplan.planning.placed_rows import placed_plan
from rfplan.planning.plan import Plan
from rfplan.planning.safety import limits
from rfplan.planning.shape_limits import CHECKS, shape_distances_mm
from rfplan.planning.techniques.chart_recipe import load_recipe
from rfplan.study.solved_judge import ACCURACY, judged_with_solved
from rfplan.study.treated import TreatedSides

NEAR_MM = 3.0


def main() -> None:
    """Measure, print a line per check."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipes", type=Path, nargs="+")
    parser.add_argument("--patients", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    recipes = [load_recipe(path) for path in asked.recipes]
    shapes, solved = [], []
    for number in range(asked.patients):
        ground = Population().draw(1, seed=asked.seed, first=number)[0].ground
        sides = TreatedSides.of(ground.grounds)
        made = {
            tuple(needle.pose_key for needle in application.needles): application
            for recipe in recipes
            for application in recipe.plan(ground, "right").applications
        }
        for application in made.values():
            plan = Plan(side="right", technique="one", applications=(application,))
            judged = judged_with_solved(sides, [[placed_plan(plan, ground, "right", accuracy_named(ACCURACY))]])[0]
            if judged.unsolved[0] == 0:
                shapes.append(shape_distances_mm(application, ground, "right"))
                solved.append(judged.risk[0])
    print(f"{len(shapes)} lesions of {len(recipes)} recipes in {asked.patients} patients")
    for check, shape, real in zip(CHECKS, np.transpose(shapes), np.transpose(solved), strict=True):
        limit = limits()[check]
        nearer = shape - real if limit.sense == "below" else real - shape
        close = np.abs(real - limit.stop) < NEAR_MM
        stops = [[limit.status(value) == "stop" for value in values] for values in (shape.tolist(), real.tolist())]
        said = "none near its limit"
        if close.any():
            middle, most, largest = np.percentile(nearer[close], [50, 95, 100])
            said = f"{close.sum()} near its limit, solved nearer by {middle:.2f} mm (median), {most:.2f} (95 %), {largest:.2f} (most)"
        print(f"{check}: {said}; at stop {sum(stops[1])}, as shapes {sum(stops[0])}")


if __name__ == "__main__":
    main()
