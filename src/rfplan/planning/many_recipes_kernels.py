"""Compiled recipes on many virtual patients: those of :mod:`rfplan.planning.virtual_recipe_kernels`, patient by patient.

``tips`` (p, m, 3), ``axes`` (p, m, 3) and ``pairs`` (p, m, 2) are filled as one patient's are; ``counts`` (p, 3) with how many needles and
applications there are, and how many of the applications are at L5. Needles that serve no application are left out.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from rfplan.anatomy.virtual_grounds_kernels import SheetBones, bone_of
from rfplan.geometry.arrays import FloatArray, IntArray
from rfplan.geometry.compiled import kernel
from rfplan.planning.operator_error_kernels import displace
from rfplan.planning.virtual_recipe_kernels import clock_recipe, l5_recipe, l5_seat, leapfrog_recipe, palisade_recipe
from rfplan.planning.virtual_way_kernels import SideGround


class SideGrounds(NamedTuple):
    """One side of p virtual patients, named as in :class:`rfplan.planning.virtual_way_kernels.SideGround`: ``bones``, ``smooth`` (n,) in
    their order, ``rims`` (p, 4, k, 3), ``centres`` (p, 4, 2), ``joints`` (p, m, 3), ``bases`` (p, 3), and ``skins`` (p, ni, nj), of which
    ``skin_rows`` (p,) rows count, from ``corners`` (p, 2)."""

    bones: SheetBones
    smooth: FloatArray
    rims: FloatArray
    centres: FloatArray
    joints: FloatArray
    bases: FloatArray
    skins: FloatArray
    skin_rows: IntArray
    skin_axes: FloatArray
    corners: FloatArray
    skin_spacing: float


@kernel
def side_of(grounds: SideGrounds, k: int) -> SideGround:
    """The side of patient ``k``."""
    bones = grounds.bones
    smooth = grounds.smooth[bones.first[k] : bones.first[k + 1]].reshape(bones.shapes[k, 0], bones.shapes[k, 1])
    return SideGround(
        bone_of(bones, k), smooth, grounds.rims[k], grounds.centres[k], grounds.joints[k], grounds.bases[k],
        grounds.skins[k, : grounds.skin_rows[k]], grounds.skin_axes, grounds.corners[k], grounds.skin_spacing,
    )  # fmt: skip


@kernel
def l5_seats(
    grounds: Any, below: float, half: float, steepest: float, standoff: float, seats: FloatArray
) -> None:  # fmt: skip
    """Fill (p, 3) with where the needle at L5 stands in each patient."""
    for k in range(seats.shape[0]):
        l5_seat(side_of(grounds, k), below, half, steepest, standoff, seats[k])


@kernel
def l5_recipes(
    grounds: Any, limits: Any, seats: FloatArray, standoff: float, lateral_tilt: float, caudal_tilt: float, past_base: float,
    radius: float, active: float, tips: FloatArray, axes: FloatArray, counts: IntArray,
) -> None:  # fmt: skip
    """The needle at L5 of each patient, from its seat on: ``tips`` (p, 1, 3), ``axes`` (p, 1, 3) and whether there is one in ``counts``
    (p,)."""
    for k in range(counts.shape[0]):
        counts[k] = l5_recipe(
            side_of(grounds, k), limits, seats[k], standoff, lateral_tilt, caudal_tilt, past_base, radius, active, tips[k, 0], axes[k, 0]
        )  # fmt: skip


@kernel
def clock_recipes(
    grounds: Any, limits: Any, levels: IntArray, hours: FloatArray, place: int, offset: float, standoff: float, radius: float,
    tips: FloatArray, axes: FloatArray, pairs: IntArray, counts: IntArray,
) -> None:  # fmt: skip
    """:func:`virtual_recipe_kernels.clock_recipe` on each patient, after what is at L5."""
    for k in range(counts.shape[0]):
        begun = _begun(pairs[k], counts[k])
        made = clock_recipe(
            side_of(grounds, k), limits, levels, hours, place, offset, standoff, radius, tips[k], axes[k], pairs[k], begun, begun
        )  # fmt: skip
        _ended(tips[k], axes[k], pairs[k], made[0], made[1], counts[k])


@kernel
def leapfrog_recipes(
    grounds: Any, limits: Any, levels: IntArray, from_h: float, to_h: float, offset: float, spacing: float, standoff: float,
    radius: float, tips: FloatArray, axes: FloatArray, pairs: IntArray, counts: IntArray,
) -> None:  # fmt: skip
    """:func:`virtual_recipe_kernels.leapfrog_recipe` on each patient, after what is at L5."""
    for k in range(counts.shape[0]):
        begun = _begun(pairs[k], counts[k])
        made = leapfrog_recipe(
            side_of(grounds, k), limits, levels, from_h, to_h, offset, spacing, standoff, radius, tips[k], axes[k], pairs[k], begun, begun
        )  # fmt: skip
        _ended(tips[k], axes[k], pairs[k], made[0], made[1], counts[k])


@kernel
def palisade_recipes(
    grounds: Any, limits: Any, levels: IntArray, offset: float, spacing: float, above: float, below: float, least_needles: int,
    standoff: float, radius: float, tips: FloatArray, axes: FloatArray, pairs: IntArray, counts: IntArray,
) -> None:  # fmt: skip
    """:func:`virtual_recipe_kernels.palisade_recipe` on each patient, after what is at L5."""
    for k in range(counts.shape[0]):
        begun = _begun(pairs[k], counts[k])
        made = palisade_recipe(
            side_of(grounds, k), limits, levels, offset, spacing, above, below, least_needles, standoff, radius, tips[k], axes[k],
            pairs[k], begun, begun,
        )  # fmt: skip
        _ended(tips[k], axes[k], pairs[k], made[0], made[1], counts[k])


@kernel
def _begun(pairs: IntArray, count: IntArray) -> int:
    """What there is at L5: as many applications as needles."""
    begun: int = count[2]
    if begun > 0:
        pairs[0, 0], pairs[0, 1] = 0, -1
    return begun


@kernel
def _ended(
    tips: FloatArray, axes: FloatArray, pairs: IntArray, needles: int, applications: int, count: IntArray
) -> None:
    """Number the needles by their first application; one that no neighbour stands beside serves nothing."""
    order, used = np.full(needles, -1), 0
    for a in range(applications):
        for b in range(2):
            n = pairs[a, b]
            if n >= 0:
                if order[n] < 0:
                    order[n] = used
                    used += 1
                pairs[a, b] = order[n]
    old_tips, old_axes = tips[:needles].copy(), axes[:needles].copy()
    for n in range(needles):
        if order[n] >= 0:
            tips[order[n]], axes[order[n]] = old_tips[n], old_axes[n]
    count[0], count[1] = used, applications


@kernel
def displace_many(
    grounds: Any, sign: float, along_bone: float, depth: float, axis_deg: float, noise: FloatArray, counts: IntArray, tips: FloatArray,
    axes: FloatArray,
) -> None:  # fmt: skip
    """:func:`operator_error_kernels.displace` of the ``counts[k, 0]`` needles of each patient, by ``noise`` (p, m, 5)."""
    for k in range(counts.shape[0]):
        used = counts[k, 0]
        displace(
            side_of(grounds, k), sign, along_bone, depth, axis_deg, noise[k, :used], tips[k, :used], axes[k, :used]
        )
