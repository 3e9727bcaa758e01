"""Whether a shaft comes out through the skin is told as by the place where it does."""

from __future__ import annotations

import numpy as np

from rfplan.anatomy.skin_kernels import entry_along, leaves_along


def test_a_line_leaves_the_body_where_it_has_an_entry():
    chance = np.random.default_rng(11)
    grid = 40.0 + np.cumsum(chance.normal(0.0, 2.0, (30, 40)), axis=1)
    told = []
    for _ in range(400):
        tip, axis = chance.uniform((-40.0, -40.0, 0.0), (40.0, 40.0, 60.0)), chance.normal(size=3)
        axis /= np.linalg.norm(axis)
        longest = chance.uniform(5.0, 90.0)
        found = entry_along(grid, tip, axis, -40.0, -50.0, 2.5, longest)
        told.append(leaves_along(grid, tip, axis, -40.0, -50.0, 2.5, longest))
        assert told[-1] == (found >= 0.0)
    assert 50 < sum(told) < 350
