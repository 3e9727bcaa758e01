"""The dorsal chart: mirror images, the bridge over openings, heights and normals."""

from __future__ import annotations

import numpy as np
import pytest
from bones_to_read import SETS, parametric_reading, reading_of, real_bones, sacrum_mesh
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from rfplan.anatomy.bridge import bridge, grown, hollow_mm, membrane
from rfplan.anatomy.chart import DorsalChart
from rfplan.geometry.frames import ApFrame, Isometry
from rfplan.geometry.mesh import Mesh

SPACING_MM = 0.5
LOOKING_ALONG_Y = ApFrame([0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0])


def slab(slope: float = 0.2, half_mm: float = 30.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A tilted plate as a height map with a margin, and its coordinates."""
    axis = np.arange(-half_mm - 6.0, half_mm + 6.5, SPACING_MM)
    lateral, caudal = np.meshgrid(axis, axis, indexing="ij")
    heights = np.where(np.maximum(abs(lateral), abs(caudal)) <= half_mm, slope * lateral + 0.1 * caudal, np.nan)
    return heights, lateral, caudal


@given(st.floats(-0.5, 0.5), st.floats(0.4, 5.0), st.booleans())
@settings(max_examples=20)
def test_a_hole_in_a_plate_is_bridged_flush(slope, radius, through):
    heights, lateral, caudal = slab(slope)
    hole = np.hypot(lateral - 15.0, caudal) < radius
    pierced = np.where(hole, np.nan if through else heights - 25.0, heights)
    bridged = bridge(pierced, SPACING_MM)
    inner = np.maximum(abs(lateral), abs(caudal)) < 25.0
    assert np.abs(bridged - heights)[inner].max() < 0.3


def test_grooves_and_ridges_are_kept():
    heights, lateral, _ = slab(0.0)
    groove = heights - 5.0 * np.exp(-(((lateral - 15.0) / 3.0) ** 2)) + 6.0 * np.exp(-((lateral / 4.0) ** 2))
    bridged = bridge(groove, SPACING_MM)
    known = np.isfinite(groove)
    assert np.abs(bridged - groove)[known].max() <= 0.4 + 1e-9
    assert np.array_equal(np.isfinite(bridged), known)


def test_a_slit_along_a_cliff_is_no_opening():
    heights, lateral, caudal = slab(0.0)
    # a wall with a shelf below it, and a gutter one node wide at its foot that is open at its end
    cliff = heights - 14.0 * (lateral > 12.0) - 10.0 * ((lateral > 12.0) & (lateral < 12.8) & (caudal > -10.0))
    bridged = bridge(cliff, SPACING_MM)
    known = np.isfinite(cliff)
    assert np.abs(bridged - cliff)[known].max() <= 0.4 + 1e-9


def test_the_ends_of_the_canal_on_the_midline_are_kept():
    heights, lateral, caudal = slab(0.0)
    hiatus = (abs(lateral) < 4.0) & (caudal > 10.0)
    bridged = bridge(np.where(hiatus, heights - 12.0, heights), SPACING_MM)
    deep = (abs(lateral) < 2.0) & (caudal > 14.0) & (caudal < 26.0)
    assert bridged[deep].max() < heights[deep].min() - 8.0


def test_a_membrane_over_a_tilted_frame_is_the_tilted_plane():
    heights, lateral, caudal = slab(0.3)
    unknown = np.hypot(lateral, caudal) < 9.0
    filled = membrane(np.where(unknown, np.nan, heights), unknown, np.isfinite(heights))
    assert np.allclose(filled[unknown], heights[unknown], atol=1e-6)


def test_a_membrane_without_a_frame_is_left_alone():
    heights, _, _ = slab()
    assert np.all(membrane(heights, np.ones_like(heights, bool), np.isfinite(heights)) == 0.0)


def test_hollows_are_as_deep_as_they_are():
    heights, lateral, caudal = slab(0.0)
    dimple = heights - 3.0 * (np.hypot(lateral, caudal) < 3.0)
    hollow = hollow_mm(dimple, SPACING_MM, 6.0)
    assert hollow.max() == pytest.approx(3.0, abs=0.2)
    assert np.count_nonzero(hollow > 1.0) == np.count_nonzero(np.hypot(lateral, caudal) < 3.0)
    assert np.array_equal(grown(np.zeros((3, 3), bool), 1.0, 2.0), np.zeros((3, 3), bool))


@given(st.floats(-35.0, 35.0), st.floats(-35.0, 35.0))
@settings(max_examples=10)
def test_height_and_normal_of_a_tilted_plate(tilt_l, tilt_c):
    import trimesh

    box = trimesh.creation.box((60.0, 10.0, 60.0))
    motion = Isometry.rotation((0, 0, 1), tilt_l).after(Isometry.rotation((1, 0, 0), tilt_c))
    chart = DorsalChart.of(Mesh(box.vertices, box.faces).moved(motion), LOOKING_ALONG_Y)
    outward = motion.vectors([0.0, 1.0, 0.0])
    assert np.allclose(chart.normal(2.0, -3.0), outward, atol=1e-6)
    point = chart.point_mm(2.0, -3.0, above_mm=4.0)
    assert (point - motion.points([0.0, 5.0, 0.0])) @ outward == pytest.approx(4.0, abs=1e-6)
    assert np.isnan(chart.height_mm(500.0, 0.0)) and not chart.on_bone(500.0, 0.0)


def test_the_chart_of_a_mirror_image_is_the_mirrored_chart():
    _, mesh = sacrum_mesh()
    chart, mirror = parametric_reading(False).chart, Isometry.mirror_left_right()
    turned = Isometry.rotation((1, 2, 3), 20.0)
    bent = mesh.moved(turned)
    chart = DorsalChart.of(bent, chart.frame.moved(turned))
    again = DorsalChart.of(bent.moved(mirror), chart.frame.moved(mirror))
    flipped = chart.moved(mirror)
    assert (again.lateral_0_mm, again.caudal_0_mm) == (flipped.lateral_0_mm, flipped.caudal_0_mm)
    both = np.isfinite(again.seen_mm) & np.isfinite(flipped.seen_mm)
    assert np.count_nonzero(np.isfinite(again.seen_mm) != np.isfinite(flipped.seen_mm)) <= 4
    assert np.allclose(again.seen_mm[both], flipped.seen_mm[both], atol=1e-6)
    bridged = np.isfinite(again.bridged_mm) & np.isfinite(flipped.bridged_mm)
    assert np.quantile(np.abs(again.bridged_mm - flipped.bridged_mm)[bridged], 0.999) < 1e-6


@pytest.mark.real
@pytest.mark.parametrize("name", SETS)
def test_the_bridge_is_true_to_the_bone_away_from_the_foramina(real_anatomy, name):
    chart = reading_of(real_anatomy / name).chart
    through = np.isnan(chart.seen_mm) & np.isfinite(chart.bridged_mm)
    far = ndimage.distance_transform_edt(~through) * chart.spacing_mm > 6.0
    off = np.abs(chart.bridged_mm - chart.seen_mm)[far & np.isfinite(chart.seen_mm)]
    assert np.mean(off < 0.5) > 0.995
    assert np.median(off) < 0.15


@pytest.mark.real
@pytest.mark.parametrize("name", SETS)
def test_the_bridge_over_a_foramen_is_flush_with_its_rim(real_anatomy, name):
    reading = reading_of(real_anatomy / name)
    for foramen in reading.foramina:
        if foramen.status != "found":
            continue
        rim, centre = reading.frame.to_chart(foramen.rim_mm), reading.frame.to_chart(foramen.centre_mm)
        over = reading.chart.height_mm(centre[0], centre[1])
        assert rim[:, 2].min() - 1.0 < over < rim[:, 2].max() + 2.0


@pytest.mark.real
def test_the_chart_moves_with_the_patient(real_anatomy):
    reading = reading_of(real_anatomy / "hra_female")
    sacrum = real_bones(real_anatomy / "hra_female")["sacrum"]
    motion = Isometry.rotation((1, 1, 0), 12.0, (4.0, 4.0, 4.0))
    again = DorsalChart.of(sacrum.moved(motion), reading.frame.moved(motion))
    assert np.allclose(again.point_mm(20.0, 40.0), motion.points(reading.chart.point_mm(20.0, 40.0)), atol=1e-4)
