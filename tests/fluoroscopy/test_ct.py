"""The voxel path: a CT whose path lengths are known, and what is no CT."""

from __future__ import annotations

import nibabel
import numpy as np
import pytest
from solids import box

from rfplan.errors import InputError
from rfplan.fluoroscopy.attenuation import attenuation_at
from rfplan.fluoroscopy.c_arm import CArm
from rfplan.fluoroscopy.ct import CtVolume, attenuation_of, checked_ct, ct_integral, expose_ct, read_ct
from rfplan.fluoroscopy.projector import path_length_mm

AT = attenuation_at()
SPACING = np.array([2.0, 1.5, 2.5])


def block_of_water(shape=(40, 48, 36)) -> CtVolume:
    """Water of 50 x 42 x 55 mm in air, its middle at the origin, in a grid with axes of its own order and signs."""
    values = np.full(shape, -1000.0, dtype=np.float32)
    extent = np.array([50.0, 42.0, 55.0]) / SPACING
    middle = 0.5 * (np.array(shape) - 1.0)
    index = np.stack(np.meshgrid(*[np.arange(n) for n in shape], indexing="ij"), axis=-1)
    values[np.all(np.abs(index - middle) <= 0.5 * extent, axis=-1)] = 0.0
    affine = np.eye(4)
    affine[:3, :3] = np.diag(SPACING * [-1, 1, 1])
    affine[:3, 3] = -affine[:3, :3] @ middle
    return CtVolume(values, affine)


@pytest.mark.parametrize("angles", [(0.0, 0.0), (90.0, 0.0), (25.0, 35.0), (-40.0, -20.0)])
def test_a_block_of_water_attenuates_by_its_path(angles):
    volume = block_of_water()
    arm = CArm(*angles, size_px=64, field_mm=150.0)
    found = ct_integral(arm, volume, AT) / AT.water
    inside = volume.hounsfield == 0.0
    sides = [np.ptp(np.flatnonzero(inside.any(axis=tuple({0, 1, 2} - {axis})))) + 1 for axis in range(3)] * SPACING
    exact = path_length_mm(arm, box(sides))
    from scipy.ndimage import binary_erosion

    # the CT is read linearly between voxels, so that its edges are soft
    well_inside = binary_erosion(exact > 0.8 * exact.max(), iterations=3)
    assert np.count_nonzero(well_inside) > 100
    assert np.abs(found - exact)[well_inside].max() < 2.5
    assert abs(found.sum() / exact.sum() - 1.0) < 0.01
    assert np.all(found[exact < 1e-9] < 3.6)


def test_left_and_right_survive_the_file(tmp_path):
    """Bone at the patient's left: +x in LPS, the left of the picture of a prone patient."""
    values = np.full((40, 40, 40), -1000.0, dtype=np.float32)
    values[8:32, 8:32, 8:32] = 0.0
    values[10:14, 18:22, 18:22] = 900.0
    # RAS: the first index runs to the patient's right, so low numbers are on the left
    affine = np.diag([-3.0, -3.0, 3.0, 1.0])
    affine[:3, 3] = [60.0, 60.0, -60.0]
    # the first index grows towards -x of RAS, the patient's left
    path = tmp_path / "ct.nii.gz"
    nibabel.save(nibabel.Nifti1Image(values, affine), path)
    volume = read_ct(path)
    bone = volume.affine @ [12.0, 20.0, 20.0, 1.0]
    arm = CArm(isocentre_mm=volume.middle_mm, size_px=96)
    integral = ct_integral(arm, volume, AT)
    darkest = np.unravel_index(int(np.argmax(integral)), integral.shape)
    expected = arm.project(bone[:3])
    assert np.allclose([darkest[1], darkest[0]], expected, atol=4.0)
    ras = affine @ [12.0, 20.0, 20.0, 1.0]
    assert np.allclose(bone[:3], ras[:3] * [-1, -1, 1])


def test_hounsfield_units_of_known_tissues_get_their_attenuation():
    ct = attenuation_at(70.0)
    units = np.array(
        [-2000.0, -1000.0, 0.0] + [1000.0 * (bone / ct.water - 1.0) for bone in (ct.cancellous, ct.cortical)]
    )
    assert np.allclose(attenuation_of(units, AT), [0.0, 0.0, AT.water, AT.cancellous, AT.cortical], rtol=1e-5)
    rising = attenuation_of(np.linspace(-800.0, 3000.0, 200), AT)
    assert np.all(np.diff(rising) > 0.0)


def test_a_picture_of_a_ct_has_dose_and_noise():
    taken = expose_ct(CArm(size_px=96, field_mm=150.0), block_of_water())
    assert taken.dose.dap_mgy_cm2 > 0.0
    assert taken.image.std() > 10.0
    assert taken.warnings == ()
    aside = expose_ct(CArm(size_px=64, isocentre_mm=[2000.0, 0.0, 0.0]), block_of_water())
    assert any("outside the beam" in sentence for sentence in aside.warnings)
    with pytest.raises(InputError, match="source lies inside the CT"):
        expose_ct(CArm(size_px=64, isocentre_mm=[0.0, 650.0, 0.0]), block_of_water())


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (np.arange(64).reshape(4, 4, 4) % 5, "label map"),
        (np.linspace(0.0, 3000.0, 64).reshape(4, 4, 4), "offset of 1000"),
        (np.linspace(-100.0, 1000.0, 64).reshape(4, 4, 4), "the lowest is -100"),
        (np.linspace(-1000.0, 60.0, 64).reshape(4, 4, 4), "the highest is 60"),
        (np.where(np.arange(64) % 2, -1000.0, 3000.0).reshape(4, 4, 4), "0.0 % of the voxels are soft tissue"),
        (np.full((4, 4, 4), np.nan), "not finite"),
        (np.linspace(-1000.0, 60000.0, 64).reshape(4, 4, 4), "from -1000 to 60000"),
    ],
)
def test_what_is_not_in_hounsfield_units_is_refused_with_the_reason(values, words):
    with pytest.raises(InputError, match=f"not Hounsfield units: .*{words}"):
        checked_ct(values.astype(np.float32), np.eye(4), "a.nii")


def test_a_file_that_is_no_ct_is_refused(tmp_path):
    with pytest.raises(InputError, match="there is no such file"):
        read_ct(tmp_path / "absent.nii")
    (tmp_path / "a.txt").write_text("text")
    with pytest.raises(InputError, match="not a NIfTI file"):
        read_ct(tmp_path / "a.txt")
    (tmp_path / "b.nii").write_bytes(b"damaged")
    with pytest.raises(InputError, match="not a complete NIfTI file"):
        read_ct(tmp_path / "b.nii")
