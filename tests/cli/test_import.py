"""``rfplan import`` from files to exit status: what works, and every input that must not."""

import json
import shutil

import nibabel
import numpy as np
import pytest
import trimesh

from rfplan.anatomy.patient_file import load_patient
from rfplan.cli import main
from rfplan.geometry.distance import DistanceField

RAS = np.array([-1.0, -1.0, 1.0])


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("RFPLAN_CACHE_DIR", str(tmp_path_factory.getbasetemp() / "cache"))


def save_mesh(path, vertices, faces):
    trimesh.Trimesh(vertices, faces, process=False).export(path)


@pytest.fixture(scope="module")
def bones():
    """Coarse bones of the reference patient, so that reading them takes no time."""
    from rfplan.anatomy.reference import parametric_pelvis

    return {name: (mesh.vertices_mm, mesh.faces) for name, mesh in parametric_pelvis(spacing_mm=1.5).bones.items()}


@pytest.fixture
def folder(bones, tmp_path):
    """The reference bones as files, one of each kind."""
    made = tmp_path / "person"
    made.mkdir()
    for (name, (vertices, faces)), suffix in zip(bones.items(), (".ply", ".stl", ".ply", ".obj"), strict=True):
        save_mesh(made / f"{name}{suffix}", vertices, faces)
    return made


def refused(capsys, tmp_path, *arguments):
    """The one message of a run that must end with status 2 and leave nothing behind."""
    before = sorted(tmp_path.rglob("*"))
    status = main(["import", *map(str, arguments), "--out", str(tmp_path / "out.rfpatient")])
    told = capsys.readouterr()
    assert status == 2, told.err
    assert told.out == ""
    assert "Traceback" not in told.err
    assert len(told.err.strip().splitlines()) == 1, told.err
    assert sorted(tmp_path.rglob("*")) == before
    return told.err


def test_a_folder_of_meshes(folder, tmp_path, capsys, reference):
    out = tmp_path / "person.rfpatient"
    assert main(["import", str(folder), "--out", str(out), "--json"]) == 0
    told = capsys.readouterr()
    summary = json.loads(told.out)
    assert summary["schema"] == "rfplan/patient/1"
    assert summary["frame"] == "LPS"
    assert {(entry["level"], entry["side"]) for entry in summary["foramina"]} == {
        (f.level, f.side) for f in reference.foramina
    }
    for entry in summary["foramina"]:
        assert set(entry) == {"level", "side", "centre_mm", "axis", "diameter_mm", "status", "confidence"}
        assert 0.0 <= entry["confidence"] <= 1.0
        if entry["status"] == "found":
            true = reference.foramen(entry["level"], entry["side"])
            assert np.linalg.norm(true.centre_mm - entry["centre_mm"]) < 3.0
    assert {"name", "position_mm", "status", "confidence"} == set(summary["landmarks"][0])
    assert abs(summary["true_ap"]["cranial_deg"] - reference.frame.cranial_deg) < 4.0
    patient = load_patient(out)
    assert [list(f.centre_mm) for f in patient.foramina if f.name == "S1_left"] == [
        entry["centre_mm"] for entry in summary["foramina"] if (entry["level"], entry["side"]) == ("S1", "left")
    ]


def test_flags_stated_positions_and_words_for_a_person(bones, tmp_path, capsys, reference):
    """The same bones in RAS and metres, with one position stated in yet another frame."""
    turned = tmp_path / "ras"
    turned.mkdir()
    for name, (vertices, faces) in bones.items():
        save_mesh(turned / f"{name.upper()}.ply", vertices * RAS * 1e-3, faces)
    (turned / "Sacrum_old.ply").write_text("not read")
    centre = reference.foramen("S2", "right").centre_mm + [1.0, 0.0, 0.5]
    (tmp_path / "marks.json").write_text(
        json.dumps({"frame": "RAS", "foramina": {"S2_right": (centre * RAS).tolist()}})
    )
    flags = ["--frame", "RAS", "--unit", "m", "--landmarks", str(tmp_path / "marks.json")]
    assert main(["import", str(turned), *flags, "--out", str(tmp_path / "p.rfpatient")]) == 0
    told = capsys.readouterr()
    assert "S1 left" in told.out
    assert "Sacrum_old.ply" in told.out
    patient = load_patient(tmp_path / "p.rfpatient")
    stated = patient.foramen("S2", "right")
    assert (stated.status, stated.confidence) == ("given", 1.0)
    assert np.allclose(stated.centre_mm, centre)
    for foramen in patient.foramina:
        if foramen.status == "found":
            assert np.linalg.norm(foramen.centre_mm - reference.foramen(foramen.level, foramen.side).centre_mm) < 3.0


# --- what must be refused ---------------------------------------------------------------------------------------------


def test_nothing_there(tmp_path, capsys):
    assert "no such file or folder" in refused(capsys, tmp_path, tmp_path / "none")


def test_no_sacrum_and_a_name_that_is_nearly_one(folder, tmp_path, capsys):
    (folder / "sacrum.ply").rename(folder / "sacrun.ply")
    message = refused(capsys, tmp_path, folder)
    assert "no sacrum" in message
    assert "did you mean sacrum.ply" in message


def test_two_files_for_a_bone(folder, tmp_path, capsys):
    shutil.copy(folder / "sacrum.ply", folder / "SACRUM.PLY")
    assert "two files for one bone" in refused(capsys, tmp_path, folder)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.98])
@pytest.mark.parametrize("name", ["sacrum.ply", "hip_left.stl", "vertebrae_L5.obj"])
def test_empty_and_truncated_files(folder, tmp_path, capsys, name, share):
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[: int(share * len(content))])
    if name.endswith(".obj") and share == 0.98:
        pytest.skip("a text without end mark that lacks its last faces is a mesh with a hole")
    assert name in refused(capsys, tmp_path, folder)


def test_vertices_that_are_no_numbers(folder, bones, tmp_path, capsys):
    vertices = bones["sacrum"][0].copy()
    vertices[5] = np.nan
    save_mesh(folder / "sacrum.ply", vertices, bones["sacrum"][1])
    message = refused(capsys, tmp_path, folder)
    assert "sacrum.ply" in message
    assert "not finite" in message


def changed(folder, bones, change):
    for path in folder.iterdir():
        vertices, faces = bones[path.stem]
        save_mesh(path, *change(path.stem, vertices, faces))


def test_metres(folder, bones, tmp_path, capsys):
    changed(folder, bones, lambda name, v, f: (v * 1e-3, f))
    assert "--unit m" in refused(capsys, tmp_path, folder)


def test_ras_declared_lps(folder, bones, tmp_path, capsys):
    changed(folder, bones, lambda name, v, f: (v * RAS, f))
    assert "--frame RAS" in refused(capsys, tmp_path, folder)


def test_left_and_right_swapped(folder, bones, tmp_path, capsys):
    other = {"hip_left": "hip_right", "hip_right": "hip_left"}
    changed(folder, bones, lambda name, v, f: bones[other.get(name, name)])
    assert "left and right are swapped" in refused(capsys, tmp_path, folder)


def test_upside_down(folder, bones, tmp_path, capsys):
    changed(folder, bones, lambda name, v, f: (v * [1.0, -1.0, -1.0], f))
    assert "upside down" in refused(capsys, tmp_path, folder)


def test_only_the_sacrum_upside_down(folder, bones, tmp_path, capsys):
    changed(folder, bones, lambda name, v, f: (v * ([1.0, -1.0, -1.0] if name == "sacrum" else 1.0), f))
    assert "upside down" in refused(capsys, tmp_path, folder)


def test_two_sacra(folder, bones, tmp_path, capsys):
    vertices, faces = bones["sacrum"]
    save_mesh(
        folder / "sacrum.ply",
        np.concatenate([vertices, vertices + [150.0, 0, 0]]),
        np.concatenate([faces, faces + len(vertices)]),
    )
    message = refused(capsys, tmp_path, folder)
    assert "sacrum.ply" in message
    assert "two bones" in message


def test_a_mesh_that_cannot_be_closed(folder, bones, tmp_path, capsys):
    vertices, faces = bones["sacrum"]
    kept = vertices[faces].mean(axis=1)[:, 0] < np.percentile(vertices[:, 0], 70) + 8.0 * np.sin(
        vertices[faces].mean(axis=1)[:, 2] / 4.0
    )
    save_mesh(folder / "sacrum.ply", vertices, faces[kept])
    message = refused(capsys, tmp_path, folder)
    assert "not closed" in message
    assert "open edges" in message


def test_a_landmark_file_with_a_wrong_name_or_place(folder, tmp_path, capsys):
    marks = tmp_path / "marks.json"
    marks.write_text(json.dumps({"foramina": {"S1_let": [0, 0, 0]}}))
    assert "did you mean 'S1_left'" in refused(capsys, tmp_path, folder, "--landmarks", marks)
    marks.write_text(json.dumps({"foramina": {"S1_left": [300, 0, 0]}}))
    assert "mm from the nearest bone" in refused(capsys, tmp_path, folder, "--landmarks", marks)


def test_a_stated_side_that_is_the_other(folder, tmp_path, capsys, reference):
    marks = tmp_path / "marks.json"
    marks.write_text(json.dumps({"foramina": {"S1_left": reference.foramen("S1", "right").centre_mm.tolist()}}))
    assert "S1_left" in refused(capsys, tmp_path, folder, "--landmarks", marks)


def test_an_output_folder_that_is_not_there(folder, tmp_path, capsys):
    status = main(["import", str(folder), "--out", str(tmp_path / "none" / "p.rfpatient")])
    assert status == 2
    assert "--out" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["p.stl", "p.NII.gz", "p.json"])
def test_a_patient_file_is_not_named_as_what_it_is_not(folder, tmp_path, capsys, name):
    assert main(["import", str(folder), "--out", str(tmp_path / name)]) == 2
    assert "such as .rfpatient" in capsys.readouterr().err
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize("flag", [("--frame", "LAS"), ("--unit", "inch"), ("--bones", "x")])
def test_wrong_flags(folder, tmp_path, capsys, flag):
    assert main(["import", str(folder), *flag]) == 2
    assert flag[0].lstrip("-") in capsys.readouterr().err.lower()


def label_map(bones, path, spacing=2.0, shear=0.0, label=25):
    vertices, faces = bones["sacrum"]
    from rfplan.geometry.mesh import Mesh

    bounds = np.stack([vertices.min(axis=0) - 5.0, vertices.max(axis=0) + 5.0])
    field = DistanceField.of([Mesh(vertices, faces)], bounds, spacing, 2 * spacing)
    affine = np.diag([-spacing, -spacing, spacing, 1.0])
    affine[:3, 3] = bounds[0] * RAS
    affine[0, 2] += shear
    nibabel.save(nibabel.Nifti1Image((field.values_mm < 0).astype(np.uint8) * label, affine), path)


def test_a_labelled_ct(bones, tmp_path, capsys):
    label_map(bones, tmp_path / "ct.nii.gz", spacing=1.25)
    assert main(["import", str(tmp_path / "ct.nii.gz"), "--json"]) == 0
    told = capsys.readouterr()
    summary = json.loads(told.out)
    assert sum(entry["status"] == "found" for entry in summary["foramina"]) >= 6
    assert any("hip" in said for said in summary["warnings"])
    assert any("vertebrae_L5" in said and "estimated" in said for said in summary["warnings"])


def test_label_maps_that_must_be_refused(bones, tmp_path, capsys):
    path = tmp_path / "ct.nii.gz"
    label_map(bones, path, shear=0.5)
    assert "sheared" in refused(capsys, tmp_path, path)
    label_map(bones, path, label=3)
    assert "no voxel has the label 25" in refused(capsys, tmp_path, path)
    label_map(bones, path)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    assert "truncated" in refused(capsys, tmp_path, path)
    path.write_bytes(b"")
    assert "empty" in refused(capsys, tmp_path, path)


@pytest.mark.real
@pytest.mark.slow
@pytest.mark.parametrize(("name", "limit"), [("hra_female", 2.5), ("jhu_24", 3.0), ("artisynth_male", 3.0)])
def test_real_people(real_anatomy, tmp_path, capsys, name, limit):
    assert main(["import", str(real_anatomy / name), "--out", str(tmp_path / "p.rfpatient"), "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    stated = json.loads((real_anatomy / "foramina.json").read_text())[name]
    found = {f"{e['level']}_{e['side']}": e for e in summary["foramina"] if e["status"] == "found"}
    assert set(found) == set(stated)
    for key, entry in stated.items():
        assert np.linalg.norm(np.array(found[key]["centre_mm"]) - entry["centre_mm"]) <= limit
