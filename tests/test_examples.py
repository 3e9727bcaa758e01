"""Every example runs, and ends in a number that is checked."""

import importlib.util
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"

CHECKS = {
    "ex01_plan_and_judge": lambda captured: 0.0 < captured <= 1.0,
    "ex02_compare_techniques": lambda found: len(found) == 7 and all(0 <= cut <= ap <= 1 for ap, cut in found.values()),
    "ex03_unseen_nerves": lambda captured: 0.0 < captured < 1.0,
    "ex04_own_plan": lambda captured: captured >= 2,
    "ex05_own_anatomy": lambda found: found == 8,
    "ex06_how_wide_must_a_lesion_be": lambda best_shift: -8.0 < best_shift < 8.0,
    "ex07_what_the_operator_sees": lambda seen: 5 <= seen <= 10,
    "ex08_where_should_the_needles_go": lambda found: 1.0 >= found[0] > found[1] > 0.9,
}
"""What the result of each example must be. A row of needles far from its recipe's place must do worse than one near it."""


def test_every_example_is_checked():
    assert sorted(path.stem for path in EXAMPLES.glob("ex*.py")) == sorted(CHECKS)


@pytest.mark.parametrize("name", CHECKS)
def test_example(name, capsys):
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.__doc__
    assert CHECKS[name](module.main())
    assert capsys.readouterr().out.strip()
