"""The dorsal sheet lies on the bone, with nothing above it; and where the articular process casts no shadow there is none."""

import numpy as np
import pytest

from rfplan.anatomy.dorsal_sheet_kernels import dorsal_sheet
from rfplan.anatomy.population import Population
from rfplan.anatomy.process_shadow_kernels import is_shaded, process_over, process_shadow
from rfplan.anatomy.sacrum_field_kernels import field_at
from rfplan.anatomy.sacrum_form_kernels import NODES
from rfplan.anatomy.virtual_ground_kernels import filled_form

LATERAL_0, CAUDAL_0, STEP = 6.0, -12.0, 2.0


@pytest.fixture(scope="module")
def forms():
    """Of twelve virtual patients."""
    return [filled_form(values) for values in Population().draw(12, 77).sacra]


@pytest.fixture(scope="module")
def sheets(forms):
    """The nodes (n, 3) of the back of each that lie on bone."""
    found = []
    for form in forms:
        sheet = np.empty((27, 56))
        dorsal_sheet(form, LATERAL_0, CAUDAL_0, STEP, sheet)
        i, j = np.nonzero(np.isfinite(sheet))
        found.append(np.stack([LATERAL_0 + STEP * i, CAUDAL_0 + STEP * j, sheet[i, j]], axis=1))
    return found


def test_nodes_lie_on_the_bone(forms, sheets):
    away = np.abs(np.concatenate([field_at(form, nodes, False) for form, nodes in zip(forms, sheets, strict=True)]))
    assert len(away) > 9000
    assert np.median(away) < 0.001
    assert np.quantile(away, 0.999) < 0.03
    assert away.max() < 0.1


def test_nothing_is_above_them(forms, sheets):
    for form, nodes in zip(forms, sheets, strict=True):
        above = np.arange(0.5, 30.0, 0.5)
        points = (nodes[:, None] + above[:, None] * [0.0, 0.0, 1.0]).reshape(-1, 3)
        assert field_at(form, points, False).min() > 0.0


def test_beams_beside_the_shadow_of_the_process_do_not_meet_it(forms):
    drawn = np.random.default_rng(6)
    met = beside = 0
    for form in forms:
        shadow = process_shadow(form)
        for lateral, caudal in drawn.uniform([6.0, -30.0], [45.0, 30.0], (400, 2)):
            height, _ = process_over(form, lateral, caudal, 60.0, -40.0, NODES // 2)
            if is_shaded(shadow, lateral, caudal):
                met += np.isfinite(height)
            else:
                assert np.isnan(height)
                beside += 1
    assert met > 300
    assert beside > 2000
