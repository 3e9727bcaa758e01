"""The quantities in which virtual patients differ: marginal distributions, and how they go together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import combinations

import numpy as np
from scipy.special import ndtr, ndtri

from rfplan.anatomy.cut_normal import before_cut, cut_quantile
from rfplan.figures import Figure, figures
from rfplan.geometry.arrays import FloatArray, frozen

SEXES = ("female", "male")
_GROUPS = ("body.", "sacrum.", "hip.", "skin.")
_LEVELS = ("S1", "S2", "S3", "S4")
_LATENT = {("sacrum.length", "sacrum.axis_to_beam_deg"): "latent.length_tilt"}
"""Pairs drawn with another correlation than the stated one, so that the stated one comes out."""


@dataclass(frozen=True, eq=False)
class Quantities:
    """``names`` (q,) by their dotted key, ``figures`` by name and sex (the same for both where they do not differ).

    ``mean``, ``sd``, ``low``, ``high`` (2, q) in the order female, male, as stated; ``centre`` and ``width`` (2, q) are those of the
    normal distributions before they are cut off at ``low`` and ``high``, from which ``mean`` and ``sd`` follow. ``root`` (q, q) lower
    triangular factor of the ``correlation`` (q, q).
    """

    names: tuple[str, ...]
    figures: tuple[tuple[Figure, Figure], ...]
    mean: FloatArray
    sd: FloatArray
    low: FloatArray
    high: FloatArray
    centre: FloatArray
    width: FloatArray
    correlation: FloatArray
    root: FloatArray

    def values(self, uniform: FloatArray, female: FloatArray) -> FloatArray:
        """(n, q) quantities of (n, q) independent uniform numbers and (n,) 1 for women, 0 for men.

        A normal copula over normal distributions that are cut off at both ends and have the stated means and spreads all the same.
        """
        ranks = ndtr(np.einsum("nj,ij->ni", ndtri(np.clip(uniform, 1e-12, 1.0 - 1e-12)), self.root))
        # summed in the same order whatever n is, so that a patient is the same in any company
        row = np.where(female > 0.5, 0, 1)
        return cut_quantile(ranks, self.centre[row], self.width[row], self.low[row], self.high[row])


@cache
def quantities() -> Quantities:
    """All quantities of ``anatomy/population.toml``."""
    table = figures("population")
    found: dict[str, tuple[Figure, Figure]] = {}
    for key, figure in table.items():
        if not key.startswith(_GROUPS):
            continue
        name, _, sex = key.rpartition(".")
        if sex in SEXES:
            female, male = table[f"{name}.female"], table[f"{name}.male"]
            found[name] = (female, male)
        else:
            found[name if sex == "both" else key] = (figure, figure)
    pairs = tuple(found.values())
    correlation = _correlation(tuple(found))

    def both(part: str) -> FloatArray:
        return frozen([[getattr(pair[row], part) for pair in pairs] for row in (0, 1)])

    stated = [[(f.value, f.sd, f.low, f.high) for f in (pair[row] for pair in pairs)] for row in (0, 1)]
    before = frozen([[before_cut(*figure) for figure in row] for row in stated])

    return Quantities(
        names=tuple(found),
        figures=pairs,
        mean=both("value"),
        sd=both("sd"),
        low=both("low"),
        high=both("high"),
        centre=frozen(before[..., 0]),
        width=frozen(before[..., 1]),
        correlation=frozen(correlation),
        root=frozen(np.linalg.cholesky(correlation)),
    )


def stated_correlations() -> Iterator[tuple[str, str, Figure]]:
    """Pairs of quantities whose correlation ``[correlation]`` states, with its figure."""
    table = figures("population")

    def of(name: str) -> Figure:
        return table[f"correlation.{name}"]

    lateral = [f"sacrum.foramen.{level}.lateral" for level in _LEVELS]
    spacing = ["sacrum.foramen.S1.caudal", *(f"sacrum.foramen.{level}.spacing" for level in _LEVELS[1:])]
    tubercles = [f"sacrum.tubercle.{level}.from_foramen" for level in _LEVELS]
    skin = [f"skin.residual.{level}" for level in _LEVELS[:3]]
    for one, other in combinations(lateral, 2):
        yield one, other, of("lateral_levels")
    for one, other in combinations(spacing, 2):
        yield one, other, of("spacing_levels")
    for name in spacing:
        yield "sacrum.length", name, of("length_spacing")
    for one, other in combinations(tubercles, 2):
        yield one, other, of("tubercle_levels")
    for one, other in combinations(skin, 2):
        yield one, other, of("skin_levels")
    for name in lateral:
        yield "sacrum.breadth", name, of("breadth_lateral")
    for name in ("sacrum.endplate_ap", "sacrum.endplate_width"):
        yield "sacrum.breadth", name, of("breadth_endplate")
    for name in ("sacrum.axis_to_beam_deg", "sacrum.axis_turn_deg"):
        yield "sacrum.length", name, of("length_curvature")
    yield "sacrum.length", "sacrum.breadth", of("length_breadth")
    yield "sacrum.length", "sacrum.auricular_height", of("length_auricular")
    for level in _LEVELS:
        yield f"sacrum.foramen.{level}.width", f"sacrum.foramen.{level}.height", of("width_height")
    yield "body.sacral_slope", "sacrum.prone_tilt_deg", of("slope_prone_tilt")


def _correlation(names: tuple[str, ...]) -> FloatArray:
    """Correlations of the normal draws: the stated ones, or those they come out of, completed along length, breadth and what hangs on
    them: a pair that is not stated goes together only by way of the quantities that both are stated to go with."""
    at = {name: k for k, name in enumerate(names)}
    matrix = np.eye(len(names))
    stated = np.eye(len(names), dtype=bool)
    for one, other, figure in stated_correlations():
        i, j = at[one], at[other]
        drawn = figures("population")[_LATENT[one, other]] if (one, other) in _LATENT else figure
        matrix[i, j] = matrix[j, i] = drawn.value
        stated[i, j] = stated[j, i] = True
    trunk = [at["sacrum.length"], at["sacrum.breadth"]]
    core = matrix[np.ix_(trunk, trunk)]
    for i in range(len(names)):
        for k in trunk:
            if not stated[i, k]:
                mate = trunk[1 - trunk.index(k)]
                if stated[i, mate]:
                    matrix[i, k] = matrix[k, i] = matrix[i, mate] * core[0, 1]
    weights = np.linalg.solve(core, matrix[trunk])
    for i in range(len(names)):
        for j in range(len(names)):
            if not stated[i, j] and i not in trunk and j not in trunk:
                matrix[i, j] = matrix[i, trunk] @ weights[:, j]
    return matrix
