"""Strategies that make a curve are found, others are not."""

from rfplan.study.design import checked, design_from
from rfplan.study.series import OPERATOR, series_of


def design(*strategies, **more):
    named = [{"name": str(n)} | entry for n, entry in enumerate(strategies)]
    return checked(design_from({"strategies": named, **more}))


def spaced(spacing_mm, **more):
    return {"technique": "palisade", "options": {"spacing_mm": spacing_mm, **more}}


def test_an_option_that_differs_everywhere_is_a_series_in_rising_order():
    (found,) = series_of(design(spaced(12.0, least_needles=2.0), spaced(8.0), spaced(10.0)))
    assert (found.technique, found.quantity) == ("palisade", "spacing_mm")
    assert found.values == (8.0, 10.0, 12.0)
    assert found.names == ("1", "2", "0")


def test_two_strategies_are_no_series_nor_are_equal_values():
    assert series_of(design(spaced(8.0), spaced(10.0))) == []
    assert series_of(design(spaced(8.0), spaced(8.0, least_needles=2.0), spaced(10.0))) == []


def test_operators_are_a_series_for_each_technique():
    hands = [{"along_bone_mm": size} for size in (3.0, 0.5)]
    strategies = [
        {"technique": technique, "operator": hand} for technique in ("palisade", "cooled-clockface") for hand in hands
    ] + [{"technique": "palisade"}, {"technique": "cooled-clockface"}]
    found = series_of(design(*strategies))
    assert [entry.technique for entry in found] == ["palisade", "cooled-clockface"]
    assert all((entry.quantity, entry.values) == (OPERATOR, (0.0, 0.5, 3.0)) for entry in found)
    assert found[0].names == ("4", "1", "0")
    # the study's own operator counts for those that name none
    assert series_of(design(*strategies, operator={"along_bone_mm": 2.0}))[0].values == (0.5, 2.0, 3.0)


def test_electrodes_do_not_mix_in_a_series():
    thin = [spaced(size) | {"electrode": "conventional-22g-5mm"} for size in (8.0, 10.0)]
    assert series_of(design(*thin, spaced(12.0))) == []
