"""Lesions are solved, not remembered, in the tests."""

import pytest


@pytest.fixture(autouse=True, scope="session")
def empty_store(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RFPLAN_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        yield
