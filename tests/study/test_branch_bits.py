"""Branches as bits, there and back."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rfplan.study.branch_bits import branch_bits, taken_branches


@given(st.lists(st.lists(st.booleans(), max_size=33), max_size=8))
def test_bits_tell_which_branches_were_taken(patients):
    branches = np.cumsum([0, *(len(row) for row in patients)])
    bits = branch_bits(branches, np.array([hit for row in patients for hit in row], dtype=np.bool_))
    assert len(bits) == len(patients)
    for row, held in zip(patients, bits, strict=True):
        assert taken_branches(held, len(row)).tolist() == row
        assert int(held).bit_count() == sum(row)
