"""What a user may import from the package."""

import pytest

import rfplan


@pytest.mark.parametrize("name", rfplan._HOME)
def test_every_public_name_is_there_and_documented(name):
    assert getattr(rfplan, name).__doc__


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'planner'"):
        _ = rfplan.planner
