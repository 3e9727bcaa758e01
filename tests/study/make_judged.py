"""Make judged_20000.npz, the people of test_coverage_of_intervals.py: python tests/study/make_judged.py FOLDER, some minutes."""

import sys
from pathlib import Path

import numpy as np

from rfplan.study.design import checked, design_from
from rfplan.study.ledger import Ledger
from rfplan.study.runner import run_study
from rfplan.study.summary import study_table

DESIGN = {
    "strategies": [{"technique": "cooled-clockface"}],
    "patients": 20_000,
    "seed": 77,
    "operator": {},
    "lesion_model": "shapes",
}
LEVELS = ("L5", "S1", "S2", "S3", "S4")


def main() -> None:
    """Carry out or complete the study in the folder, and keep what the test needs of it."""
    folder = Path(sys.argv[1])
    ledger = Ledger.opened(folder, checked(design_from(DESIGN)), resume=(folder / "manifest.json").exists())
    run_study(ledger)
    kept(study_table(ledger))


def kept(table) -> None:
    """Write branches, those seen and those cut through, of each patient."""
    held = {
        key: sum(table[f"{key}_{level}"].to_numpy() for level in LEVELS).astype(np.uint8)
        for key in ("branches", "ap", "cut")
    }
    np.savez_compressed(Path(__file__).with_name("judged_20000.npz"), **held)


if __name__ == "__main__":
    main()
