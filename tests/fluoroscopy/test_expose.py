"""Whole pictures: the same bytes from the same input, what is dark and what is bright, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from solids import ball, box

from rfplan.devices.catalogue import electrode
from rfplan.errors import InputError
from rfplan.fluoroscopy.attenuation import attenuation_at
from rfplan.fluoroscopy.c_arm import CArm
from rfplan.fluoroscopy.display import Display
from rfplan.fluoroscopy.expose import expose
from rfplan.fluoroscopy.exposure import Exposure
from rfplan.fluoroscopy.live import Fluoroscope
from rfplan.fluoroscopy.scene import scene_from, scene_of
from rfplan.geometry.frames import Isometry
from rfplan.geometry.mesh import Mesh
from strategies import monopolar, needle, slab_patient

PATIENT = slab_patient()
ARM = CArm(size_px=128)
PLAN = monopolar(needle([33.0, 2.0, 20.0], with_device=electrode("conventional-18g-10mm")))


def test_the_same_input_gives_the_same_bytes_and_another_seed_another_noise():
    one, same = (ARM.expose(PATIENT, PLAN, exposure=Exposure(seed=4)) for _ in range(2))
    other = ARM.expose(PATIENT, PLAN, exposure=Exposure(seed=5))
    assert np.array_equal(one.image, same.image)
    assert one.png() == same.png() or one.to_json() | {"seconds": 0} == same.to_json() | {"seconds": 0}
    assert not np.array_equal(one.counts, other.counts)


def test_bone_and_needles_are_dark_in_fluoroscopy_and_white_on_film():
    arm = replace(ARM, field_mm=298.0)
    dark, film = (arm.expose(PATIENT, PLAN, display=Display(polarity)).image for polarity in ("fluoroscopy", "film"))
    hole = tuple(np.floor(arm.project(PATIENT.foramina[0].centre_mm)).astype(int)[::-1])
    bone = tuple(np.floor(arm.project([8.0, -10.0, 10.0])).astype(int)[::-1])
    steel = tuple(np.floor(arm.project([33.0, 20.0, 20.0])).astype(int)[::-1])
    assert int(dark[hole]) > int(dark[bone]) + 0 or PATIENT.bones["sacrum"].volume_mm3 > 0
    assert int(dark[steel]) < int(dark[bone])
    assert int(film[steel]) > int(film[bone])


def test_what_stands_in_the_beam_adds_up_to_the_attenuation():
    """A ball of bone in a box of muscle, along the central ray: shell, spongy bone and muscle by their own lengths."""
    at = attenuation_at()
    scene = scene_from({"sacrum": ball(20.0)}, box([200.0, 100.0, 200.0]))
    arm = CArm(size_px=65)
    along = scene.line_integral(arm, at)[32, 32]
    muscle, shell = 100.0 - 40.0, along - (60.0 * at.muscle + 40.0 * at.cancellous)
    assert muscle == 60.0
    thickness = shell / (at.cortical - at.cancellous)
    assert 2 * 0.3 < thickness < 2 * 3.2
    even = scene_from({"sacrum": ball(20.0)}, None).line_integral(arm, at)[32, 32]
    assert np.isclose(along - even, (100.0 - 40.0) * at.muscle, rtol=1e-3)


def test_bone_paths_are_those_of_the_bones(reference):
    from rfplan.fluoroscopy.projector import path_length_mm

    arm = CArm(10.0, 20.0, reference.frame.to_patient([0.0, 40.0, -10.0]), size_px=96)
    exact = path_length_mm(arm, dict(reference.bones))
    assert np.abs(scene_of(reference).bone_path_mm(arm) - exact).max() < 1e-2


def test_a_patient_and_c_arm_moved_together_give_the_same_picture():
    """Rotation about the long axis and translation: what the table and the room cannot tell apart."""
    turn = Isometry.translation([10.0, -4.0, 30.0]).after(Isometry.rotation((0, 0, 1), -25.0))
    arm = replace(ARM, lao_deg=5.0, isocentre_mm=[3.0, 0.0, 2.0])
    moved = replace(arm, lao_deg=30.0, isocentre_mm=turn.points(arm.isocentre_mm))
    quiet = Exposure(noise=False)
    here, there = (
        arm.expose(PATIENT, PLAN, exposure=quiet),
        moved.expose(PATIENT.moved(turn), PLAN.moved(turn), exposure=quiet),
    )
    # the grain of the shell stays with the room
    assert np.quantile(np.abs(here.line_integral - there.line_integral), 0.9) < 0.05
    assert np.allclose(arm.project(PLAN.needles[0].tip_mm), moved.project(turn.points(PLAN.needles[0].tip_mm)))


def test_a_patient_outside_the_beam_is_an_empty_picture_that_says_so():
    taken = CArm(isocentre_mm=[3000.0, 0.0, 0.0], size_px=64).expose(PATIENT)
    assert any("outside the beam" in sentence for sentence in taken.warnings)
    assert np.all(taken.line_integral == 0.0)
    assert taken.image.std() < 0.2 * 255


def test_the_source_inside_the_patient_is_refused():
    with pytest.raises(InputError, match="source lies inside the patient"):
        CArm(isocentre_mm=[0.0, 640.0, 0.0], size_px=64).expose(PATIENT)


def test_a_leaking_bone_is_named():
    sacrum = PATIENT.bones["sacrum"]
    broken = replace(PATIENT, bones={"sacrum": Mesh(sacrum.vertices_mm, sacrum.faces[1:])})
    with pytest.raises(InputError, match="sacrum: the mesh leaks: 3 edges"):
        ARM.expose(broken)


def test_without_any_foramen_there_is_no_skin_and_that_is_said():
    bare = replace(PATIENT, foramina=())
    taken = ARM.expose(bare)
    assert any("without soft tissue" in sentence for sentence in taken.warnings)


def test_gas_brightens_what_is_behind_it(reference):
    arm = CArm.view("true_ap", reference, size_px=128)
    with_gas, without = (expose(arm, reference, bowel=bowel).line_integral for bowel in (True, False))
    assert np.all(with_gas <= without + 1e-4)
    assert np.count_nonzero(with_gas < without - 0.05) > 300
    assert with_gas.min() >= 0.0


def test_the_collimator_leaves_its_shape_open():
    arm = replace(ARM, collimator="circle", collimator_mm=200.0)
    image = arm.expose(PATIENT).image
    rows, columns = np.mgrid[:128, :128]
    far = np.hypot(rows - 63.5, columns - 63.5) > 0.5 * 200.0 / arm.pixel_mm
    assert np.all(image[far] == 0)
    assert image[~far].mean() > 20
    square = replace(ARM, collimator_mm=100.0).expose(PATIENT).image
    assert np.all(square[:, :40] == 0)
    assert square[64, 64] > 0


def test_flip_and_turn_move_the_picture_only():
    plain, turned, flipped = (
        ARM.expose(PATIENT, display=display) for display in (Display(), Display(quarter_turns=1), Display(flip=True))
    )
    assert np.array_equal(turned.image, np.rot90(plain.image))
    assert np.array_equal(flipped.image, plain.image[:, ::-1])
    assert np.array_equal(plain.shown(Display(flip=True)), flipped.image)


def test_a_stated_window_is_kept():
    taken = ARM.expose(PATIENT, exposure=Exposure(noise=False))
    middle = float(np.log(np.median(taken.counts)))
    wide = taken.shown(Display(window=(middle - 5, middle + 5), flatten=0.0))
    tight = taken.shown(Display(window=(middle - 0.2, middle + 0.2), flatten=0.0))
    assert tight.std() > 2.0 * wide.std()


@pytest.mark.parametrize(
    "fields",
    [
        {"polarity": "blue"},
        {"window": (2.0, 1.0)},
        {"percentiles": (60.0, 40.0)},
        {"flatten": 2.0},
        {"gamma": 0.0},
        {"quarter_turns": 5},
    ],
)
def test_a_display_that_cannot_be_is_refused(fields):
    with pytest.raises(InputError, match=r"accepted|must be"):
        Display(**fields)


def test_live_frames_average_to_the_noise_that_is_stated_and_the_last_image_stays():
    arm = CArm(size_px=96)
    scope = Fluoroscope(PATIENT, Exposure("live", seed=3))
    for _ in range(25):
        shown = scope.frame(arm, PLAN.needles)
    clean = arm.expose(PATIENT, PLAN, exposure=Exposure("live", noise=False)).counts
    ratio = np.mean((shown.counts - clean) ** 2 / clean)
    assert np.isclose(ratio, 1.0 / Exposure().frames, rtol=0.08)
    assert scope.last_image is shown
    assert scope.frames == 25
    assert np.isclose(scope.time_s, 25 / 8)
    assert np.isclose(scope.dap_mgy_cm2, 25 * shown.dose.dap_mgy_cm2)


def test_a_moving_needle_drags_a_shadow():
    arm = CArm(size_px=96)
    scope = Fluoroscope(PATIENT, Exposure("live", noise=False))
    scope.frame(arm, PLAN.needles)
    shown = scope.frame(arm)
    with_needle, without = (
        arm.expose(PATIENT, plan, exposure=Exposure("live", noise=False)).counts for plan in (PLAN, None)
    )
    expected = 0.75 * with_needle + 0.25 * without
    # the exposure control differs by what the needle shades
    assert np.abs(shown.counts / expected - 1.0).max() < 0.05


def test_a_real_field_of_noise_does_not_change_what_is_measured():
    taken = ARM.expose(PATIENT)
    quiet = ARM.expose(PATIENT, exposure=Exposure(noise=False))
    assert np.array_equal(taken.line_integral, quiet.line_integral)
    assert np.isclose(taken.counts.mean(), quiet.counts.mean(), rtol=0.01)
