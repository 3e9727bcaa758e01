"""Lesions that were solved before, kept in the cache folder of this machine."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final

from rfplan.cache import cache_folder
from rfplan.errors import InputError
from rfplan.figures import anatomy_folder
from rfplan.lesion.march import Progress
from rfplan.lesion.problem import LesionProblem
from rfplan.lesion.solve import solve_problem
from rfplan.lesion.solved import SolvedLesion
from rfplan.lesion.solved_file import lesion_bytes, lesion_of_bytes
from rfplan.whole_file import write_whole

LARGEST_BYTES: Final = 1_000_000_000
"""Of lesions and their maps together; what was not asked for the longest is dropped beyond this."""

_SUFFIX: Final = ".npz"
MAP_SUFFIX: Final = ".map"
"""Of what :mod:`rfplan.lesion.kept_map` keeps beside the lesions."""


@dataclass(frozen=True)
class StoreState:
    """Where the store is, how many lesions it holds, and the bytes of these and their maps."""

    folder: Path
    lesions: int
    size_bytes: int


def kept_lesion(problem: LesionProblem, progress: Progress | None = None) -> SolvedLesion:
    """The lesion of ``problem``: from the store where the same was solved before by the same code, else solved and kept.

    Files appear whole or not at all, so that several processes may share the store; of two that solve the same at once one answer
    stays. A store that cannot be read or written costs time and nothing else.
    """
    path = store_folder() / f"{problem_digest(problem)}{_SUFFIX}"
    with contextlib.suppress(OSError, InputError):
        found = lesion_of_bytes(path.read_bytes())
        path.touch()
        return replace(found, stored=True)
    lesion = solve_problem(problem, progress)
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, lesion_bytes(lesion))
        drop_oldest(path.parent)
    return lesion


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
    for path in (*folder.glob(f"*{_SUFFIX}"), *folder.glob(f"*{MAP_SUFFIX}")):
        with contextlib.suppress(OSError):
            status = path.stat()
            yield status.st_mtime, path, status.st_size


def drop_oldest(folder: Path) -> None:
    """Keep the store within :data:`LARGEST_BYTES`."""
    total = 0
    for number, (_, path, size) in enumerate(sorted(_entries(folder), reverse=True)):
        total += size
        if total > LARGEST_BYTES and number > 0:
            path.unlink(missing_ok=True)
