"""Numbers of needles and lesions against hand-made rows."""

import numpy as np
import pytest

import rfplan
from rfplan.figures import figures
from rfplan.study.columns import mean_there
from rfplan.study.plan_columns import NeedlePoses, pose_columns


def poses(*plans, widths=None):
    """Plans as (tips, axes) or tips alone, whose axes are then upright."""
    plans = [plan if isinstance(plan, tuple) else (plan, [[0.0, 0.0, 1.0]] * len(plan)) for plan in plans]
    counts = np.array([len(tips) for tips, _ in plans])
    held = np.zeros((2, len(plans), counts.max(), 3))
    for p, parts in enumerate(plans):
        for own, part in zip(held, parts, strict=True):
            own[p, : counts[p]] = np.reshape(part, (-1, 3))
    return NeedlePoses(*held, counts, np.full(len(plans), 9.0) if widths is None else np.array(widths))


def test_spacing_is_the_mean_distance_of_the_nearest_tip():
    both = poses([[0, 0, 0], [10, 0, 0], [22, 0, 0]], [[0, 0, 0], [0, 3, 4]])
    columns = pose_columns(both, both)
    np.testing.assert_allclose(columns["spacing_mm"], [(10 + 10 + 12) / 3, 5.0])
    np.testing.assert_array_equal(columns["tip_error_mm"], 0.0)
    np.testing.assert_array_equal(columns["axis_error_deg"], 0.0)


def test_a_mean_is_the_same_to_the_last_bit_in_any_company():
    rng = np.random.default_rng(1)
    values = rng.random((200, 9))
    alone = mean_there(values, np.ones(values.shape, dtype=bool))
    wide = np.concatenate([values, rng.random((200, 14))], axis=1)
    np.testing.assert_array_equal(mean_there(wide, np.arange(23) < np.full((200, 1), 9)), alone)


def test_error_is_that_of_the_needles_that_there_are():
    more = [[0, 0, 0]] * 5
    turned = [[0.0, 0.0, 1.0], [0.0, np.sin(np.radians(8)), np.cos(np.radians(8))]]
    meant, done = poses([[0, 0, 0], [10, 0, 0]], more), poses(([[0, 3, 4], [10, 0, 1]], turned), more)
    columns = pose_columns(meant, done)
    np.testing.assert_allclose(columns["tip_error_mm"], [3.0, 0.0])
    np.testing.assert_allclose(columns["axis_error_deg"], [4.0, 0.0], atol=1e-5)


def test_a_single_needle_has_no_spacing_and_none_has_nothing():
    both = poses([[0, 0, 0]], [], widths=[9.0, np.nan])
    columns = pose_columns(both, both)
    assert np.isnan(columns["spacing_mm"]).all()
    assert np.isnan([values[1] for values in columns.values()]).all()


def test_width_is_that_of_the_catalogue():
    patient = rfplan.reference_patient()
    found = []
    for name in ("conventional-22g-5mm", "conventional-16g-10mm"):
        plan = rfplan.technique("conventional-periforaminal").plan(patient, "right", name)
        shape = rfplan.electrode(name).shape_for("monopolar")
        lethal = figures("safety")["lethal.isotherm"].value
        widths = [shape.at(lethal, application.protocol).width_mm for application in plan.applications]
        found.append(NeedlePoses.of([plan]).widths_mm[0])
        assert found[-1] == pytest.approx(np.mean(widths))
    assert found[0] < found[1]
