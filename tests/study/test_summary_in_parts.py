"""What is found in a study read some patients at a time is what all of it at once says, and takes no more memory for more patients."""

import tracemalloc
from itertools import combinations

import numpy as np
import polars as pl
import pytest

from rfplan.study.branch_map import branch_maps
from rfplan.study.design import checked, design_from
from rfplan.study.ranks import READINGS, Ranks
from rfplan.study.sensitivity import factor_rows
from rfplan.study.statistics import bootstrap_interval
from rfplan.study.summary import CRITERIA, captured_parts, paired_differences, strategy_rows
from rfplan.study.tally import StudyTally

NAMES = ("one", "two", "three")


def table(people, seed=3, first=0):
    """Rows of three strategies on ``people`` patients, patients in order."""
    rng = np.random.default_rng(seed)
    count = people * len(NAMES)
    branches = {level: np.repeat(rng.integers(0, 4, people), len(NAMES)) for level in ("L5", "S1", "S2", "S3", "S4")}
    columns = {f"branches_{level}": own for level, own in branches.items()}
    columns |= {f"{key}_{level}": rng.binomial(own, 0.8) for level, own in branches.items() for key in ("ap", "cut")}
    for level in list(branches)[1:]:
        upper = rng.binomial(branches[level], 0.5)
        columns |= {f"branches_{level}_upper": upper, f"branches_{level}_lower": branches[level] - upper}
        columns |= {f"cut_{level}_upper": rng.binomial(upper, 0.7), f"cut_{level}_lower": 0 * upper}
    return pl.DataFrame(
        {
            "patient": first + np.repeat(np.arange(people), len(NAMES)),
            "strategy": list(NAMES) * people,
            "female": np.repeat(rng.random(people) < 0.5, len(NAMES)),
            "bmi": np.repeat(rng.normal(27.0, 4.0, people), len(NAMES)),
            "exit_S3_deg": np.where(rng.random(count) < 0.1, np.nan, rng.normal(0.0, 30.0, count)).astype(np.float32),
            "applications": rng.integers(5, 9, count),
            "needles": rng.integers(5, 9, count),
            "energy_time_s": 150.0 * rng.integers(5, 9, count),
            "catalogue_width_mm": rng.normal(8.0, 1.0, count).astype(np.float32),
            "spacing_mm": np.full(count, np.nan, np.float32),
            "cut_bits": rng.integers(0, 2**12, count),
            "stop_violations": rng.integers(0, 3, count),
            **columns,
        }
    )


def parts_of(rows, people):
    """``rows`` as what reads them some ``people`` at a time."""
    step = people * len(NAMES)

    def read(columns):
        known = [name for name in columns if name in rows.columns]
        for first in range(0, len(rows), step):
            yield rows[first : first + step].select(known)

    return read


@pytest.fixture(scope="module")
def rows():
    return table(700)


@pytest.mark.parametrize("people", [1, 64, 699])
def test_it_does_not_matter_how_many_are_read_at_a_time(rows, people):
    parts = parts_of(rows, people)
    counted, at_once = StudyTally.of(parts), StudyTally.of(rows)
    for criterion in CRITERIA:
        assert strategy_rows(counted, criterion) == strategy_rows(at_once, criterion)
        assert paired_differences(counted, criterion) == paired_differences(at_once, criterion)
        assert factor_rows(parts, criterion) == factor_rows(rows, criterion)


@pytest.mark.parametrize("criterion", list(CRITERIA))
def test_they_are_the_means_and_intervals_of_the_rows(rows, criterion):
    found = strategy_rows(StudyTally.of(parts_of(rows, 50)), criterion)
    own = {name: captured_parts(rows.filter(pl.col("strategy") == name), criterion) for name in NAMES}
    for row in found:
        mine, values = rows.filter(pl.col("strategy") == row["strategy"]), own[row["strategy"]]
        assert row["captured_mean"] == pytest.approx(values.mean(), abs=1e-12)
        assert row["captured_ci95"] == list(bootstrap_interval(values))
        assert row["complete"] == np.mean(values == 1.0)
        assert row["energy_time_s_mean"] == pytest.approx(mine["energy_time_s"].mean(), rel=1e-12)
        assert row["stop_violations"] == np.mean(mine["stop_violations"].to_numpy() > 0)
        taken = mine[f"{CRITERIA[criterion]}_S2"].sum() / mine["branches_S2"].sum()
        assert row["missed"]["S2"] == pytest.approx(1.0 - taken, abs=1e-12)
    differences = paired_differences(StudyTally.of(parts_of(rows, 50)), criterion)
    for row, (one, other) in zip(differences, combinations(NAMES, 2), strict=True):
        values = own[one] - own[other]
        assert row["captured_difference"] == pytest.approx(values.mean(), abs=1e-12)
        # equal differences of other parts differ by rounding, so that other ones are drawn
        assert row["captured_difference_ci95"] == pytest.approx(bootstrap_interval(values), abs=0.002)


@pytest.mark.parametrize("criterion", list(CRITERIA))
def test_levels_without_branches_are_told_from_such_as_are_all_taken(rows, criterion):
    nobody = rows.with_columns(pl.col("^(branches|ap|cut)_(L5|S4).*$") * 0)
    some, none = strategy_rows(rows, criterion)[0], strategy_rows(nobody, criterion)[0]
    # L5 and S4 are switches: S4 is told of where somebody has it, and of L5 that nobody does
    assert list(some["missed"]) == ["L5", "S1", "S2", "S3", "S4"]
    assert list(none["missed"]) == ["L5", "S1", "S2", "S3"]
    assert (none["branches"]["L5"], none["missed"]["L5"]) == (0, 0.0)
    own = rows.filter(pl.col("strategy") == "one")
    assert some["branches"]["S4"] == own["branches_S4"].sum()
    taken = own[f"{CRITERIA[criterion]}_S4"].sum() / own["branches_S4"].sum()
    assert some["missed"]["S4"] == pytest.approx(1.0 - taken, abs=1e-12)


def test_quadrants_are_told_by_the_criterion_that_they_were_counted_by(rows):
    row = strategy_rows(rows, "transection")[1]
    own = rows.filter(pl.col("strategy") == "two")
    taken = own["cut_S1_upper"].sum() / own["branches_S1_upper"].sum()
    assert row["missed_by_quadrant"]["S1_upper"] == pytest.approx(1.0 - taken, abs=1e-12)
    assert row["branches"]["S1_upper"] + row["branches"]["S1_lower"] == row["branches"]["S1"]
    assert "missed_by_quadrant" not in strategy_rows(rows, "ap_projection")[1]


def test_dose_is_by_number_of_applications(rows):
    entry = StudyTally.of(parts_of(rows, 50)).strategies["two"]
    own = rows.filter(pl.col("strategy") == "two")
    found = entry.by_applications("transection")
    assert list(found) == [5, 6, 7, 8]
    for number, kinds in found.items():
        values = captured_parts(own.filter(pl.col("applications") == number), "transection")
        assert (kinds.size, kinds.mean) == (len(values), pytest.approx(values.mean(), abs=1e-12))
        assert kinds.variance == pytest.approx(values.var(ddof=1), abs=1e-12)
    assert np.isnan(entry.mean("spacing_mm"))


def test_a_plan_without_spacing_does_not_hide_that_of_the_others(rows):
    some = rows.with_columns(spacing_mm=pl.when(pl.col("patient") < 600).then(9.0).otherwise(float("nan")))
    entry = StudyTally.of(parts_of(some, 50)).strategies["two"]
    assert entry.mean("spacing_mm") == pytest.approx(9.0, abs=1e-12)
    assert entry.mean("needles") == pytest.approx(some.filter(pl.col("strategy") == "two")["needles"].mean(), abs=1e-12)


@pytest.mark.parametrize("count", [1, 2, 6, 7, 1000])
@pytest.mark.parametrize("spread", [1e-3, 1.0, 1e6])
def test_ranks_are_exact_at_single_precision(count, spread):
    values = np.random.default_rng(count).normal(0.3, spread, count).astype(np.float32)
    values[: count // 3] = values[-1]
    ranks = Ranks((0.0, 0.2, 0.8, 1.0))
    for _ in range(READINGS):
        for part in np.array_split(values, 3):
            ranks.add(part)
        ranks.narrow()
    assert ranks.values == tuple(np.quantile(values, [0.0, 0.2, 0.8, 1.0], method="nearest").tolist())


def test_ranks_of_nothing_are_none_and_the_two_noughts_are_one():
    nothing, noughts = Ranks((0.5,)), Ranks((0.0, 1.0))
    for _ in range(READINGS):
        nothing.add(np.empty(0))
        noughts.add(np.array([0.0, -0.0]))
        nothing.narrow()
        noughts.narrow()
    assert nothing.values == ()
    assert noughts.values == (0.0, 0.0)


def test_maps_need_the_first_patients_only(rows, reference):
    design = checked(
        design_from(
            {
                "strategies": [{"technique": "cooled-clockface", "name": name} for name in NAMES],
                "patients": 700,
                "lesion_model": "shapes",
            }
        )
    )
    read = 0

    def parts(columns):
        nonlocal read
        for part in parts_of(rows, 10)(columns):
            read += 1
            yield part

    found, at_once = (branch_maps(design, held, "cut_bits", reference, most=15) for held in (parts, rows))
    assert read == 2
    for name in NAMES:
        np.testing.assert_array_equal(found.missed[name], at_once.missed[name])


def test_memory_is_that_of_a_part_however_many_there_are():
    def peak(count):
        parts = [table(200, seed) for seed in range(5)]

        def read(columns):
            for number in range(count):
                # other values of the factors in each: no two patients are alike
                own = parts[number % 5].with_columns(bmi=pl.col("bmi") * (1.0 + 1e-4 * number))
                yield own.select([name for name in columns if name in own.columns])

        tracemalloc.start()
        strategy_rows(StudyTally.of(read))
        factor_rows(read, "transection")
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(2)
    assert peak(80) < 1.1 * peak(20)
