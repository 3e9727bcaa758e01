"""Repair of dirty meshes: what is mended, what is said, what is refused."""

import numpy as np
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st

from rfplan.anatomy.repair import repair
from rfplan.errors import InputError
from rfplan.geometry.mesh import topology


def ball(radius=50.0, subdivisions=3, centre=(0.0, 0.0, 0.0)):
    mesh = trimesh.creation.icosphere(subdivisions=subdivisions, radius=radius)
    return np.asarray(mesh.vertices) + centre, np.asarray(mesh.faces)


def joined(*meshes):
    vertices, faces, start = [], [], 0
    for points, triangles in meshes:
        vertices.append(points)
        faces.append(triangles + start)
        start += len(points)
    return np.concatenate(vertices), np.concatenate(faces)


def mended(vertices, faces):
    result = repair(np.asarray(vertices, dtype=float), np.asarray(faces), "sacrum", "sacrum.ply")
    state = topology(result.mesh)
    assert state.closed
    assert state.consistent_winding
    assert result.mesh.volume_mm3 > 0
    return result


def test_a_clean_mesh_is_left_alone():
    vertices, faces = ball()
    result = mended(vertices, faces)
    assert result.repairs == ()
    assert result.warnings == ()
    assert len(result.mesh.faces) == len(faces)


def test_a_triangle_soup_is_joined_without_a_word():
    vertices, faces = ball()
    result = mended(vertices[faces].reshape(-1, 3), np.arange(3 * len(faces)).reshape(-1, 3))
    assert result.repairs == ()
    assert len(result.mesh.vertices_mm) == len(vertices)


def test_coordinates_that_were_rounded_apart_are_joined():
    vertices, faces = ball()
    soup = vertices[faces].reshape(-1, 3) + np.random.default_rng(1).uniform(-1e-5, 1e-5, (3 * len(faces), 3))
    result = mended(soup, np.arange(3 * len(faces)).reshape(-1, 3))
    assert len(result.mesh.vertices_mm) == len(vertices)


@given(st.integers(0, 1279), st.integers(0, 1), st.integers(0, 2**32 - 1))
@settings(max_examples=15)
def test_a_small_hole_is_filled_and_reported(seed_face, growth, flips):
    vertices, faces = ball(subdivisions=4)
    gone = np.isin(np.arange(len(faces)), [seed_face])
    for _ in range(growth):
        gone = np.isin(faces, faces[gone]).any(axis=1)
    left = faces[~gone].copy()
    # some faces the wrong way round besides
    turned = np.random.default_rng(flips).random(len(left)) < 0.1
    left[turned] = left[turned][:, ::-1]
    result = mended(vertices, left)
    whole = 4.0 / 3.0 * np.pi * 50.0**3
    assert abs(result.mesh.volume_mm3 / whole - 1.0) < 0.03
    assert topology(result.mesh).genus == 0
    assert any("hole" in said and "open edges" in said and " mm" in said for said in result.repairs)


def test_inside_out_is_turned():
    vertices, faces = ball()
    result = mended(vertices, faces[:, ::-1])
    assert any("inside out" in said for said in result.repairs)


def test_crumbs_are_dropped():
    result = mended(*joined(ball(), ball(1.0, 1, (70.0, 0.0, 0.0)), ball(1.5, 1, (0.0, 80.0, 0.0))))
    assert topology(result.mesh).components == 1
    assert any("2 floating pieces" in said for said in result.repairs)


def test_cavities_are_dropped():
    vertices, faces = ball(35.0)
    result = mended(*joined(ball(), (vertices, faces[:, ::-1])))
    assert topology(result.mesh).components == 1
    assert any("enclosed cavity" in said for said in result.repairs)


@pytest.mark.parametrize("apart", [(150.0, 0.0, 0.0), (0.0, 0.0, 130.0), (3.0, 3.0, 3.0)])
def test_two_bones_are_refused(apart):
    with pytest.raises(InputError, match=r"sacrum\.ply: holds two bones"):
        mended(*joined(ball(), ball(centre=apart)))


def test_a_torn_mesh_is_not_called_several_bones():
    vertices, faces = ball()
    rng = np.random.default_rng(0)
    with pytest.raises(InputError, match=r"sacrum\.ply: the mesh is torn into \d+ pieces"):
        mended(vertices, faces[rng.random(len(faces)) > 0.5])


def test_a_flat_mesh_encloses_nothing():
    vertices, faces = ball()
    with pytest.raises(InputError, match=r"sacrum\.ply: the sacrum encloses no volume"):
        mended(vertices * [1.0, 1.0, 0.0], faces)


def lathe(radii, heights, around=48):
    """A surface of revolution about z, open at both ends of its profile."""
    angle = np.linspace(0.0, 2 * np.pi, around, endpoint=False)
    rings = [
        np.stack([r * np.cos(angle), r * np.sin(angle), np.full(around, h)], 1)
        for r, h in zip(radii, heights, strict=True)
    ]
    faces = []
    for level in range(len(radii) - 1):
        a = level * around + np.arange(around)
        b = level * around + (np.arange(around) + 1) % around
        faces += [np.stack([a, b, a + around], 1), np.stack([b, b + around, a + around], 1)]
    return np.concatenate(rings), np.concatenate(faces)


def test_a_flat_cut_is_closed_with_a_cap_and_called_a_cut():
    result = mended(*lathe([40.0, 42.0, 30.0, 1.0], [-10.0, 0.0, 30.0, 60.0]))
    assert any(
        "cut flat" in said and "80 mm wide at (0, 0, -10) mm" in said.replace("-0", "0") for said in result.repairs
    )
    assert any("1 hole filled: 2.0 mm wide" in said for said in result.repairs)
    assert topology(result.mesh).genus == 0


def test_a_cut_through_a_canal_leaves_the_canal_open():
    # up the outer wall, over the top and down the canal: both rings of the cut end are open
    result = mended(*lathe([40.0, 40.0, 15.0, 15.0], [0.0, 60.0, 60.0, 0.0], around=64))
    area = 0.5 * 64 * np.sin(2 * np.pi / 64) * (40.0**2 - 15.0**2)
    assert abs(result.mesh.volume_mm3 / (area * 60.0) - 1.0) < 1e-9
    assert topology(result.mesh).genus == 1
    assert len(result.repairs) == 1
    assert "cut flat" in result.repairs[0]


def test_a_large_ragged_hole_is_refused_with_its_place():
    vertices, faces = ball()
    away = np.linalg.norm(vertices[faces].mean(axis=1) - [50.0, 0.0, 0.0], axis=1) > 25.0
    with pytest.raises(InputError, match=r"sacrum\.ply: .*open edges.*mm wide at \(4\d, -?\d, -?\d\) mm"):
        mended(vertices, faces[away])


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_none_are_refused(value):
    vertices, faces = ball()
    vertices[17, 1] = value
    with pytest.raises(
        InputError, match=r"sacrum\.ply: 1 of 642 vertices are not finite numbers \(the first is vertex 18: "
    ):
        mended(vertices, faces)


def test_degenerate_and_doubled_faces_and_fins_are_dropped():
    vertices, faces = ball()
    fin = np.array([[faces[0, 0], faces[0, 1], len(vertices)]])
    vertices = np.concatenate([vertices, [[80.0, 0.0, 0.0]]])
    dirty = np.concatenate([faces, faces[5:7], [[3, 3, 4]], fin])
    result = mended(vertices, dirty)
    assert len(result.mesh.faces) == len(faces)
    text = " ".join(result.repairs)
    assert "1 degenerate face" in text
    assert "2 doubled faces" in text
    assert "standing out" in text


def test_boxes_that_touch_along_an_edge_come_apart():
    first = trimesh.creation.box((60.0, 60.0, 60.0))
    second = trimesh.creation.box((20.0, 20.0, 20.0))
    second.apply_translation([40.0, 40.0, 0.0])
    # subdivided so that the edge they share has the same vertices on both
    vertices, faces = joined(
        (np.asarray(first.vertices), np.asarray(first.faces)),
        (np.asarray(second.vertices) * [1, 1, 3], np.asarray(second.faces)),
    )
    result = mended(vertices, faces)
    assert np.isclose(result.mesh.volume_mm3, 60.0**3 + 20.0 * 20.0 * 60.0)
    assert topology(result.mesh).components == 2


def test_a_strip_with_one_side_is_refused():
    turns = np.linspace(0.0, 2 * np.pi, 60, endpoint=False)
    rows = [
        [
            [(50 + w * np.cos(t / 2)) * np.cos(t), (50 + w * np.cos(t / 2)) * np.sin(t), w * np.sin(t / 2)]
            for w in (-8.0, 8.0)
        ]
        for t in turns
    ]
    vertices = np.array(rows).reshape(-1, 3)
    faces = []
    for k in range(60):
        a, b = 2 * k, 2 * k + 1
        c, d = (2 * k + 2, 2 * k + 3) if k < 59 else (1, 0)
        faces += [(a, c, b), (b, c, d)]
    with pytest.raises(InputError, match="one side only"):
        mended(vertices, np.array(faces))


def test_faces_without_area_get_one():
    """Three vertices on a line, as CAD programs write them where a long edge meets two short ones."""
    box = trimesh.creation.box((60.0, 60.0, 60.0))
    vertices, faces = np.asarray(box.vertices), np.asarray(box.faces)
    a, b, c = faces[0]
    middle = len(vertices)
    vertices = np.concatenate([vertices, [(vertices[a] + vertices[b]) / 2]])
    split = np.array([[a, middle, c], [middle, b, c], [a, b, middle]])
    result = mended(vertices, np.concatenate([faces[1:], split]))
    p, q, r = result.mesh.triangles_mm.transpose(1, 0, 2)
    assert np.linalg.norm(np.cross(q - p, r - p), axis=1).min() > 1e-6
    assert abs(result.mesh.volume_mm3 / 60.0**3 - 1.0) < 1e-4


@pytest.mark.real
def test_the_dirty_set_ends_closed(real_anatomy):
    from rfplan.anatomy.import_cuts import flat_cuts
    from rfplan.anatomy.import_meshes import import_meshes

    imported = import_meshes(real_anatomy / "jhu_24")
    assert sorted(imported.bones) == ["hip_left", "hip_right", "sacrum"]
    for mesh in imported.bones.values():
        assert topology(mesh).closed
        assert mesh.volume_mm3 > 1e5
    text = " ".join(imported.repairs)
    assert "hip_left: 2 holes filled" in text
    assert "open edges" in text
    assert [cut.side for cut in flat_cuts(imported.bones["sacrum"])] == ["lower"]


@pytest.mark.real
@pytest.mark.parametrize("name", ["hra_female", "artisynth_male"])
def test_clean_sets_need_no_repair(real_anatomy, name):
    from rfplan.anatomy.import_cuts import flat_cuts
    from rfplan.anatomy.import_meshes import import_meshes

    imported = import_meshes(real_anatomy / name)
    assert imported.repairs == ()
    assert flat_cuts(imported.bones["sacrum"]) == ()
