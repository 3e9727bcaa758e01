"""Memory of the processes of a study."""

from __future__ import annotations

import os

import pytest

from rfplan.study.worker_memory import _SETTINGS, freed_memory_is_kept


def test_processes_started_meanwhile_are_told_and_later_ones_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    own, other = _SETTINGS
    monkeypatch.setenv(own, "131072")
    monkeypatch.delenv(other, raising=False)
    with pytest.raises(KeyboardInterrupt), freed_memory_is_kept():
        assert os.environ[own] == "131072"
        assert os.environ[other] == _SETTINGS[other]
        raise KeyboardInterrupt
    assert os.environ[own] == "131072"
    assert other not in os.environ
