"""Optimised plans on virtual patients, and how many are at stop: in their evaluation, and in a study with solved lesions.

    python benchmarks/limits_of_optimised_plans.py [--mode bipolar] [--patients 30] [--seed 3] [--first 0] [--applications 3,4,5,6]

The hand does not miss; patients are asked for the numbers of applications in turn. Pairs that nobody has solved on the machine are
solved on the way, at 3 to 4 s of processor time each: the first patients take minutes, later ones less. Prints a line per patient,
and the totals at the end.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace

from rfplan.anatomy.population import Population
from rfplan.lesion.accuracy import accuracy_named
from rfplan.planning.evaluation import evaluate
from rfplan.planning.safety import limits
from rfplan.study.columns import RISKS
from rfplan.study.computed import computed_plans
from rfplan.study.design import checked, design_from
from rfplan.study.solved_judge import ACCURACY, judged_with_solved
from rfplan.study.treated import TreatedSides
from rfplan.study.treatment import PatientsToTreat, Treatments


def main() -> None:
    """Optimise, judge by both measures, count."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mode", choices=("bipolar", "cooled", "monopolar"), default="bipolar")
    parser.add_argument("--patients", type=int, default=30)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--applications", default="3,4,5,6")
    parser.add_argument("--no-refine", action="store_true")
    asked = parser.parse_args()
    sizes = [int(size) for size in asked.applications.split(",")]
    strategies = [
        {
            "name": f"{size}",
            "technique": "optimised",
            "optimise": {"mode": asked.mode, "applications": size, "courses": 40, "refine": not asked.no_refine},
        }
        for size in sizes
    ]
    design = checked(design_from({"strategies": strategies}))
    known, plans, pairs = limits(), 0, 0
    stops = {"evaluation": 0, "study": 0}
    nearest = dict.fromkeys(RISKS, float("inf"))
    for number in range(asked.first, asked.first + asked.patients):
        began = time.process_time()
        grounds = Population().draw(1, seed=asked.seed, first=number)[0].ground.grounds
        side = "right" if number % 2 == 0 else "left"
        said = []
        own = replace(design, strategies=(design.strategies[number % len(sizes)],))
        for name, (plan,) in computed_plans(own, grounds, side, [(asked.seed, number)]).items():
            made = Treatments([plan], [plan], PatientsToTreat(grounds, side, [(0, 0)]))
            risk = judged_with_solved(TreatedSides.of(grounds), [made.lesions(accuracy_named(ACCURACY))])[0].risk[0]
            in_study = [
                check for check, value in zip(RISKS, risk, strict=True) if known[check].status(float(value)) == "stop"
            ]
            table = evaluate(plan, grounds[0]).safety
            in_evaluation = sorted({row.check for row in table if row.status == "stop"})
            for check, value in zip(RISKS, risk, strict=True):
                room = float(value) - known[check].stop
                nearest[check] = min(nearest[check], -room if known[check].sense == "above" else room)
            plans += 1
            pairs += sum(len(application.needles) == 2 for application in plan.applications)
            stops["study"] += bool(in_study)
            stops["evaluation"] += bool(in_evaluation)
            said.append(f"{name}: {len(plan.applications)} {' '.join(in_study + in_evaluation) or 'within'}")
        print(f"patient {number} {side}; {'; '.join(said)}; {time.process_time() - began:.0f} s", flush=True)
    print(
        f"{plans} plans, {pairs} pairs in them; at stop: {stops['evaluation']} in evaluation, {stops['study']} in a study; least room in "
        f"the study: {', '.join(f'{check} {room:.2f} mm' for check, room in nearest.items())}"
    )


if __name__ == "__main__":
    main()
