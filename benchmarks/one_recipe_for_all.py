"""One recipe for all, of 6 to 9 applications, beside published techniques, on virtual patients that it was not found on.

    python benchmarks/one_recipe_for_all.py cooled|bipolar FOLDER [--found-on 80] [--judged-on 150] [--lesions solved|shapes]
        [--search-s 600] [--at-stop 0.05] [--margin-mm 1.5]

Recipes and study are kept in FOLDER; a study that was broken off is completed. Lesions that nobody has solved on the machine are solved
first, some 0.5 s of processor time each; of pairs, at 3 to 4 s each, some 160 for the rough table of 24 people, then those of the exact
table and of the judgement. "complete, in limits" is the part of people in whom every branch is cut and none of the four distances is at
stop.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rfplan.planning.optimiser.request import device_of
from rfplan.planning.optimiser.watch import Watch
from rfplan.planning.techniques.chart_recipe import recipe_toml
from rfplan.study.design import Strategy, StudyDesign, checked
from rfplan.study.ledger import Ledger
from rfplan.study.one_recipe import best_recipe
from rfplan.study.recipe_search import searched_table
from rfplan.study.runner import run_study
from rfplan.study.statistics import wilson_interval
from rfplan.study.summary import captured_parts, paired_differences, strategy_rows, study_table

BESIDE = {"cooled": ("cooled-clockface", "cooled-classic"), "bipolar": ("bipolar-leapfrog", "palisade")}
SIZES = (6, 7, 8, 9)
FOUND_SEED, JUDGED_SEED = 7, 1


def main() -> None:
    """Search, judge, print a row per recipe and technique."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mode", choices=sorted(BESIDE))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--found-on", type=int, default=80)
    parser.add_argument("--judged-on", type=int, default=150)
    parser.add_argument("--lesions", choices=("solved", "shapes"), default="solved")
    parser.add_argument("--search-s", type=float, default=600.0)
    parser.add_argument("--at-stop", type=float, default=None)
    parser.add_argument("--margin-mm", type=float, default=None)
    parser.add_argument("--workers", type=int, default=None)
    asked = parser.parse_args()
    device, mode = device_of(None, asked.mode)
    strategies = [Strategy(name) for name in BESIDE[asked.mode]]
    asked.folder.mkdir(parents=True, exist_ok=True)
    paths = {size: asked.folder / f"recipe-{size}.toml" for size in SIZES}
    if not all(path.is_file() for path in paths.values()):
        watch = Watch(float("inf"), told)
        watch.stage(1.0)
        table = searched_table(
            device,
            mode,
            max(SIZES),
            asked.found_on,
            FOUND_SEED,
            watch,
            asked.workers or 2,
            asked.at_stop,
            asked.margin_mm,
        )
        for size, path in paths.items():
            found = best_recipe(table, device, mode, size, Watch(asked.search_s), asked.at_stop)
            path.write_text(recipe_toml(found.recipe), encoding="utf-8")
            choice = found.choice
            print(
                f"{size}: {len(choice.chosen)} of {len(table.takes)} places take {choice.objective:.4f}, none more than {choice.bound:.4f} "
                f"({choice.status}); complete {found.complete:.3f}, at stop in {found.at_stop} of {found.patients} (at most "
                f"{found.most_at_stop}), left out {found.left_out:.3f}",
                flush=True,
            )
    strategies += [Strategy(str(path), f"optimised, {size}") for size, path in paths.items()]
    design = checked(
        StudyDesign(tuple(strategies), patients=asked.judged_on, seed=JUDGED_SEED, lesion_model=asked.lesions, chunk=50)
    )
    out = asked.folder / f"judged-{asked.lesions}"
    ledger = Ledger.opened(out, design, resume=(out / "manifest.json").exists())
    run_study(ledger, asked.workers)
    rows = study_table(ledger)
    for row, seen in zip(strategy_rows(rows), strategy_rows(rows, "ap_projection"), strict=True):
        low, high = row["captured_ci95"]
        least, most = row["complete_ci95"]
        missed = ", ".join(f"{level} {part:.3f}" for level, part in row["missed"].items())
        own = rows.filter(rows["strategy"] == row["strategy"])
        good = (captured_parts(own, "transection") == 1.0) & (own["stop_violations"].to_numpy() == 0)
        fewest, greatest = wilson_interval(int(good.sum()), len(own))
        print(
            f"| {row['strategy']} | {row['applications_mean']:.1f} | {row['captured_mean']:.3f} ({low:.3f} to {high:.3f}) | "
            f"{row['complete']:.3f} ({least:.3f} to {most:.3f}) | {round(row['stop_violations'] * row['patients'])} | "
            f"{good.mean():.3f} ({fewest:.3f} to {greatest:.3f}) | AP {seen['captured_mean']:.3f} | missed {missed} |",
            flush=True,
        )
    for pair in paired_differences(rows):
        low, high = pair["captured_difference_ci95"]
        print(
            f"{pair['one']} less {pair['other']}: {pair['captured_difference']:.4f} ({low:.4f} to {high:.4f})",
            flush=True,
        )


def told(part: float) -> None:
    """Say on standard error how far the table is."""
    print(f"\r{part:.1%} of the table", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
