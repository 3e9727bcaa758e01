"""Meshes with holes are found and said where, before they leak into a picture."""

from __future__ import annotations

import numpy as np
import pytest
from bones import SETS, bones_of, patient_of, raw_bones
from solids import ball, bumpy

from rfplan.errors import InputError
from rfplan.fluoroscopy.c_arm import CArm
from rfplan.fluoroscopy.folds import find_fold
from rfplan.fluoroscopy.leaks import find_leak
from rfplan.fluoroscopy.projector import path_length_mm
from rfplan.fluoroscopy.scene import scene_of
from rfplan.geometry.mesh import Mesh


def test_a_hole_is_found_with_its_place():
    whole = ball(30.0)
    centres = whole.triangles_mm.mean(axis=1)
    hole = np.linalg.norm(centres - [30.0, 0.0, 0.0], axis=1) < 4.0
    leak = find_leak(Mesh(whole.vertices_mm, whole.faces[~hole]))
    assert leak is not None
    assert leak.edges > 5
    assert np.linalg.norm(leak.at_mm - [30.0, 0.0, 0.0]) < 3.0


def test_a_face_turned_round_leaks():
    faces = np.array(ball(30.0, finer=2).faces)
    faces[7] = faces[7, ::-1]
    leak = find_leak(Mesh(ball(30.0, finer=2).vertices_mm, faces))
    assert leak is not None and leak.edges == 3


def test_an_inside_out_mesh_is_called_so():
    leak = find_leak(Mesh(bumpy().vertices_mm, bumpy().faces[:, ::-1]))
    assert leak is not None and leak.inside_out


def test_what_is_closed_does_not_leak():
    assert find_leak(bumpy()) is None
    # two balls that share one vertex are no manifold, and leak nothing
    one, other = ball(10.0, finer=1), ball(10.0, [20.0, 0.0, 0.0], finer=1)
    vertices = np.concatenate([one.vertices_mm, other.vertices_mm])
    faces = np.concatenate([one.faces, other.faces + len(one.vertices_mm)])
    faces[faces == len(one.vertices_mm)] = 0
    assert find_leak(Mesh(vertices, faces)) is None


def test_a_leaking_mesh_has_no_path_length_and_is_named():
    whole = ball(30.0)
    with pytest.raises(InputError, match=r"hip_left: the mesh leaks: 3 edges .* around \("):
        path_length_mm(CArm(size_px=64), {"sacrum": whole, "hip_left": Mesh(whole.vertices_mm, whole.faces[1:])})


@pytest.mark.real
@pytest.mark.parametrize("name", SETS)
def test_real_bones_leak_only_where_they_are_known_to(real_anatomy, name):
    leaking = [bone for bone, mesh in raw_bones(real_anatomy / name).items() if find_leak(mesh) is not None]
    assert leaking == (["hip_left", "hip_right"] if name == "jhu_24" else [])
    assert all(find_leak(mesh) is None for mesh in bones_of(real_anatomy / name).values())


def test_a_mesh_that_passes_through_itself_is_noticed():
    """A ball of which one half was pushed through the other."""
    made = ball(20.0)
    pushed = np.array(made.vertices_mm)
    dent = np.linalg.norm(pushed - [0.0, 20.0, 0.0], axis=1) < 8.0
    pushed[dent, 1] -= 45.0
    fold = find_fold(Mesh(pushed, made.faces))
    assert fold is not None and fold.depth_mm > 2.0
    assert "passes through itself near" in fold.sentence("hip_left")
    assert find_fold(made) is None and find_fold(bumpy()) is None


@pytest.mark.real
def test_real_bones_do_not_pass_through_themselves_but_where_they_were_repaired(real_anatomy):
    folded = {(name, bone) for name in SETS for bone, mesh in bones_of(real_anatomy / name).items() if find_fold(mesh)}
    assert folded == {("jhu_24", "hip_left"), ("jhu_24", "hip_right")}
    warnings = scene_of(patient_of(real_anatomy / "jhu_24")).warnings
    assert any("hip_left: the mesh passes through itself" in sentence for sentence in warnings)
