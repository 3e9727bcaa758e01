"""Carry out the studies of examples/, draw the pictures of docs/studies.md and print its tables.

    python docs/pictures/studies.py [folder for the studies]

A study that is in the folder already is taken from there; one that was begun with other figures or kernels is refused.
"""

from __future__ import annotations

import sys
from pathlib import Path
from shutil import copyfile

from rfplan.report.study_gallery import draw_gallery
from rfplan.study.design import read_design
from rfplan.study.ledger import Ledger
from rfplan.study.runner import run_study
from rfplan.study.sensitivity import factor_rows
from rfplan.study.summary import paired_differences, strategy_rows
from rfplan.study.tally import StudyTally

EXAMPLES = Path(__file__).parents[2] / "examples"
SHOWN = {
    "three_techniques": ("captured_by_level", "complete", "missed_branches", "nerve_density", "what_matters"),
    "palisade_spacing": ("dose_response",),
    "operator_error": ("dose_response", "missed_branches"),
    "lesion_size": ("dose_response",),
    "optimised": ("dose_response",),
}
"""Figures of each example that docs/studies.md shows."""
_SOLVED = {"lesion_model": "solved"}
CHANGES = {
    "three_techniques": _SOLVED,
    "palisade_spacing": _SOLVED,
    "operator_error": _SOLVED,
    "optimised": {"patients": 100},
}
"""What is shown otherwise than an example says: solved lesions, some thousands of them, most of them pairs; fewer people."""
CRITERION = "transection"


def main() -> None:
    """Run, draw, print."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "out/studies")
    for name, shown in SHOWN.items():
        design = read_design(EXAMPLES / f"study_{name}.toml", CHANGES.get(name))
        out = folder / name
        ledger = Ledger.opened(out, design, resume=(out / "manifest.json").exists())
        run_study(ledger)
        study = StudyTally.of(ledger.parts)
        rows = strategy_rows(study, CRITERION)
        factors = factor_rows(ledger.parts, CRITERION)
        draw_gallery(out, design, ledger.parts, study, rows, factors, CRITERION)
        for picture in shown:
            copyfile(out / f"{picture}.png", Path(__file__).with_name(f"study_{name}_{picture}.png"))
        print(f"\n{name}: {design.patients} people, {design.lesion_model}")
        for row, seen in zip(rows, strategy_rows(study, "ap_projection"), strict=True):
            spans = [
                f"{100 * row[key][0]:.1f} to {100 * row[key][1]:.1f}" for key in ("captured_ci95", "complete_ci95")
            ]
            missed = ", ".join(f"{level} {100 * part:.0f}" for level, part in row["missed"].items())
            print(
                f"| {row['strategy']} | {100 * row['captured_mean']:.1f} % ({spans[0]}) | {100 * row['complete']:.1f} % ({spans[1]}) | "
                f"{100 * seen['complete']:.0f} % | {missed} |"
            )
        for pair in paired_differences(study, CRITERION):
            low, high = (100 * value for value in pair["captured_difference_ci95"])
            print(
                f"{pair['one']} less {pair['other']}: {100 * pair['captured_difference']:.1f} ({low:.1f} to {high:.1f})"
            )
        for strategy, entries in factors.items():
            most = sorted(entries, key=lambda entry: -abs(entry["difference"]))[:5]
            words = [
                f"{entry['factor']} {100 * entry['difference']:+.1f} ({100 * entry['difference_ci95'][0]:.1f} to "
                f"{100 * entry['difference_ci95'][1]:.1f})"
                for entry in most
            ]
            print(f"{strategy}: {'; '.join(words)}")


if __name__ == "__main__":
    main()
