"""Numbers of needles and lesions against hand-made rows."""

import numpy as np
import pytest

import rfplan
from rfplan.figures import figures
from rfplan.study.plan_columns import NeedlePoses, pose_columns


def poses(tips, axes=None, width=9.0):
    tips = np.array(tips, dtype=float).reshape(-1, 3)
    return NeedlePoses(tips, np.tile([0.0, 0.0, 1.0], (len(tips), 1)) if axes is None else np.array(axes), width)


def test_spacing_is_the_mean_distance_of_the_nearest_tip():
    row, pair = poses([[0, 0, 0], [10, 0, 0], [22, 0, 0]]), poses([[0, 0, 0], [0, 3, 4]])
    columns = pose_columns([row, pair], [row, pair])
    np.testing.assert_allclose(columns["spacing_mm"], [(10 + 10 + 12) / 3, 5.0])
    np.testing.assert_array_equal(columns["tip_error_mm"], 0.0)
    np.testing.assert_array_equal(columns["axis_error_deg"], 0.0)


def test_error_is_that_of_the_needles_that_there_are():
    meant = poses([[0, 0, 0], [10, 0, 0]])
    done = poses([[0, 3, 4], [10, 0, 1]], [[0.0, 0.0, 1.0], [0.0, np.sin(np.radians(8)), np.cos(np.radians(8))]])
    more = poses([[0, 0, 0]] * 5)
    columns = pose_columns([meant, more], [done, more])
    np.testing.assert_allclose(columns["tip_error_mm"], [3.0, 0.0])
    np.testing.assert_allclose(columns["axis_error_deg"], [4.0, 0.0], atol=1e-5)


def test_a_single_needle_has_no_spacing_and_none_has_nothing():
    one, none = poses([[0, 0, 0]]), poses([], width=np.nan)
    columns = pose_columns([one, none], [one, none])
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
        found.append(NeedlePoses.of(plan).width_mm)
        assert found[-1] == pytest.approx(np.mean(widths))
    assert found[0] < found[1]
