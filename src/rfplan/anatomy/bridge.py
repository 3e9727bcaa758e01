"""A height map of bone with its foramina and pits bridged flush with their rims."""

from __future__ import annotations

import numpy as np
from scipy import ndimage
from scipy.sparse import coo_array
from scipy.sparse.linalg import spsolve

from rfplan.geometry.arrays import BoolArray, FloatArray

PIT_RADIUS_MM = 6.0
"""Half the width of what is bridged: wider hollows are shape, not openings."""
CORE_DEPTH_MM = 8.0
"""How far a hollow must fall below its surroundings to be an opening; shallower ones (the groove of the L5 dorsal ramus, the
dimple of a closed foramen) are kept."""
_SLOPE_DEPTH_MM, _SLOPE_REACH_MM = 2.5, 4.0
_SLIT_MM = 1.0
_GAP_MM = 2.5
_MIDLINE_MM = 7.0
_RIM_MM = 1.2
_SIGMA_MM = 1.2
_TRUE_WITHIN_MM = 0.4


def bridge(seen_mm: FloatArray, spacing_mm: float) -> FloatArray:
    """The map without holes and pits, lightly smoothed; NaN beside the bone.

    ``seen_mm`` (ni, nj) heights with NaN where there is no bone, the midline in the middle of the first axis. Over a hole or
    pit lies the membrane that its surroundings would hold up (Laplace's equation); elsewhere the result stays within 0.4 mm of
    the bone.
    """
    bone = np.isfinite(seen_mm)
    outline = outline_of(bone, spacing_mm)
    opened = grown(_openings(seen_mm, spacing_mm), spacing_mm, _RIM_MM) & outline
    held = membrane(seen_mm, opened | (outline & ~bone), outline)
    sigma = _SIGMA_MM / spacing_mm
    weight = ndimage.gaussian_filter(outline.astype(float), sigma)
    smooth = ndimage.gaussian_filter(np.where(outline, held, 0.0), sigma) / np.maximum(weight, 1e-9)
    free = ~opened & bone
    smooth = np.where(free, np.clip(smooth, held - _TRUE_WITHIN_MM, held + _TRUE_WITHIN_MM), smooth)
    return np.where(outline, smooth, np.nan)


def outline_of(bone: BoolArray, spacing_mm: float) -> BoolArray:
    """Silhouette of the bone with its see-through holes filled, also those that are open to its edge by a narrow gap."""
    closed = ndimage.binary_closing(bone, structure=disc(_GAP_MM / spacing_mm)) | bone
    return np.asarray(ndimage.binary_fill_holes(closed))


def _openings(seen_mm: FloatArray, spacing_mm: float) -> BoolArray:
    """Deep hollows off the midline with the slopes that lead into them.

    Not the slits that a disc leaves along a cliff, and not the ends of the sacral canal, which are on the midline. What bone encloses
    on all sides is no slit, however narrow: a small foramen whose tunnel leaves the beam is one node wide or two.
    """
    hollow = hollow_mm(seen_mm, spacing_mm, PIT_RADIUS_MM)
    core = ndimage.binary_opening(hollow > CORE_DEPTH_MM, structure=disc(_SLIT_MM / spacing_mm))
    core |= (hollow > CORE_DEPTH_MM) & (enclosed_mm(seen_mm) > CORE_DEPTH_MM)
    numbers, count = ndimage.label(core)
    middle = 0.5 * (seen_mm.shape[0] - 1)
    for number, place in enumerate(ndimage.center_of_mass(core, numbers, range(1, count + 1)), start=1):
        if abs(place[0] - middle) * spacing_mm < _MIDLINE_MM:
            core &= numbers != number
    slopes = (hollow > _SLOPE_DEPTH_MM) & grown(core, spacing_mm, _SLOPE_REACH_MM)
    return np.asarray(ndimage.binary_propagation(core, mask=slopes | core))


def hollow_mm(seen_mm: FloatArray, spacing_mm: float, radius_mm: float) -> FloatArray:
    """(ni, nj) depth of the bone below its closing by a flat disc; a see-through hole is as deep as the bone is thick."""
    bone = np.isfinite(seen_mm)
    low = float(np.nanmin(seen_mm)) - 1.0
    ground = np.where(bone, seen_mm, low)
    return np.where(
        outline_of(bone, spacing_mm),
        ndimage.grey_closing(ground, footprint=disc(radius_mm / spacing_mm)) - ground,
        0.0,
    )


def enclosed_mm(seen_mm: FloatArray) -> FloatArray:
    """(ni, nj) depth of the bone below the lowest way out of a hollow, as water would fill it; a see-through hole is as deep as the bone
    is thick."""
    from skimage.morphology import reconstruction

    ground = np.where(np.isfinite(seen_mm), seen_mm, float(np.nanmin(seen_mm)) - 1.0)
    flood = np.full(ground.shape, ground.max())
    flood[[0, -1], :], flood[:, [0, -1]] = ground[[0, -1], :], ground[:, [0, -1]]
    filled: FloatArray = reconstruction(flood, ground, method="erosion")  # type: ignore[no-untyped-call]
    return np.asarray(filled - ground)


def disc(radius: float) -> BoolArray:
    """Footprint of a disc, ``radius`` in nodes."""
    reach = int(np.floor(radius))
    return np.asarray(np.hypot(*np.mgrid[-reach : reach + 1, -reach : reach + 1]) <= radius)


def grown(mask: BoolArray, spacing_mm: float, by_mm: float) -> BoolArray:
    """``mask`` with everything within ``by_mm`` of it."""
    if not mask.any():
        return mask
    return np.asarray(ndimage.distance_transform_edt(~mask) * spacing_mm <= by_mm)


def membrane(heights_mm: FloatArray, unknown: BoolArray, domain: BoolArray) -> FloatArray:
    """``heights_mm`` with ``unknown`` nodes replaced by the membrane held by the known ones of ``domain``.

    A part of ``unknown`` that touches no known node keeps the height of the nearest one.
    """
    known = domain & ~unknown & np.isfinite(heights_mm)
    filled = np.where(known, heights_mm, 0.0)
    wanted = domain & ~known
    if not wanted.any() or not known.any():
        return filled
    index = -np.ones(wanted.shape, dtype=np.int64)
    index[wanted] = np.arange(np.count_nonzero(wanted))
    rows, columns, count = [], [], len(index[wanted])
    diagonal, right = np.full(count, 1e-12), np.zeros(count)
    nearest = ndimage.distance_transform_edt(~known, return_distances=False, return_indices=True)
    right += 1e-12 * heights_mm[tuple(nearest)][wanted]
    inside_i, inside_j = np.nonzero(wanted)
    for step_i, step_j in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        i, j = inside_i + step_i, inside_j + step_j
        good = (i >= 0) & (j >= 0) & (i < wanted.shape[0]) & (j < wanted.shape[1])
        good[good] &= domain[i[good], j[good]]
        me = np.flatnonzero(good)
        i, j = i[good], j[good]
        diagonal[me] += 1.0
        fixed = known[i, j]
        np.add.at(right, me[fixed], heights_mm[i[fixed], j[fixed]])
        rows.append(me[~fixed])
        columns.append(index[i[~fixed], j[~fixed]])
    rows.append(np.arange(count))
    columns.append(np.arange(count))
    values = np.concatenate([np.full(sum(len(part) for part in rows[:-1]), -1.0), diagonal])
    matrix = coo_array((values, (np.concatenate(rows), np.concatenate(columns))), shape=(count, count))
    filled[wanted] = spsolve(matrix.tocsc(), right)
    return filled
