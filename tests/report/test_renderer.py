"""The rasteriser on bodies whose pictures are known."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings

from rfplan.geometry.arrays import unit
from rfplan.geometry.mesh import Mesh, topology
from rfplan.report.camera import Camera
from rfplan.report.raster_kernels import smooth_normals
from rfplan.report.renderer import render
from rfplan.report.scene import Scene, Surface
from rfplan.report.tubes import tube
from strategies import numbers, points, unit_vectors

SIZE = (320, 240)


def ball(radius_mm: float, centre_mm: object = (0.0, 0.0, 0.0)) -> Mesh:
    import trimesh

    sphere = trimesh.creation.icosphere(subdivisions=4, radius=radius_mm)
    return Mesh(sphere.vertices + np.asarray(centre_mm), sphere.faces)


def picture(*surfaces: Surface, eye_mm: float | None = None, width_mm: float = 64.0) -> np.ndarray:
    camera = Camera(np.eye(3), np.zeros(3), width_mm, eye_mm)
    return render(Scene(surfaces, np.zeros((1, 3))), camera, SIZE).astype(float)


def covered(image: np.ndarray) -> np.ndarray:
    return np.any(image < 254.0, axis=-1)


def test_nothing_is_white_paper() -> None:
    assert np.all(picture() == 255.0)


@pytest.mark.parametrize("radius_mm", [4.0, 9.0, 15.0])
def test_a_ball_covers_a_disc_of_its_size(radius_mm: float) -> None:
    seen = covered(picture(Surface(ball(radius_mm), "#808080"))).sum() / 5.0**2
    # pixels that are touched at all count, so the disc is a little wide
    assert seen == pytest.approx(np.pi * (radius_mm + 0.07) ** 2, rel=0.02)


def test_perspective_makes_near_things_larger() -> None:
    near = covered(picture(Surface(ball(5.0, (0.0, 0.0, 40.0)), "#808080"), eye_mm=200.0)).sum()
    far = covered(picture(Surface(ball(5.0, (0.0, 0.0, -40.0)), "#808080"), eye_mm=200.0)).sum()
    assert near / far == pytest.approx((240.0 / 160.0) ** 2, rel=0.08)


@pytest.mark.parametrize("order", [1, -1])
def test_the_nearer_body_hides_the_farther(order: int) -> None:
    red, blue = (
        Surface(ball(8.0, (0.0, 0.0, 10.0)), "#ff0000"),
        Surface(ball(8.0, (0.0, 0.0, -10.0)), "#0000ff"),
    )
    middle = picture(*(red, blue)[::order])[120, 160]
    assert middle[0] > 100 > middle[2]


def test_light_comes_from_above_left() -> None:
    image = picture(Surface(ball(20.0), "#909090"))
    assert image[70, 120].sum() > image[170, 200].sum() + 60


def test_glass_lets_through_what_is_behind_and_hides_nothing_before_it() -> None:
    behind = Surface(ball(5.0, (0.0, 0.0, -12.0)), "#000000")
    glass = Surface(ball(9.0), "#ff0000", opacity=0.3)
    alone, both = picture(behind)[120, 160], picture(behind, glass)[120, 160]
    empty = picture(glass)[120, 160]
    assert np.all(both < empty)
    assert both[0] > alone[0] + 20
    before = Surface(ball(3.0, (0.0, 0.0, 20.0)), "#000000")
    np.testing.assert_allclose(picture(before, glass)[120, 160], picture(before)[120, 160], atol=3.0)


def test_glass_of_one_layer_does_not_add_up() -> None:
    one = Surface(ball(9.0), "#ff0000", opacity=0.3, layer="lesion")
    other = Surface(ball(8.0), "#ff0000", opacity=0.3, layer="lesion")
    np.testing.assert_allclose(picture(one, other), picture(one), atol=1.0)
    apart = Surface(ball(8.0), "#ff0000", opacity=0.3)
    assert picture(one, apart)[120, 160, 1] < picture(one)[120, 160, 1] - 5


def test_a_body_casts_its_shadow_on_what_lies_under_it() -> None:
    corners = np.array([[-30.0, -30.0, 0.0], [30.0, -30.0, 0.0], [30.0, 30.0, 0.0], [-30.0, 30.0, 0.0]])
    plate = Surface(Mesh(corners, np.array([[0, 1, 2], [0, 2, 3]])), "#b0b0b0")
    bar = tube(np.array([[-25.0, 10.0, 14.0], [25.0, 10.0, 14.0]]), 2.0)
    with_bar = picture(plate, Surface(bar, "#b0b0b0"))
    without = picture(plate, Surface(bar, "#b0b0b0", casts_shadow=False))
    darker = without.sum(axis=-1) - with_bar.sum(axis=-1)
    assert darker.max() > 80
    # light comes from above, so the shadow lies below the bar
    rows = np.nonzero(darker.max(axis=1) > 40)[0]
    assert rows.min() > 120 - 10 * 5


@given(unit_vectors())
@settings(max_examples=20)
def test_smooth_normals_of_a_ball_point_outward(direction: np.ndarray) -> None:
    mesh = ball(7.0)
    for passes in (0, 2):
        normals = smooth_normals(mesh.vertices_mm, mesh.faces, passes)
        nearest = np.argmax(mesh.vertices_mm @ direction)
        assert normals[nearest] @ unit(mesh.vertices_mm[nearest]) > 0.999


@given(points(40.0), points(40.0), points(40.0), numbers(0.3, 3.0))
@settings(max_examples=40)
def test_tubes_are_closed_and_outward(a: np.ndarray, b: np.ndarray, c: np.ndarray, radius_mm: float) -> None:
    if min(np.linalg.norm(b - a), np.linalg.norm(c - b)) < 8.0 or unit(b - a) @ unit(c - b) < 0.3:
        return
    body = tube(np.array([a, b, c]), radius_mm)
    found = topology(body)
    assert (found.closed, found.consistent_winding, found.components, found.genus) == (True, True, 1, 0)
    assert body.volume_mm3 > 0


def test_the_volume_of_a_straight_tube() -> None:
    body = tube(np.array([[0.0, 0.0, 0.0], [0.0, 30.0, 0.0]]), 2.0, sides=64)
    assert body.volume_mm3 == pytest.approx(np.pi * 4.0 * 30.0 + 4.0 / 3.0 * np.pi * 8.0, rel=0.02)


def test_pictures_load_neither_vtk_nor_matplotlib() -> None:
    code = (
        "import sys, numpy as np\n"
        "from rfplan.report import writer\n"
        "from rfplan.report.drawing import Drawing\n"
        "drawing = Drawing(40, 20); drawing.text((5, 10), 'x'); drawing.png()\n"
        "print([m for m in ('vtk', 'vtkmodules', 'pyvista', 'matplotlib', 'trimesh', 'skimage') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
