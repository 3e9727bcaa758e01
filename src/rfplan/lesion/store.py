"""Lesions that were solved before, kept in the cache folder of this machine."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final, TypeVar
from zipfile import BadZipFile

from rfplan.cache import cache_folder
from rfplan.errors import InputError
from rfplan.figures import anatomy_folder
from rfplan.lesion.march import Progress
from rfplan.lesion.problem import LesionProblem
from rfplan.lesion.solve import solve_problem
from rfplan.lesion.solved import SolvedLesion
from rfplan.lesion.solved_file import lesion_bytes, lesion_of_bytes
from rfplan.whole_file import write_whole

LARGEST_BYTES: Final = 4_000_000_000
"""Of lesions, their maps and surfaces together; what was not asked for the longest is dropped beyond this."""

_SUFFIX: Final = ".npz"
_BESIDE: Final = (".map", ".mesh")
# what rfplan.lesion.kept_geometry keeps beside the lesions
_UNREADABLE: Final = (OSError, InputError, ValueError, KeyError, TypeError, EOFError, BadZipFile)
_Kept = TypeVar("_Kept")


@dataclass(frozen=True)
class StoreState:
    """Where the store is, how many lesions it holds, and the bytes of these and of what is kept beside them."""

    folder: Path
    lesions: int
    size_bytes: int


def kept_lesion(problem: LesionProblem, progress: Progress | None = None) -> SolvedLesion:
    """The lesion of ``problem``: from the store where the same was solved before by the same code, else solved and kept.

    Files appear whole or not at all, so that several processes may share the store; of two that solve the same at once one answer
    stays. A store that cannot be read or written costs time and nothing else.
    """
    solved = []

    def solve() -> SolvedLesion:
        solved.append(solve_problem(problem, progress))
        return solved[0]

    lesion = kept(f"{problem_digest(problem)}{_SUFFIX}", lesion_of_bytes, solve, lesion_bytes)
    return lesion if solved else replace(lesion, stored=True)


def kept(
    name: str, read: Callable[[bytes], _Kept], make: Callable[[], _Kept], written: Callable[[_Kept], bytes]
) -> _Kept:
    """What is in the file ``name`` of the store; where it is not there, or damaged, what ``make`` makes, which is kept."""
    path = store_folder() / name
    with contextlib.suppress(*_UNREADABLE):
        found = read(path.read_bytes())
        path.touch()
        return found
    made = make()
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, written(made))
        _drop_oldest(path.parent)
    return made


def store_folder() -> Path:
    """Where solved lesions are kept."""
    return cache_folder() / "lesions"


def store_state() -> StoreState:
    """What the store holds now."""
    entries = list(_entries(store_folder()))
    lesions = sum(path.suffix == _SUFFIX for _, path, _ in entries)
    return StoreState(store_folder(), lesions, sum(size for _, _, size in entries))


def problem_digest(problem: LesionProblem) -> str:
    """Digest of everything that an answer depends on: the problem, the version and text of the solver, the figures of tissues."""
    text = json.dumps(problem.to_json(), sort_keys=True)
    return hashlib.sha256(f"{text}\n{code_digest()}".encode()).hexdigest()[:40]


@cache
def code_digest() -> str:
    """Digest of the version and text of the solver and of the figures of tissues."""
    total = hashlib.sha256()
    here = Path(__file__).parent
    for path in (*sorted(here.glob("*.py")), anatomy_folder() / "tissues.toml"):
        content = path.read_bytes()
        # the length keeps "ab", "c" apart from "a", "bc"
        total.update(f"{path.name} {len(content)}\n".encode())
        total.update(content)
    return total.hexdigest()


def _entries(folder: Path) -> Iterator[tuple[float, Path, int]]:
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        if path.suffix not in (_SUFFIX, *_BESIDE):
            continue
        with contextlib.suppress(OSError):
            status = path.stat()
            yield status.st_mtime, path, status.st_size


def _drop_oldest(folder: Path) -> None:
    total = 0
    for number, (_, path, size) in enumerate(sorted(_entries(folder), reverse=True)):
        total += size
        if total > LARGEST_BYTES and number > 0:
            path.unlink(missing_ok=True)
