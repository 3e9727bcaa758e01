"""Bones of the wrong size, way up, way round or side."""

import numpy as np
import pytest

from rfplan.anatomy.import_checks import check_arrangement, check_place, check_size
from rfplan.errors import InputError
from rfplan.geometry.frames import Isometry
from rfplan.geometry.mesh import Mesh

FLIPS = {"RAS": np.diag([-1.0, -1.0, 1.0]), "upside_down": np.diag([1.0, -1.0, -1.0]), "standing_on_its_head": np.diag([-1.0, 1.0, -1.0]),
         "mirror_z": np.diag([1.0, 1.0, -1.0]), "mirror_x": np.diag([-1.0, 1.0, 1.0]), "mirror_y": np.diag([1.0, -1.0, 1.0])}  # fmt: skip
MESSAGES = {
    "RAS": "taken as LPS and look like RAS; give --frame RAS",
    "upside_down": "upside down",
    "standing_on_its_head": "upside down",
    "mirror_z": "upside down",
    "mirror_x": "left and right are swapped",
    "mirror_y": "mirrored front to back",
}


def turned(mesh, matrix):
    motion = Isometry(matrix, np.zeros(3))
    return mesh.moved(motion)


REAL = [pytest.param(name, marks=pytest.mark.real) for name in ("hra_female", "jhu_24", "artisynth_male")]


@pytest.fixture(scope="module", params=["reference", *REAL])
def bones(request):
    if request.param == "reference":
        return dict(request.getfixturevalue("reference").bones)
    from rfplan.anatomy.import_meshes import import_meshes

    return dict(import_meshes(request.getfixturevalue("real_anatomy") / request.param).bones)


def test_true_bones_pass(bones):
    assert check_arrangement(bones, "folder") == ()


@pytest.mark.parametrize("angle", [-20.0, 20.0])
@pytest.mark.parametrize("axis", [(1, 0, 0), (0, 1, 0), (0, 0, 1)])
def test_a_patient_who_lies_askew_passes(bones, axis, angle):
    motion = Isometry.rotation(axis, angle, (10.0, 20.0, 30.0))
    check_arrangement({key: mesh.moved(motion) for key, mesh in bones.items()}, "folder")


@pytest.mark.parametrize("flip", FLIPS)
def test_a_whole_set_in_another_frame_is_refused(bones, flip):
    with pytest.raises(InputError, match=f"folder: .*{MESSAGES[flip]}"):
        check_arrangement({key: turned(mesh, FLIPS[flip]) for key, mesh in bones.items()}, "folder")


@pytest.mark.parametrize("flip", ["RAS", "upside_down", "mirror_z"])
def test_a_sacrum_alone_tells_as_much(bones, flip):
    with pytest.raises(InputError, match=f"folder: .*{MESSAGES[flip]}"):
        check_arrangement({"sacrum": turned(bones["sacrum"], FLIPS[flip])}, "folder")


@pytest.mark.parametrize("flip", ["upside_down", "mirror_z"])
def test_one_bone_upside_down_among_others_is_refused(bones, flip):
    with pytest.raises(InputError, match="the sacrum is upside down"):
        check_arrangement({**bones, "sacrum": turned(bones["sacrum"], FLIPS[flip])}, "folder")


def test_a_sacrum_in_another_frame_than_the_hips_is_refused(bones):
    with pytest.raises(InputError, match="the sacrum is in another frame than the hip bones"):
        check_arrangement({**bones, "sacrum": turned(bones["sacrum"], FLIPS["RAS"])}, "folder")


def test_bones_very_far_from_the_origin_are_refused(reference):
    vertices = reference.bones["sacrum"].vertices_mm
    check_place("sacrum", vertices + [4e3, -2e3, 5e3], "bone.stl")
    with pytest.raises(InputError, match=r"bone\.stl: the sacrum lies .* mm from the origin; at most 1,000,000 mm"):
        check_place("sacrum", vertices + [0.0, 1e9, 0.0], "bone.stl")


def test_a_sacrum_alone_leaves_the_sides_open(bones):
    (warning,) = check_arrangement({"sacrum": bones["sacrum"]}, "folder")
    assert "cannot be checked" in warning


def test_exchanged_hips_are_refused(bones):
    swapped = {**bones, "hip_left": bones["hip_right"], "hip_right": bones["hip_left"]}
    with pytest.raises(InputError, match="left and right are swapped: hip_left lies on the patient's right"):
        check_arrangement(swapped, "folder")
    with pytest.raises(InputError, match="left and right are swapped"):
        check_arrangement({"sacrum": bones["sacrum"], "hip_left": bones["hip_right"]}, "folder")


def test_bones_of_different_frames_are_refused(reference):
    far = reference.bones["hip_left"].moved(Isometry.translation([200.0, 0.0, 0.0]))
    with pytest.raises(InputError, match=r"hip_left lies .* mm away from the sacrum"):
        check_arrangement({**reference.bones, "hip_left": far}, "folder")


@pytest.mark.parametrize(
    ("factor", "unit", "advice"),
    [
        (1e-3, "mm", "--unit m$"),
        (0.1, "mm", "--unit cm"),
        (1.0, "m", "--unit mm"),
        (1e-6, "mm", "no other unit"),
    ],
)
def test_a_wrong_unit_is_named_with_the_right_one(reference, factor, unit, advice):
    scale = {"mm": 1.0, "m": 1000.0}[unit]
    for bone, mesh in reference.bones.items():
        with pytest.raises(InputError, match=rf"bone\.stl: the {bone} would be .*{advice}"):
            check_size(bone, mesh.vertices_mm * factor * scale, unit, "bone.stl")


def test_right_sizes_pass(bones):
    for bone, mesh in bones.items():
        check_size(bone, mesh.vertices_mm, "mm", "bone.stl")


def test_a_crumb_far_away_does_not_count(reference):
    vertices = np.concatenate([reference.bones["sacrum"].vertices_mm, [[4000.0, 0.0, 0.0]]])
    check_size("sacrum", vertices, "mm", "bone.stl")


def test_flat_cuts_of_a_cut_bone(reference):
    from rfplan.anatomy.import_cuts import flat_cuts
    from rfplan.anatomy.import_surface import label_surface
    from rfplan.geometry.distance import DistanceField

    sacrum = reference.bones["sacrum"]
    assert flat_cuts(sacrum) == ()
    bounds = sacrum.bounds_mm + np.array([[-4.0], [4.0]])
    field = DistanceField.of([sacrum], bounds, 1.0, 3.0)
    solid = field.values_mm < 0
    level = int(0.35 * solid.shape[2])
    solid[:, :, :level] = False
    index, faces = label_surface(solid, np.ones(3))
    cuts = flat_cuts(Mesh(index + bounds[0], faces))
    assert [cut.side for cut in cuts] == ["lower"]
    assert abs(cuts[0].centre_mm[2] - (bounds[0][2] + level - 0.5)) < 0.6
