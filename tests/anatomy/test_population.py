"""Drawn patients against the published figures, and the promises of the draw."""

import numpy as np
import pytest

from rfplan.anatomy.innervation import Innervation
from rfplan.anatomy.nerves import courses
from rfplan.anatomy.population import Population
from rfplan.anatomy.population_quantities import quantities, stated_correlations
from rfplan.anatomy.sacrum_vector import NAMES
from rfplan.errors import InputError
from rfplan.figures import bibliography, figures

# mean and SD of anatomy.md, section 1.5, over both sexes or by sex
PUBLISHED = {
    ("sacrum.length", "male"): (107.0, 9.0),
    ("sacrum.length", "female"): (97.0, 8.0),
    ("sacrum.breadth", "male"): (102.0, 7.0),
    ("sacrum.breadth", "female"): (107.0, 8.0),
    ("sacrum.prone_tilt_deg", "both"): (30.0, 8.0),
    ("sacrum.foramen.S1.lateral", "both"): (24.0, 2.8),
    ("sacrum.foramen.S1.lateral", "male"): (24.6, None),
    ("sacrum.foramen.S1.lateral", "female"): (23.4, None),
    ("sacrum.foramen.S2.lateral", "both"): (20.0, 2.2),
    ("sacrum.foramen.S3.lateral", "both"): (19.0, 2.2),
    ("sacrum.foramen.S4.lateral", "both"): (18.0, 2.2),
    ("sacrum.foramen.S2.spacing", "both"): (23.0, 3.0),
    ("sacrum.foramen.S3.spacing", "both"): (20.5, 2.2),
    ("sacrum.foramen.S4.spacing", "both"): (20.0, 2.5),
    ("sacrum.foramen.S1.width", "both"): (8.5, 1.6),
    ("sacrum.foramen.S1.height", "both"): (9.0, 1.6),
    ("sacrum.foramen.S2.width", "both"): (7.4, 1.6),
    ("sacrum.foramen.S2.height", "both"): (7.1, 1.6),
    ("sacrum.foramen.S3.width", "both"): (6.5, 1.5),
    ("sacrum.foramen.S4.width", "both"): (5.0, 1.5),
    ("sacrum.endplate_ap", "male"): (31.92, 2.28),
    ("sacrum.endplate_ap", "female"): (30.22, 1.57),
    ("sacrum.auricular_height", "female"): (56.2, 4.6),
    ("body.sacral_slope", "both"): (39.5, 7.8),
}


@pytest.fixture(scope="module")
def many():
    return Population(Innervation(s4=True)).draw(20_000, 11)


@pytest.mark.parametrize(("name", "sex"), PUBLISHED)
def test_means_and_spreads_are_the_published_ones(many, name, sex):
    mean, sd = PUBLISHED[name, sex]
    values = many.of(name)
    if sex != "both":
        values = values[many.female == (sex == "female")]
    assert abs(values.mean() - mean) < max(0.02 * mean, 0.3)
    if sd is not None:
        assert values.std() == pytest.approx(sd, rel=0.10)


def test_stated_correlations_hold_within_each_sex(many):
    for one, other, figure in stated_correlations():
        for sex in (True, False):
            own = many.female == sex
            found = np.corrcoef(many.of(one)[own], many.of(other)[own])[0, 1]
            assert found == pytest.approx(figure.value, abs=0.05), (one, other)


def test_every_distribution_has_a_source_and_a_mark():
    for key, figure in figures("population").items():
        assert figure.source in bibliography(), key
        assert figure.mark, key


def test_no_foramina_overlap_and_none_lies_outside_the_bone(many):
    sacra = many.sacra
    column = {name: k for k, name in enumerate(NAMES)}
    for upper, lower in (("S1", "S2"), ("S2", "S3"), ("S3", "S4")):
        apart = sacra[:, column[f"foramen.{lower}.spacing"]]
        halves = 0.5 * (sacra[:, column[f"foramen.{upper}.height"]] + sacra[:, column[f"foramen.{lower}.height"]])
        assert (apart - halves).min() >= figures("population")["possible.bone_between_apertures"].value
    for level in ("S1", "S2", "S3", "S4"):
        half = 0.5 * sacra[:, column[f"foramen.{level}.width"]]
        assert (sacra[:, column[f"foramen.{level}.lateral"]] - half).min() > 0.0
        assert (sacra[:, column[f"foramen.{level}.lateral"]] + half).max() < 0.5 * sacra[:, column["breadth"]].max()
    # most are possible at once, so that the limits hardly bend the distributions
    assert many.attempts.mean() < 1.3


def test_branches_come_in_the_stated_numbers(many):
    table = figures("nerves")
    counts = many.branches.count
    for level, column in (("S1", 0), ("S2", 1), ("S3", 2), ("S4", 3)):
        assert counts[:, column].mean() == pytest.approx(table[f"count.{level}"].value, abs=0.03)
    assert (counts[:, 2] == 0).mean() == pytest.approx(table["absent.S3"].value, abs=0.01)
    depths = many.branches.depth_mm[:, 0, 0]
    assert np.median(depths) == pytest.approx(1.2, abs=0.03)
    assert (depths < 4.0).mean() == pytest.approx(0.95, abs=0.01)


def test_branches_leave_and_run_as_stated_though_their_distributions_are_cut_off(many):
    table, branches = figures("nerves"), many.branches
    there = np.arange(branches.clock_deg.shape[2]) < branches.count[:, :, None]
    for column, level in enumerate(("S1", "S2", "S3", "S4")):
        stated = [("clock_deg", f"clock.{level}"), ("angle_deg", f"angle.{level}")]
        if level == "S2":
            # an even mixture of two groups
            upper, lower = table["clock.S2_upper"], table["clock.S2_lower"]
            clocks = branches.clock_deg[:, column][there[:, column]]
            mean = 0.5 * (upper.value + lower.value)
            assert clocks.mean() == pytest.approx(mean, rel=0.02)
            square = np.mean([part.sd**2 + (part.value - mean) ** 2 for part in (upper, lower)])
            assert clocks.std() == pytest.approx(np.sqrt(square), rel=0.10)
            stated = stated[1:]
        for name, key in stated:
            values = getattr(branches, name)[:, column][there[:, column]]
            assert values.mean() == pytest.approx(table[key].value, rel=0.02), key
            assert values.std() == pytest.approx(table[key].sd, rel=0.10), key
    thick = branches.diameter_mm[there]
    assert thick.mean() == pytest.approx(table["diameter.lateral_branch"].value, rel=0.02)
    assert thick.std() == pytest.approx(table["diameter.lateral_branch"].sd, rel=0.10)


def test_every_quantity_has_its_stated_mean_and_spread(many):
    known = quantities()
    for at, name in enumerate(known.names):
        female, male = known.figures[at]
        groups = [(female, many.female), (male, ~many.female)] if female is not male else [(female, many.female >= 0)]
        for figure, own in groups:
            values = many.of(name)[own]
            # 0.3 mm, or a part of the spread where the mean is none to take a part of
            least = 0.3 if figure.unit == "mm" else 0.02 * figure.sd
            assert abs(values.mean() - figure.value) < max(0.02 * abs(figure.value), least), name
            assert values.std() == pytest.approx(figure.sd, rel=0.10), name


def test_a_patient_depends_on_seed_and_index_alone():
    one, many = Population().draw(3, 5, first=40), Population().draw(60, 5)
    np.testing.assert_array_equal(one.sacra, many.sacra[40:43])
    assert [patient.values for patient in one] == [many[k].values for k in (40, 41, 42)]
    assert one[1].traits == many[41].traits
    assert Population().draw(1, 6)[0].values != many[0].values


def test_a_switch_changes_nothing_else():
    plain, both = Population().draw(50, 2), Population(Innervation(l5=False, s4=True)).draw(50, 2)
    np.testing.assert_array_equal(plain.sacra, both.sacra)
    assert [t for t in plain[7].traits if t.level != "L5"] == [t for t in both[7].traits if t.level != "S4"]
    assert all(t.level != "L5" for t in both[7].traits)


@pytest.mark.parametrize(("n", "seed", "first"), [(0, 1, 0), (True, 1, 0), (1.5, 1, 0), (1, -1, 0), (1, 1, -1)])
def test_what_cannot_be_drawn_is_refused(n, seed, first):
    with pytest.raises(InputError, match="whole number"):
        Population().draw(n, seed, first)


def test_who_or_what_was_not_drawn_is_named(reference):
    drawn = Population().draw(2, 1)
    with pytest.raises(InputError, match=r"did you mean 'sacrum\.length'"):
        drawn.of("sacrum.lenght")
    with pytest.raises(IndexError, match="they are 0 to 1"):
        _ = drawn[2]
    with pytest.raises(TypeError, match="part"):
        _ = drawn[0:1]
    # a patient of whom bone and branches are not laid out yet
    with pytest.raises(AttributeError, match=r"patient\.ground"):
        courses(drawn[0], 1, 1)
    for n, seed in ((0, 1), (2.5, 1), ("2", 1), (2, -1)):
        with pytest.raises(InputError, match="whole number"):
            courses(reference, n, seed)
    with pytest.raises(InputError, match="l5 is 'no'"):
        Innervation(l5="no")


def test_correlations_can_exist():
    assert np.linalg.eigvalsh(quantities().correlation).min() > 0.0
