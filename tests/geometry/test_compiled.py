"""Where compiled kernels are kept."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import FunctionType
from typing import NamedTuple

import numba
import pytest

from rfplan.geometry import compiled, kernel_cache


def twice(x: float) -> float:
    return 2.0 * x


def test_kernels_that_two_threads_decorate_at_once_are_all_kept_in_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiled, "kernel_folder", lambda: tmp_path)
    copies = [FunctionType(twice.__code__, globals(), f"twice_{n}") for n in range(400)]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            kernels = list(pool.map(compiled.kernel, copies))
    finally:
        sys.setswitchinterval(before)
    for kernel in kernels:
        folder = Path(kernel._cache.cache_path)  # type: ignore[attr-defined]
        assert folder.is_relative_to(tmp_path)


def test_states_of_a_file_beyond_the_newest_are_dropped_and_other_files_keep_theirs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiled, "kernel_folder", lambda: tmp_path)
    for n in range(6):
        old = tmp_path / Path(__file__).stem / f"old{n}"
        old.mkdir(parents=True)
        os.utime(old, (n, n))
        (tmp_path / "another" / f"old{n}").mkdir(parents=True)
    compiled.kernel(FunctionType(twice.__code__, globals(), "twice_new"))(2.0)
    kept = [path.name for path in (tmp_path / Path(__file__).stem).iterdir()]
    assert sorted(name for name in kept if name.startswith("old")) == ["old3", "old4", "old5"]
    assert len(kept) == 4
    assert len(list((tmp_path / "another").iterdir())) == 6


def test_without_a_folder_they_are_compiled_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "kernel_folder", lambda: None)
    assert compiled.kernel(twice)(2.5) == 5.0


_OTHER = """
import sys
from pathlib import Path
from rfplan.geometry import compiled
compiled.kernel_folder = lambda: Path(sys.argv[1])
sys.path.insert(0, sys.argv[1])
import halves_kernels
print("ready", flush=True)
halves_kernels.half(3.0)
print(sum(halves_kernels.half._cache_misses.values()))
"""


def test_of_two_processes_that_need_a_kernel_one_compiles_and_the_other_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiled, "kernel_folder", lambda: tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "halves_kernels.py").write_text(_HALF)
    import halves_kernels

    shared = halves_kernels.half._cache
    held = kernel_cache._locked(shared._lock_path)
    assert held is not None
    with subprocess.Popen([sys.executable, "-c", _OTHER, str(tmp_path)], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline().strip() == "ready"
        # this process holds the lock, as it does while it compiles; the other may not begin
        shared._lock = held
        assert halves_kernels.half(3.0) == 1.5
        assert other.stdout.readline().strip() == "0"
    assert shared._lock is None


def test_two_signatures_never_share_a_file_whatever_the_index_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiled, "kernel_folder", lambda: tmp_path)
    twice_here = compiled.kernel(FunctionType(twice.__code__, globals(), "twice_here"))
    kept = twice_here._cache._cache_file  # type: ignore[attr-defined]
    # as two processes that both read the index before either had written it
    monkeypatch.setattr(kept, "_load_index", dict)
    twice_here(1.0)
    twice_here(1)
    assert len(list(tmp_path.rglob("*.nbc"))) == 2


class Moved(NamedTuple):
    """A tuple whose class goes elsewhere."""

    x: float


def doubled(given: Moved) -> float:
    return 2.0 * given.x


@pytest.mark.parametrize("how", ["moved", "cut short"])
def test_what_cannot_be_read_is_compiled_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    monkeypatch.setattr(compiled, "kernel_folder", lambda: tmp_path)
    given = Moved(2.0)
    assert compiled.kernel(FunctionType(doubled.__code__, globals(), "doubled_here"))(given) == 4.0
    if how == "moved":
        # the index names the class by its module
        monkeypatch.delattr(sys.modules[__name__], "Moved")
    else:
        for path in tmp_path.rglob("*.nbi"):
            path.write_bytes(path.read_bytes()[:-20])
    assert compiled.kernel(FunctionType(doubled.__code__, globals(), "doubled_here"))(given) == 4.0


def test_a_kernel_that_cannot_be_compiled_says_so_twice_and_does_not_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiled, "kernel_folder", lambda: tmp_path)
    twice_here = compiled.kernel(FunctionType(twice.__code__, globals(), "twice_again"))
    for _ in range(2):
        with pytest.raises(numba.TypingError):
            twice_here("text")
    assert twice_here(2.0) == 4.0


_HALF = "from rfplan.geometry.compiled import kernel\n\n@kernel\ndef half(x):\n    return 0.5 * x\n"
_HALVED = """
import sys
from pathlib import Path
from rfplan.geometry import compiled
compiled.kernel_folder = lambda: Path(sys.argv[1])
import halves_kernels
halves_kernels.half(3.0)
print(sum(halves_kernels.half._cache_misses.values()))
"""


def test_a_copy_of_the_same_text_in_another_place_compiles_nothing(tmp_path: Path) -> None:
    misses = []
    for place in ("here", "there"):
        folder = tmp_path / place
        folder.mkdir()
        (folder / "halves_kernels.py").write_text(_HALF)
        command = [sys.executable, "-c", _HALVED, str(tmp_path / "kept")]
        path = os.pathsep.join([str(folder), str(Path(compiled.__file__).parents[2])])
        done = subprocess.run(command, capture_output=True, text=True, check=True, env={"PYTHONPATH": path})
        misses.append(done.stdout.strip())
    assert misses == ["1", "0"]
