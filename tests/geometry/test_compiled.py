"""Where compiled kernels are kept."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import FunctionType

import pytest

from rfplan.geometry import compiled


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


def test_without_a_folder_they_are_compiled_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "kernel_folder", lambda: None)
    assert compiled.kernel(twice)(2.5) == 5.0
