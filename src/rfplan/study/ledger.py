"""The folder of a study: its manifest, and chunks that appear complete or not at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

import rfplan
from rfplan.errors import InputError
from rfplan.study.chunk import chunk_count
from rfplan.study.design import StudyDesign, checked, design_from
from rfplan.study.stated_lesions import stated_lesions
from rfplan.study.version import version_here
from rfplan.whole_file import half_written, write_whole

SCHEMA: Final = "rfplan/study/1"
MANIFEST: Final = "manifest.json"
_ROWS_AT_ONCE = 10_000


@dataclass(frozen=True)
class Ledger:
    """A folder that holds a study; ``digests`` by chunk number are those of the chunks that are finished.

    ``damaged`` are the numbers of chunks that were finished and no longer are what they were.
    """

    folder: Path
    design: StudyDesign
    digests: dict[int, str]
    damaged: tuple[int, ...] = ()

    @classmethod
    def opened(cls, folder: Path, design: StudyDesign, resume: bool) -> Ledger:
        """The ledger of ``design`` in ``folder``; :meth:`begin` makes the folder where it is missing.

        Raises
        ------
        InputError : the folder holds another study, one begun by another version or with other figures, a manifest that cannot be read,
            or files of other origin; or it holds this study and ``resume`` is not set
        """
        path = folder / MANIFEST
        if not path.exists():
            if folder.exists() and not folder.is_dir():
                raise InputError(f"--out {folder} is a file; give a new or empty folder")
            if folder.exists() and not _begun_only(folder):
                raise InputError(f"--out {folder} is not empty and holds no study; give a new or empty folder")
            return cls(folder, design, {})
        held, digests, made_by = _read(path)
        if held.hash != design.hash:
            raise InputError(f"--out {folder} holds another study, {_difference(held, design)}; give another folder")
        if not resume:
            raise InputError(f"--out {folder} holds this study already; --resume completes it")
        if made_by != version_here():
            raise InputError(
                f"{path} was begun by rfplan {made_by}, this is {version_here()}: figures (anatomy/*.toml) or kernels have changed since, "
                "and half of a table would not fit the other; give another folder"
            )
        return cls._looked_through(folder, design, digests)

    @classmethod
    def found(cls, folder: Path) -> Ledger:
        """The ledger of the study that ``folder`` holds; InputError where it holds none."""
        if not (folder / MANIFEST).exists():
            raise InputError(f"{folder} holds no study: there is no {MANIFEST} in it")
        design, digests, _ = _read(folder / MANIFEST)
        return cls._looked_through(folder, design, digests)

    @classmethod
    def _looked_through(cls, folder: Path, design: StudyDesign, digests: dict[int, str]) -> Ledger:
        for left_over in (*half_written(folder), *half_written(folder / "chunks")):
            # half written when the study was killed
            left_over.unlink(missing_ok=True)
        good: dict[int, str] = {}
        damaged = []
        for number, digest in sorted(digests.items()):
            path = folder / "chunks" / f"chunk-{number:06d}.parquet"
            same = path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == digest
            if same and number < chunk_count(design):
                good[number] = digest
            else:
                damaged.append(number)
        return cls(folder, design, good, tuple(damaged))

    @property
    def missing(self) -> list[int]:
        """Numbers of the chunks that are still to be computed."""
        return [number for number in range(chunk_count(self.design)) if number not in self.digests]

    def path(self, number: int) -> Path:
        """File of a chunk."""
        return self.folder / "chunks" / f"chunk-{number:06d}.parquet"

    def begin(self) -> None:
        """Make the folder and its manifest, where they are missing; OSError where that cannot be."""
        (self.folder / "chunks").mkdir(parents=True, exist_ok=True)
        if not (self.folder / MANIFEST).exists():
            self.write()

    def keep(self, number: int, content: bytes) -> None:
        """Write a chunk, then note it in the manifest: killed in between, it is computed anew."""
        write_whole(self.path(number), content, durable=True)
        self.digests[number] = hashlib.sha256(content).hexdigest()
        self.write()

    def write(self) -> None:
        """Write the manifest."""
        document = {
            "schema": SCHEMA,
            "rfplan": rfplan.__version__,
            "made_by": version_here(),
            "design": self.design.to_json(),
            "design_hash": self.design.hash,
            "seed": self.design.seed,
            "lesions": stated_lesions(self.design),
            "chunks": chunk_count(self.design),
            "sha256": {str(number): digest for number, digest in sorted(self.digests.items())},
        }
        write_whole(self.folder / MANIFEST, (json.dumps(document, indent=1) + "\n").encode(), durable=True)

    def tables(self) -> Iterator[pl.DataFrame]:
        """The finished chunks in order."""
        return (pl.read_parquet(self.path(number)) for number in sorted(self.digests))

    def parts(self, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
        """The columns of those names of the finished chunks, in order and some at a time: a :data:`rfplan.study.parts.Parts`."""
        numbers = sorted(self.digests)
        if not numbers:
            return
        known = pl.read_parquet_schema(self.path(numbers[0]))
        wanted = [name for name in columns if name in known]
        step = max(1, _ROWS_AT_ONCE // (self.design.chunk * len(self.design.strategies)))
        for first in range(0, len(numbers), step):
            paths = [self.path(number) for number in numbers[first : first + step]]
            yield pl.read_parquet(paths, columns=wanted, glob=False)


def _begun_only(folder: Path) -> bool:
    """True for an empty folder, and for one that was being made when the study was killed."""
    held = set(folder.iterdir()) - set(half_written(folder))
    return all(entry.name == "chunks" and entry.is_dir() and not any(entry.iterdir()) for entry in held)


def _difference(held: StudyDesign, asked: StudyDesign) -> str:
    there, here = held.to_json(), asked.to_json()
    for key, value in here.items():
        if there[key] != value:
            plain = not isinstance(value, list | tuple | dict) and not isinstance(there[key], list | tuple | dict)
            return f"whose {key} is {there[key]!r}, not {value!r}" if plain else f"with other {key}"
    return "with other recipe files"


def _read(path: Path) -> tuple[StudyDesign, dict[int, str], str]:
    try:
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if document["schema"] != SCHEMA:
            raise InputError(f"{path}: schema is {document['schema']!r}; accepted: {SCHEMA!r}")
        if document["rfplan"] != rfplan.__version__:
            raise InputError(
                f"{path} was written by version {document['rfplan']}, this is {rfplan.__version__}; a study is finished by the version "
                "that began it"
            )
        try:
            design = checked(design_from(document["design"]))
        except InputError as error:
            raise InputError(f"{path}: its design is not one: {error}; give another folder") from error
        if design.hash != document["design_hash"]:
            raise InputError(
                f"{path} does not match: its design has the hash {design.hash}, it says {document['design_hash']}"
            )
        digests = {int(number): str(digest) for number, digest in document["sha256"].items()}
        return design, digests, str(document["made_by"])
    except KeyError as error:
        raise InputError(
            f"{path} is not the manifest of a study: key {error} is missing; give another folder"
        ) from error
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise InputError(f"{path} is not the manifest of a study: {error}; give another folder") from error
