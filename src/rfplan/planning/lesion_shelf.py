"""Solved lesions for judging many patients: made ready once on a machine, held once in a process, named by a number.

Of every lesion the surface of the lethal isotherm is held, and of the coolest one its vertices, which tell the distance from the skin.
"""

from __future__ import annotations

import contextlib
import io
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from threading import RLock
from typing import IO, Any, Final
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from rfplan.cache import cache_folder
from rfplan.errors import ConvergenceError
from rfplan.geometry.arrays import IntArray
from rfplan.lesion.lesion import ISOTHERMS_C
from rfplan.lesion.lesion_map import LesionMap, SurfaceMap, lesion_map
from rfplan.lesion.map_table import MapTable, chosen_maps, map_table
from rfplan.lesion.problem import LesionProblem
from rfplan.lesion.store import kept_lesion, problem_digest
from rfplan.whole_file import write_whole

LARGEST_BYTES: Final = 300_000_000
"""What the lesions of one process take at most, unless a single chunk needs more."""

_LARGEST_FOLDER_BYTES: Final = 2_000_000_000
_PARTS = ("values_mm", "vertices_mm", "normals", "bends", "leaves", "faces", "origin_mm", "ball")
_LOOK_S = 0.2
_FIRST_ROWS = 64


@dataclass
class LesionShelf:
    """The lesions that one process holds, as a :class:`rfplan.lesion.map_table.MapTable` for the kernels; ``isotherm`` is the lethal one.

    A problem that could not be solved has the number -1. ``waited_s`` is the time that went by until lesions were ready, in all.
    """

    isotherm: int
    largest_bytes: int = LARGEST_BYTES
    waited_s: float = 0.0
    _numbers: dict[LesionProblem, int] = field(default_factory=dict)
    _rows: list[_Rows] = field(default_factory=list)
    _busy: RLock = field(default_factory=RLock)

    def held(self, problems: Sequence[LesionProblem]) -> tuple[IntArray, MapTable]:
        """:meth:`numbers` and the table that they count in; threads of one process may ask side by side."""
        with self._busy:
            return self.numbers(problems), self.table

    def numbers(self, problems: Sequence[LesionProblem]) -> IntArray:
        """(n,) numbers of the lesions of ``problems`` in :attr:`table`, -1 where one cannot be solved.

        What is missing is read from the folder of this machine, or solved: by one process only, whoever comes first.
        """
        asked = list(dict.fromkeys(problems))
        missing = [problem for problem in asked if problem not in self._numbers]
        if missing and sum(row.used_bytes for row in self._rows) > self.largest_bytes:
            self._make_room(set(asked))
        began = time.monotonic()
        for problem, entry in _made_ready(missing, self.isotherm):
            self._numbers[problem] = -1 if entry is None else self._add(entry)
        self.waited_s += time.monotonic() - began
        for problem in asked:
            # what was used last stands last
            self._numbers[problem] = self._numbers.pop(problem)
        return np.array([self._numbers[problem] for problem in problems], dtype=np.int64)

    @property
    def table(self) -> MapTable:
        """The lesions by number."""
        return MapTable(*(row.filled for row in self._rows)) if self._rows else map_table(())

    def _make_room(self, asked: set[LesionProblem]) -> None:
        """Keep what is ``asked`` and, in half of what may be held, what else was used last: a few problems make up most of a study."""
        table = self.table
        heads = table.heads
        nodes, (vertices, leaves, faces) = (
            heads[..., 1] * heads[..., 2] * heads[..., 3],
            (heads[..., k + 1] - heads[..., k] for k in (4, 6, 8)),
        )
        sizes = (4 * nodes + 28 * vertices + 32 * leaves + 12 * faces).sum(axis=1)
        held = [(problem, number) for problem, number in self._numbers.items() if number >= 0]
        room = self.largest_bytes // 2 - sum(int(sizes[number]) for problem, number in held if problem in asked)
        kept = []
        for problem, number in reversed(held):
            if problem not in asked:
                room -= int(sizes[number])
            if problem in asked or room >= 0:
                kept.append(problem)
        kept.reverse()
        self._rows = []
        chosen = chosen_maps(table, [self._numbers[problem] for problem in kept])
        unsolved = {problem: -1 for problem, number in self._numbers.items() if number < 0}
        self._numbers = unsolved | {problem: number for number, problem in enumerate(kept)}
        if kept:
            parts: Any = chosen
            self._rows = [_Rows(part) for part in parts]
            for row, part in zip(self._rows, parts, strict=True):
                row.add(part)

    def _add(self, entry: LesionMap) -> int:
        one = map_table((entry,))
        if not self._rows:
            self._rows = [_Rows(part) for part in map_table(())]
        number = len(self._rows[0].filled)
        values, vertices, leaves, faces = (len(getattr(self.table, name)) for name in _COUNTED)
        heads, there = one.heads.copy(), one.heads[..., 1] > 0
        heads[there] += np.array([values, 0, 0, 0, vertices, vertices, leaves, leaves, faces, faces])
        parts: Any = one._replace(heads=heads, faces=one.faces + np.int32(vertices))
        for row, part in zip(self._rows, parts, strict=True):
            row.add(part)
        return number


_COUNTED = ("values", "vertices", "leaves", "faces")


class _Rows:
    """An array that grows at its end."""

    def __init__(self, like: NDArray[Any]) -> None:
        self._held = np.empty((_FIRST_ROWS, *like.shape[1:]), like.dtype)
        self._used = 0

    def add(self, rows: NDArray[Any]) -> None:
        """Put ``rows`` behind those that there are."""
        end = self._used + len(rows)
        if end > len(self._held):
            more = np.empty((2 * end, *self._held.shape[1:]), self._held.dtype)
            more[: self._used] = self.filled
            self._held = more
        self._held[self._used : end] = rows
        self._used = end

    @property
    def filled(self) -> NDArray[Any]:
        """The rows that were put in."""
        return self._held[: self._used]

    @property
    def used_bytes(self) -> int:
        """Memory of those."""
        return self.filled.nbytes


@cache
def lesion_shelf(isotherm: int) -> LesionShelf:
    """The shelf of this process."""
    return LesionShelf(isotherm)


def never_solved(problems: Sequence[LesionProblem], isotherm: int) -> list[LesionProblem]:
    """Those of ``problems`` that nobody on this machine has made ready."""
    return [problem for problem in problems if not _path(problem, isotherm).exists()]


def make_ready(problem: LesionProblem, isotherm: int) -> None:
    """Solve ``problem`` for whoever asks for it later on this machine, or wait until another process has."""
    for _ in _made_ready([problem], isotherm):
        pass


def _made_ready(problems: Sequence[LesionProblem], isotherm: int) -> Iterator[tuple[LesionProblem, LesionMap | None]]:
    """Every problem with its lesion, None where it cannot be solved; those that another process solves come last."""
    waiting = list(problems)
    while waiting:
        left = []
        for problem in waiting:
            path = _path(problem, isotherm)
            found = _read(path)
            if found is None:
                with _claimed(path.with_suffix(".claim")) as mine:
                    if not mine:
                        left.append(problem)
                        continue
                    # another may have finished it between the look and the claim
                    found = _read(path) or _solved(problem, isotherm, path)
            yield problem, found.map
        if len(left) == len(waiting):
            time.sleep(_LOOK_S)
        waiting = left


@dataclass(frozen=True)
class _Ready:
    map: LesionMap | None


def _solved(problem: LesionProblem, isotherm: int, path: Path) -> _Ready:
    try:
        made: LesionMap | None = _light(lesion_map(kept_lesion(problem).field), isotherm)
    except ConvergenceError:
        made = None
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, _bytes(made))
        _drop_oldest(path.parent)
    return _Ready(made)


def _light(whole: LesionMap, isotherm: int) -> LesionMap:
    """What judging many patients needs of a map."""
    surfaces: list[SurfaceMap | None] = [None] * len(ISOTHERMS_C)
    coolest = whole.surfaces[0]
    if coolest is not None:
        surfaces[0] = SurfaceMap(
            coolest.origin_mm,
            np.zeros((1, 1, 1), dtype=np.float32),
            coolest.vertices_mm,
            coolest.normals,
            coolest.bends,
            np.empty((0, 3), dtype=np.int32),
            coolest.leaves,
            coolest.ball,
        )
    surfaces[isotherm] = whole.surfaces[isotherm]
    return LesionMap(tuple(surfaces))


def _folder() -> Path:
    return cache_folder() / "judging"


def _path(problem: LesionProblem, isotherm: int) -> Path:
    return _folder() / f"{problem_digest(problem)}-{isotherm}.npz"


def _bytes(entry: LesionMap | None) -> bytes:
    buffer = io.BytesIO()
    surfaces = () if entry is None else entry.surfaces
    arrays = {
        f"{part}_{number}": getattr(surface, part)
        for number, surface in enumerate(surfaces)
        if surface is not None
        for part in _PARTS
    }
    np.savez(buffer, solved=np.array(entry is not None), **arrays)
    return buffer.getvalue()


def _read(path: Path) -> _Ready | None:
    with contextlib.suppress(OSError, ValueError, KeyError, EOFError, BadZipFile), np.load(path) as kept:
        if not bool(kept["solved"]):
            return _Ready(None)
        surfaces = [
            SurfaceMap(**{part: kept[f"{part}_{number}"] for part in _PARTS}) if f"ball_{number}" in kept else None
            for number in range(len(ISOTHERMS_C))
        ]
        return _Ready(LesionMap(tuple(surfaces)))
    return None


@contextlib.contextmanager
def _claimed(path: Path) -> Iterator[bool]:
    """Whether this process may solve what ``path`` stands for: no other is at it. A process that dies gives its claims back."""
    try:
        import fcntl
    except ImportError:
        # no locks on this system: two may solve the same, and one answer stays
        yield True
        return
    stream: IO[bytes] | None = None
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        stream = path.open("ab")
    if stream is None:
        yield True
        return
    with stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True
        path.unlink(missing_ok=True)


def _drop_oldest(folder: Path) -> None:
    entries = []
    for path in folder.glob("*.npz"):
        with contextlib.suppress(OSError):
            status = path.stat()
            entries.append((status.st_mtime, path, status.st_size))
    total = 0
    for _, path, size in sorted(entries, reverse=True):
        total += size
        if total > _LARGEST_FOLDER_BYTES:
            path.unlink(missing_ok=True)
