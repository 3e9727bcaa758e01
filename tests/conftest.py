"""Shared fixtures: the reference patient, and the real bones beside the project where they are there."""

from __future__ import annotations

import os
from pathlib import Path

import hypothesis
import pytest

# by default the same commit is always tried with the same examples; `explore` draws new ones, and more of them
hypothesis.settings.register_profile("default", deadline=None, max_examples=50, derandomize=True)
hypothesis.settings.register_profile("explore", deadline=None, max_examples=300)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

PROJECT = Path(__file__).parents[1]
REAL_ANATOMY = PROJECT.parent / "shared" / "data" / "anatomy"


@pytest.fixture(scope="session")
def real_anatomy() -> Path:
    """Folder of real bones; skips where it is absent."""
    if not REAL_ANATOMY.is_dir():
        pytest.skip("the real bones (../shared/data/anatomy) are not beside the project")
    return REAL_ANATOMY


@pytest.fixture(scope="session")
def reference():
    """The built-in patient."""
    from rfplan.anatomy.reference import reference_patient

    return reference_patient()
