"""PNG with its scale, DICOM marked as simulated, and what is drawn over a picture."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import numpy as np
import pydicom
import pytest
from PIL import Image

from rfplan.errors import InputError
from rfplan.fluoroscopy.c_arm import CArm
from rfplan.fluoroscopy.display import Display
from rfplan.fluoroscopy.overlay import angle_text, letters_of, on_screen
from rfplan.fluoroscopy.views import find_view
from strategies import monopolar, needle, slab_patient

PATIENT = slab_patient()
PLAN = monopolar(needle([33.0, 2.0, 20.0]), needle([30.0, 2.0, -10.0]))


@pytest.fixture(scope="module")
def taken():
    view = find_view("true_ap", PATIENT, PLAN, size_px=256)
    return replace(view.c_arm.expose(PATIENT, PLAN), view=view)


def test_a_png_knows_its_scale_and_how_it_was_taken(taken):
    with Image.open(io.BytesIO(taken.png())) as image:
        assert image.size == (256, 256)
        assert np.isclose(25.4 / image.info["dpi"][0], taken.c_arm.isocentre_pixel_mm, rtol=1e-3)
        assert json.loads(image.info["rfplan"])["view"] == "true_ap"
        assert "Simulated" in image.info["Description"]


def test_the_scale_bar_is_as_long_as_it_says(taken):
    marked, plain = taken.marked().astype(int), taken.marked(scale=False).astype(int)
    changed = np.any(marked != plain, axis=2)
    base = round(256 - 0.035 * 256)
    lengths = [
        np.ptp(np.flatnonzero(changed[row, 150:])) for row in range(base - 1, base + 2) if changed[row, 150:].any()
    ]
    assert np.isclose(max(lengths), 20.0 / taken.c_arm.isocentre_pixel_mm, atol=2.0) or np.isclose(
        max(lengths), 50.0 / taken.c_arm.isocentre_pixel_mm, atol=2.0
    )


def test_landmarks_and_needles_are_drawn_on_request_only(taken):
    plain = taken.marked(scale=False)
    assert np.array_equal(plain, np.repeat(taken.image[..., None], 3, axis=2))
    with_needles, with_landmarks = taken.marked(needles=True, scale=False), taken.marked(landmarks=True, scale=False)
    tip = np.floor(taken.c_arm.project(PLAN.needles[0].tip_mm)).astype(int)
    around = (slice(tip[1] - 8, tip[1] + 9), slice(tip[0] - 8, tip[0] + 9))
    assert np.any(with_needles[around] != plain[around])
    hole = np.floor(taken.c_arm.project(PATIENT.foramina[0].centre_mm)).astype(int)
    assert np.any(
        with_landmarks[hole[1] - 2 : hole[1] + 3, hole[0] - 2 : hole[0] + 3]
        != plain[hole[1] - 2 : hole[1] + 3, hole[0] - 2 : hole[0] + 3]
    )


@pytest.mark.parametrize(
    "display", [Display(), Display(flip=True), Display(quarter_turns=1), Display(quarter_turns=3, flip=True)]
)
def test_what_is_drawn_follows_the_picture(display):
    """A bright spot of the picture and its drawn place move together."""
    arm = CArm(size_px=64)
    point = np.array([31.0, 0.0, 17.0])
    column, row = np.floor(arm.project(point)).astype(int)
    image = np.zeros((64, 64), dtype=np.uint8)
    image[row, column] = 255
    shown = display.upright(image)
    radiograph = replace(arm.expose(PATIENT), display=display)
    at = np.floor(on_screen(radiograph, point)).astype(int)
    assert shown[at[1], at[0]] == 255


def test_angles_and_letters_are_those_of_the_room():
    assert angle_text(CArm(-20.0, 30.0)) == "RAO 20  CRAN 30"
    assert angle_text(CArm(0.2, -15.0)) == "CAUD 15"
    assert angle_text(CArm()) == "PA 0"
    assert letters_of(np.array([-1.0, 0.0, 0.0])) == "R"
    assert letters_of(np.array([0.0, 0.6, 0.8])) == "HP"


def test_a_dicom_file_says_everywhere_that_it_is_simulated(taken):
    data = pydicom.dcmread(io.BytesIO(taken.dicom()))
    assert data.SOPClassUID == "1.2.840.10008.5.1.4.1.1.12.1"
    assert data.Modality == "XA"
    assert "SIMULATED" in data.ImageType
    assert "SIMULATED" in str(data.PatientName) and data.PatientID == "SIMULATED"
    assert "not for diagnosis" in data.DerivationDescription
    assert "SIMULATED" in data.SeriesDescription


def test_a_dicom_file_has_the_geometry_and_the_dose(taken):
    data = pydicom.dcmread(io.BytesIO(taken.dicom()))
    arm = taken.c_arm
    p, s = np.deg2rad([float(data.PositionerPrimaryAngle), float(data.PositionerSecondaryAngle)])
    assert np.allclose([np.sin(p) * np.cos(s), -np.cos(p) * np.cos(s), np.sin(s)], arm.beam, atol=1e-4)
    assert data.PatientPosition == "HFP"
    assert float(data.DistanceSourceToDetector) == arm.sid_mm
    assert np.isclose(float(data.EstimatedRadiographicMagnificationFactor), arm.magnification, atol=1e-5)
    assert np.isclose(float(data.ImagerPixelSpacing[0]), arm.pixel_mm, atol=1e-5)
    assert np.isclose(100.0 * float(data.ImageAndFluoroscopyAreaDoseProduct), taken.dose.dap_mgy_cm2, rtol=1e-4)
    assert np.isclose(float(data.EntranceDoseInmGy), taken.dose.air_kerma_mgy, rtol=1e-4)


def test_dicom_pixels_are_the_picture_in_twelve_bits(taken):
    data = pydicom.dcmread(io.BytesIO(taken.dicom()))
    pixels = data.pixel_array
    assert pixels.shape == (256, 256)
    assert data.BitsStored == 12 and pixels.max() < 4096
    assert np.corrcoef(pixels.ravel(), taken.image.ravel())[0, 1] > 0.999
    assert taken.dicom() == taken.dicom()


def test_files_appear_whole_under_the_names_that_are_accepted(taken, tmp_path):
    for name in ("a.png", "b.dcm"):
        assert taken.save(tmp_path / name) == tmp_path / name
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "b.dcm"]
    with pytest.raises(InputError, match=r"written as \.png or \.dcm"):
        taken.save(tmp_path / "c.jpg")
    with pytest.raises(InputError, match="cannot be written"):
        taken.save(tmp_path / "absent" / "d.png")
