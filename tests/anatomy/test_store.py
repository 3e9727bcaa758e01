"""The cache of built patients."""

import os
from dataclasses import replace

import pytest

from rfplan.anatomy import store
from rfplan.anatomy.patient_file import patient_bytes


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("RFPLAN_CACHE_DIR", str(tmp_path / "cache"))
    # whoever edits the package while the tests run changes its digest
    monkeypatch.setattr(store, "code_digest", lambda: "code")
    return tmp_path / "cache" / "patients"


def maker(patient):
    calls = []

    def build():
        calls.append(1)
        return replace(patient, name=f"made {len(calls)} times")

    return build, calls


def test_the_second_call_does_not_build(reference, folder):
    build, calls = maker(reference)
    first = store.kept_patient("a", build)
    second = store.kept_patient("a", build)
    assert len(calls) == 1
    assert patient_bytes(first) == patient_bytes(second)
    store.kept_patient("b", build)
    assert len(calls) == 2


def test_changed_code_or_figures_build_again(reference, folder, monkeypatch):
    build, calls = maker(reference)
    store.kept_patient("a", build)
    monkeypatch.setattr(store, "code_digest", lambda: "another")
    store.kept_patient("a", build)
    assert len(calls) == 2


def test_a_damaged_entry_is_built_again(reference, folder):
    build, calls = maker(reference)
    store.kept_patient("a", build)
    (entry,) = folder.iterdir()
    entry.write_bytes(entry.read_bytes()[:-100])
    store.kept_patient("a", build)
    store.kept_patient("a", build)
    assert len(calls) == 2


def test_a_cache_that_cannot_be_written_is_no_error(reference, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("RFPLAN_CACHE_DIR", str(tmp_path / "file"))
    build, _ = maker(reference)
    assert store.kept_patient("a", build).name == "made 1 times"
    assert store.kept_patient("a", build).name == "made 2 times"


def test_the_oldest_go_when_it_is_full(reference, folder, monkeypatch):
    build, _ = maker(reference)
    store.kept_patient("a", build)
    (first,) = folder.iterdir()
    os.utime(first, (1e9, 1e9))
    monkeypatch.setattr(store, "LARGEST_BYTES", int(1.5 * first.stat().st_size))
    store.kept_patient("b", build)
    assert len(list(folder.iterdir())) == 1
    assert not first.exists()


def test_digests_tell_contents_and_names_apart(tmp_path):
    (tmp_path / "a.stl").write_bytes(b"12")
    one = store.source_digest(tmp_path)
    (tmp_path / "a.stl").write_bytes(b"13")
    two = store.source_digest(tmp_path)
    (tmp_path / "a.stl").rename(tmp_path / "b.stl")
    assert len({one, two, store.source_digest(tmp_path), store.source_digest(tmp_path / "b.stl")}) == 4


def test_the_digest_of_the_code_covers_figures_and_modules(monkeypatch, tmp_path):
    import shutil

    from rfplan import figures

    data = tmp_path / "anatomy"
    shutil.copytree(figures.anatomy_folder(), data)
    monkeypatch.setattr(figures, "anatomy_folder", lambda: data)
    before = store.code_digest()
    assert store.code_digest() == before
    path = data / "nerves.toml"
    path.write_text(path.read_text() + "# changed\n")
    assert store.code_digest() != before
