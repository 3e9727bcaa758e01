"""Patients that were built before, kept in the cache folder of this machine."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from rfplan.anatomy.patient import Patient
from rfplan.cache import cache_folder
from rfplan.errors import RfplanError

__all__ = ["cache_folder", "code_digest", "kept_patient", "source_digest"]

LARGEST_BYTES: Final = 300_000_000
"""The oldest patients are dropped from the cache beyond this."""

_SUFFIX: Final = ".rfpatient"


def kept_patient(key: str, build: Callable[[], Patient]) -> Patient:
    """The patient that ``build`` makes, from the cache where it was made before.

    ``key`` names everything that ``build`` depends on besides this package. The version and the text of the package count in
    too, so that a changed figure or line of code is never answered with an old patient. A cache that cannot be read or written
    costs time and nothing else.
    """
    path = cache_folder() / "patients" / f"{_digest(key.encode(), code_digest().encode())}{_SUFFIX}"
    found = _kept(path)
    if found is not None:
        return found
    patient = build()
    _keep(patient, path)
    return patient


def source_digest(path: Path) -> str:
    """Digest of a file, or of the names and contents of the files in a folder."""
    try:
        if path.is_dir():
            files = sorted(entry for entry in path.iterdir() if entry.is_file())
            return _digest(*(part for entry in files for part in (entry.name.encode(), entry.read_bytes())))
        return _digest(path.read_bytes())
    except OSError:
        # the import itself says what is wrong with it
        return "unreadable"


def code_digest() -> str:
    """Digest of the version of the package and of every module and figure that a patient is made from."""
    import rfplan
    from rfplan.figures import anatomy_folder

    package = Path(rfplan.__file__).parent
    files = [
        *_files(package / "anatomy", ".py"),
        *_files(package / "geometry", ".py"),
        *_files(anatomy_folder(), ".toml"),
    ]
    parts = (part for path in files for part in (path.name.encode(), path.read_bytes()))
    return _digest(rfplan.__version__.encode(), *parts)


def _files(folder: Path, suffix: str) -> Iterator[Path]:
    return iter(sorted(path for path in folder.iterdir() if path.suffix == suffix))


def _digest(*parts: bytes) -> str:
    total = hashlib.sha256()
    for part in parts:
        # the length keeps "ab", "c" apart from "a", "bc"
        total.update(len(part).to_bytes(8, "little"))
        total.update(part)
    return total.hexdigest()[:40]


def _kept(path: Path) -> Patient | None:
    from rfplan.anatomy.patient_file import read_patient

    if not path.is_file():
        return None
    try:
        patient = read_patient(path)
    except RfplanError:
        return None
    with contextlib.suppress(OSError):
        path.touch()
    return patient


def _keep(patient: Patient, path: Path) -> None:
    from rfplan.anatomy.patient_file import save_patient

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        save_patient(patient, path)
        _drop_oldest(path.parent)
    except (OSError, RfplanError):
        pass


def _drop_oldest(folder: Path) -> None:
    entries = sorted(folder.glob(f"*{_SUFFIX}"), key=lambda path: path.stat().st_mtime, reverse=True)
    total = 0
    for newer, entry in enumerate(entries):
        total += entry.stat().st_size
        if total > LARGEST_BYTES and newer > 0:
            entry.unlink(missing_ok=True)
