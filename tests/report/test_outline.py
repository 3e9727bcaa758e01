"""Outlines of solids along the beam."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh
from hypothesis import given, settings

from rfplan.geometry.mesh import Mesh
from rfplan.report.outline import projected_outlines
from strategies import FRAME, numbers


def ball(radius_mm: float, centre_mm: object) -> Mesh:
    sphere = trimesh.creation.icosphere(subdivisions=4, radius=radius_mm)
    return Mesh(sphere.vertices + np.asarray(centre_mm), sphere.faces)


def area(line: np.ndarray) -> float:
    x, y = line.T
    return 0.5 * abs(float(x @ np.roll(y, 1) - y @ np.roll(x, 1)))


@given(numbers(2.0, 9.0), numbers(-30.0, 30.0), numbers(-30.0, 30.0))
@settings(max_examples=25)
def test_the_outline_of_a_ball_is_its_circle(radius_mm: float, x: float, z: float) -> None:
    (line,) = projected_outlines([ball(radius_mm, (x, 5.0, z))], FRAME)
    assert area(line) == pytest.approx(np.pi * radius_mm**2, rel=0.03)
    # lateral is +x and caudal is -z in this frame
    np.testing.assert_allclose(line.mean(axis=0), [x, -z], atol=0.15)
    np.testing.assert_allclose(np.linalg.norm(line - [x, -z], axis=1), radius_mm, atol=0.2)


def test_bodies_apart_have_an_outline_each_and_bodies_that_touch_share_one() -> None:
    assert len(projected_outlines([ball(4.0, (0, 0, 0)), ball(4.0, (12.0, 0, 0))], FRAME)) == 2
    (both,) = projected_outlines([ball(4.0, (0, 0, 0)), ball(4.0, (6.0, 0, 0))], FRAME)
    lens = 2.0 * (16.0 * np.arccos(3.0 / 4.0) - 3.0 * np.sqrt(7.0))
    assert area(both) == pytest.approx(2.0 * np.pi * 16.0 - lens, rel=0.02)


def test_depth_along_the_beam_does_not_matter() -> None:
    one = projected_outlines([ball(4.0, (0, 0, 0)), ball(4.0, (0.0, 50.0, 0))], FRAME)
    assert len(one) == 1


def test_a_ring_has_an_inner_outline_too() -> None:
    ring = trimesh.creation.torus(major_radius=8.0, minor_radius=2.0)
    turned = Mesh(ring.vertices[:, [0, 2, 1]], ring.faces)
    areas = sorted(area(line) for line in projected_outlines([turned], FRAME))
    assert areas == pytest.approx([np.pi * 36.0, np.pi * 100.0], rel=0.03)


def test_nothing_has_no_outline() -> None:
    assert projected_outlines([], FRAME) == []
