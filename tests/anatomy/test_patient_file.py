"""A patient in one file: the same when loaded back, refused when anything is wrong with it."""

import io
import json
import zipfile
from dataclasses import fields, is_dataclass, replace
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from rfplan.anatomy.chart import DorsalChart
from rfplan.anatomy.foramen import Foramen
from rfplan.anatomy.landmarks import Curve, Landmark
from rfplan.anatomy.nerve import Nerve
from rfplan.anatomy.patient import Patient
from rfplan.anatomy.patient_file import (
    is_patient_file,
    load_patient,
    patient_bytes,
    patient_of_bytes,
    read_patient,
    save_patient,
)
from rfplan.anatomy.skin import SkinSurface
from rfplan.errors import InputError
from rfplan.geometry.distance import DistanceField
from rfplan.geometry.frames import ApFrame, Isometry
from rfplan.geometry.mesh import Mesh


def same(one, other):
    """True if both are of the same type and, to the bit, the same."""
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
    if is_dataclass(one):
        return all(same(getattr(one, f.name), getattr(other, f.name)) for f in fields(one))
    if isinstance(one, dict | MappingProxyType):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
    return one == other or (one != one and other != other)


any_float = st.floats(allow_nan=True, allow_infinity=True)
points = hnp.arrays(np.float64, st.tuples(st.integers(1, 5), st.just(3)), elements=any_float)
point = hnp.arrays(np.float64, (3,), elements=any_float)
grid = hnp.arrays(np.float64, st.tuples(st.integers(2, 4), st.integers(2, 4)), elements=any_float)
sides = st.sampled_from(["left", "right"])
statuses = st.sampled_from(["found", "estimated", "absent", "given"])
numbers = st.floats(allow_nan=False, allow_infinity=False)
words = st.text(max_size=12)
plain = st.recursive(
    st.none() | st.booleans() | st.integers() | numbers | words,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(words.filter(lambda key: not key.startswith("$")), inner, max_size=3)
    ),
    max_leaves=6,
)


@st.composite
def isometries(draw):
    motion = Isometry.rotation(draw(st.sampled_from([(1, 0, 0), (0.6, 0.8, 0)])), draw(st.floats(-180, 180)))
    return Isometry(motion.matrix, draw(hnp.arrays(float, (3,), elements=st.floats(-1e3, 1e3))))


@st.composite
def patients(draw):
    motion = draw(isometries())
    frame = ApFrame(draw(point), *motion.matrix)
    mesh = st.builds(Mesh, points, hnp.arrays(np.int64, (2, 3), elements=st.integers(0, 4)))
    values = hnp.arrays(np.float32, (2, 3, 2), elements=st.floats(width=32))
    return Patient(
        name=draw(words),
        source=draw(words),
        bones=draw(st.dictionaries(st.sampled_from(["sacrum", "hip_left", "vertebrae_L5"]), mesh)),
        chart=DorsalChart(frame, draw(numbers), draw(numbers), draw(numbers), draw(grid), draw(grid)),
        foramina=tuple(
            draw(
                st.lists(
                    st.builds(Foramen, words, sides, point, point, points, points, numbers, statuses, numbers),
                    max_size=3,
                )
            )
        ),
        landmarks=draw(
            st.dictionaries(
                words.filter(lambda k: not k.startswith("$")),
                st.builds(Landmark, words, point, statuses, numbers),
                max_size=2,
            )
        ),
        curves={"lateral_crest_left": draw(st.builds(Curve, words, points, statuses, numbers))},
        nerves=tuple(draw(st.lists(st.builds(Nerve, words, sides, st.integers(1, 9), points, numbers), max_size=2))),
        skin=SkinSurface(draw(point), motion.matrix, draw(numbers), draw(numbers), draw(numbers), draw(grid)),
        bone_distance=DistanceField(draw(point), draw(numbers), draw(values), draw(numbers), motion),
        repairs=tuple(draw(st.lists(words, max_size=2))),
        warnings=tuple(draw(st.lists(words, max_size=2))),
        provenance=draw(st.dictionaries(words.filter(lambda k: not k.startswith("$")), plain, max_size=3)),
    )


@given(patients())
@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_any_patient_comes_back_the_same(patient):
    content = patient_bytes(patient)
    assert same(patient_of_bytes(content, "file"), patient)
    assert patient_bytes(patient_of_bytes(content, "file")) == content


def test_the_reference_patient_comes_back_the_same(reference, tmp_path):
    path = tmp_path / "reference.rfpatient"
    save_patient(reference, path)
    assert is_patient_file(path)
    assert same(load_patient(path), reference)
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


@pytest.fixture(scope="module")
def small():
    """A patient of no more than a few arrays, as a file."""
    frame = ApFrame([0, 0, 0], [1, 0, 0], [0, 0, -1], [0, 1, 0])
    field = DistanceField([0, 0, 0], 1.0, np.zeros((2, 2, 2)), 8.0)
    patient = Patient(
        "small", "made by a test", {"sacrum": Mesh(np.eye(3), [[0, 1, 2]])}, DorsalChart(frame, 1.0, 0.0, 0.0, np.eye(3), np.eye(3)),
        (), {}, {}, (), SkinSurface([0, 0, 0], np.eye(3), 1.0, 0.0, 0.0, np.zeros((2, 2))), field,
    )  # fmt: skip
    return patient, patient_bytes(patient)


@given(share=st.floats(0.0, 0.9999))
def test_a_truncated_file_is_refused(small, share):
    content = small[1]
    with pytest.raises(InputError, match=r"p\.rfpatient") as caught:
        patient_of_bytes(content[: int(share * len(content))], "p.rfpatient")
    assert "\n" not in str(caught.value)


@given(place=st.floats(0.0, 0.9999), value=st.integers(0, 255))
@settings(max_examples=300)
def test_a_damaged_file_is_refused_or_still_the_same(small, place, value):
    patient, content = small
    damaged = bytearray(content)
    damaged[int(place * len(content))] = value
    try:
        loaded = patient_of_bytes(bytes(damaged), "p.rfpatient")
    except InputError as error:
        assert "p.rfpatient" in str(error)
    else:
        assert same(loaded, patient)


def rewritten(content, change):
    """The file with its header changed."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        blobs = {name: archive.read(name) for name in archive.namelist()}
    header = json.loads(blobs["header.json"])
    change(header)
    blobs["header.json"] = json.dumps(header).encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, blob in blobs.items():
            archive.writestr(name, blob)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda h: h.update(schema="rfplan/patient/2"),
            "schema is 'rfplan/patient/2'; this version of rfplan reads 'rfplan/patient/1'",
        ),
        (lambda h: h.update(schema=7), "schema is 7"),
        (lambda h: h.pop("schema"), "not a readable patient file"),
        (lambda h: h["patient"].update(extra=1), "not a readable patient file"),
        (lambda h: h["patient"].pop("chart"), "not a readable patient file"),
        (lambda h: h["patient"].update({"$record": "Path"}), "not a readable patient file"),
        (lambda h: h["patient"].update({"$record": "ApFrame"}), "not a readable patient file"),
        (lambda h: h.update(patient=None), "damaged"),
        (lambda h: h["sha256"].update({"0000.npy": "0"}), "damaged"),
    ],
)
def test_other_contents_are_refused(small, change, message):
    with pytest.raises(InputError, match=message):
        patient_of_bytes(rewritten(small[1], change), "p.rfpatient")


def test_pickled_arrays_are_not_read(small):
    import hashlib

    blob = io.BytesIO()
    np.save(blob, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with zipfile.ZipFile(io.BytesIO(small[1])) as archive:
        blobs = {name: archive.read(name) for name in archive.namelist()}
    blobs["0000.npy"] = blob.getvalue()
    header = json.loads(blobs["header.json"])
    header["sha256"]["0000.npy"] = hashlib.sha256(blob.getvalue()).hexdigest()
    blobs["header.json"] = json.dumps(header).encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in blobs.items():
            archive.writestr(name, content)
    with pytest.raises(InputError, match="not a readable patient file"):
        patient_of_bytes(buffer.getvalue(), "p.rfpatient")


def test_files_that_are_something_else(tmp_path):
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "other.zip").write_bytes(b"PK\x03\x04 something")
    for name, message in (
        ("empty", "empty"),
        ("other.zip", "not a readable patient file"),
        ("none", "cannot be read"),
    ):
        with pytest.raises(InputError, match=message):
            read_patient(tmp_path / name)


def test_a_place_that_cannot_be_written_is_named_and_nothing_is_left(small, tmp_path):
    with pytest.raises(InputError, match="cannot be written"):
        save_patient(small[0], tmp_path / "no" / "such" / "p.rfpatient")
    (tmp_path / "p.rfpatient").mkdir()
    with pytest.raises(InputError, match="cannot be written"):
        save_patient(small[0], tmp_path / "p.rfpatient")
    assert [entry.name for entry in tmp_path.iterdir()] == ["p.rfpatient"]


def test_what_cannot_be_kept_is_not_kept_in_part(small, tmp_path):
    with pytest.raises(TypeError, match="cannot be kept"):
        save_patient(replace(small[0], provenance={"when": object()}), tmp_path / "p.rfpatient")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_meshes_loads_and_is_fast_the_second_time(tmp_path, monkeypatch):
    import trimesh

    from rfplan.anatomy import patient_file, store
    from rfplan.anatomy.reference import parametric_pelvis

    monkeypatch.setenv("RFPLAN_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(store, "code_digest", lambda: "code")
    folder = tmp_path / "person"
    folder.mkdir()
    mesh = parametric_pelvis(spacing_mm=1.5).bones["sacrum"]
    trimesh.Trimesh(mesh.vertices_mm, mesh.faces, process=False).export(folder / "sacrum.ply")
    first = load_patient(folder)
    assert set(first.bones) == {"sacrum", "vertebrae_L5"}
    assert first.provenance["estimated_bones"] == ["vertebrae_L5"]
    assert any("vertebrae_L5" in said and "estimated" in said for said in first.warnings)

    def refuse(*_):
        raise AssertionError("imported again")

    monkeypatch.setattr(patient_file, "import_patient", refuse)
    assert same(load_patient(str(folder)), first)


def test_what_is_no_patient_is_named(tmp_path):
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "zero.rfpatient").write_bytes(b"")
    (tmp_path / "folder").mkdir()
    for name, message in (
        ("notes.txt", "neither a patient file"),
        ("zero.rfpatient", "is empty"),
        ("folder", "no sacrum"),
        ("none", "no such file or folder"),
    ):
        with pytest.raises(InputError, match=message) as caught:
            load_patient(tmp_path / name)
        assert name in str(caught.value)
