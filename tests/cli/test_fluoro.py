"""``rfplan fluoro``."""

from __future__ import annotations

import json
from pathlib import Path

import nibabel
import numpy as np
import pytest
from PIL import Image

from rfplan.cli import main
from rfplan.devices.catalogue import electrode
from rfplan.planning.plan_file import save_plan
from strategies import monopolar, needle, slab_patient

PATIENT = slab_patient()
PROMISED = {
    "view": str,
    "lao_deg": float,
    "cranial_deg": float,
    "merit": float,
    "size_px": int,
    "pixel_mm": float,
    "dap_mgy_cm2": float,
    "air_kerma_mgy": float,
    "seconds": float,
    "warnings": list,
}


@pytest.fixture(autouse=True)
def slab(monkeypatch):
    monkeypatch.setattr("rfplan.anatomy.source.patient_from", lambda anatomy: PATIENT)


@pytest.mark.parametrize("planned", [True, False])
@pytest.mark.parametrize("suffix", ["png", "dcm"])
def test_a_picture_is_written_and_its_numbers_told(planned, suffix, tmp_path: Path, capsys):
    folder = tmp_path / "pictures"
    folder.mkdir()
    path = folder / f"picture.{suffix}"
    arguments = [
        "fluoro",
        "--view",
        "true_ap",
        "--size",
        "128",
        "--out",
        str(path),
        "--json",
        "--needles",
        "--landmarks",
    ]
    if planned:
        save_plan(
            monopolar(needle([33.0, 2.0, 0.0], with_device=electrode("conventional-18g-10mm"))), tmp_path / "p.json"
        )
        arguments += ["--plan", str(tmp_path / "p.json")]
    assert main(arguments) == 0
    captured = capsys.readouterr()
    told = json.loads(captured.out)
    assert ("give --plan" in captured.err) is not planned
    assert {key: type(told[key]) for key in PROMISED} == PROMISED
    assert told["view"] == "true_ap" and told["size_px"] == 128
    assert list(folder.iterdir()) == [path]
    if suffix == "png":
        with Image.open(path) as image:
            assert image.size == (128, 128)


def test_angles_are_taken_as_given(tmp_path: Path, capsys):
    assert main(["fluoro", "--lao-deg", "-20", "--cranial-deg", "15", "--size", "64", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["view"], told["lao_deg"], told["cranial_deg"], told["merit"]) == ("angles", -20.0, 15.0, None)
    assert told["positioner_primary_deg"] == -160.0


def test_settings_reach_the_picture(tmp_path: Path, capsys):
    plain = ["fluoro", "--size", "96", "--json"]
    assert main(plain) == 0
    usual = json.loads(capsys.readouterr().out)
    assert main([*plain, "--mode", "spot", "--field-mm", "149", "--sid-mm", "1100", "--supine"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["receptor_dose_ngy"] > 5 * usual["receptor_dose_ngy"]
    assert told["position"] == "supine"
    assert np.isclose(told["receptor_pixel_mm"], 149 / 96)
    assert np.isclose(told["magnification"], 1100 / 650)


def test_a_patient_beside_the_beam_is_an_empty_picture_with_a_warning(tmp_path: Path, capsys):
    arguments = [
        "fluoro",
        "--size",
        "64",
        "--json",
        "--isocentre-mm",
        "3000",
        "0",
        "0",
        "--out",
        str(tmp_path / "x.png"),
    ]
    assert main(arguments) == 0
    captured = capsys.readouterr()
    assert "outside the beam" in captured.err.replace("\n", " ")
    assert any("outside the beam" in sentence for sentence in json.loads(captured.out)["warnings"])
    assert (tmp_path / "x.png").exists()


def test_a_source_inside_the_patient_is_refused(capsys):
    assert main(["fluoro", "--size", "64", "--json", "--lao-deg", "0", "--isocentre-mm", "0", "640", "0"]) == 2
    assert "source lies inside the patient" in capsys.readouterr().err.replace("\n", " ")


def test_a_ct_is_looked_at_without_bones(tmp_path: Path, capsys):
    values = np.full((30, 30, 30), -1000.0, dtype=np.float32)
    values[5:25, 5:25, 5:25] = 30.0
    values[12:18, 12:18, 12:18] = 700.0
    nibabel.save(nibabel.Nifti1Image(values, np.diag([4.0, 4.0, 4.0, 1.0])), tmp_path / "ct.nii")
    arguments = ["fluoro", "--ct", str(tmp_path / "ct.nii"), "--size", "64", "--out", str(tmp_path / "x.png"), "--json"]
    assert main([*arguments, "--lao-deg", "10"]) == 0
    assert json.loads(capsys.readouterr().out)["lao_deg"] == 10.0
    assert main([*arguments, "--view", "lateral"]) == 2
    assert "give --anatomy" in capsys.readouterr().err.replace("\n", " ")
    assert main([*arguments, "--anatomy", "reference", "--view", "lateral"]) == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "--out FILE.png"),
        (["--out", "a.jpg"], "must end in .png or .dcm"),
        (["--out", "absent/a.png"], "does not exist"),
        (["--json", "--view", "laterl"], "did you mean 'lateral'"),
        (["--json", "--view", "ap", "--lao-deg", "3"], "either --view or --lao-deg"),
        (["--json", "--lao-deg", "140"], "--lao-deg is 140; this system reaches from -110 to 110"),
        (["--json", "--cranial-deg", "-80"], "--cranial-deg is -80"),
        (["--json", "--size", "7"], "--size is 7"),
        (["--json", "--sod-mm", "5"], "--sod-mm is 5"),
        (["--json", "--collimator-mm", "900"], "--collimator-mm is 900"),
        (["--json", "--receptor-dose-ngy", "0"], "--receptor-dose-ngy is 0; without dose there is no picture"),
        (["--json", "--energy-kev", "120"], "--energy-kev is 120"),
        (["--json", "--mode", "fast"], "accepted: averaged, live, spot"),
        (["--json", "--side", "rigth"], "did you mean 'right'"),
        (["--json", "--view", "down_the_barrel_1"], "give a plan"),
        (["--json", "--ct", "absent.nii"], "there is no such file"),
        (["--json", "--ct", "absent.nii", "--plan", "a.json"], "give --anatomy with it"),
        (["--json", "--ct", "absent.nii", "--landmarks"], "--landmarks belongs to a patient: give --anatomy"),
        (["--json", "--ct", "absent.nii", "--bowel"], "leave it out with --ct"),
        (["--json", "--view", ""], "--view is empty"),
        (["--json", "--sid-mm", "0"], "--sid-mm is 0"),
        (["--json", "--sod-mm", "0"], "--sod-mm is 0"),
        (["--json", "--field-mm", "0"], "--field-mm is 0"),
        (["--json", "--isocentre-mm", "nan", "0", "0"], "--isocentre-mm is nan, 0, 0; it must be three finite numbers"),
    ],
)
def test_wrong_input_is_one_clear_message(arguments, words, tmp_path: Path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["fluoro", *arguments]) == 2
    captured = capsys.readouterr()
    assert words in captured.err.replace("\n", " ")
    assert captured.out == ""
    assert list(tmp_path.iterdir()) == []
