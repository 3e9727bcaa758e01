"""The surface of a labelled region, smoother than its voxels and closed."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from rfplan.anatomy.repair_topology import welded
from rfplan.figures import figures
from rfplan.geometry.arrays import BoolArray, FloatArray, IntArray

_SMOOTHING: Final = 0.6
_THICK: Final = 1.6
_PAD: Final = 4


def label_surface(mask: BoolArray, spacing_mm: FloatArray, coarse: bool = False) -> tuple[FloatArray, IntArray]:
    """Vertices (n, 3) in voxel indices of ``mask`` and outward faces (m, 3) of the region where it is True.

    ``mask`` (nx, ny, nz) with voxels of ``spacing_mm`` (3,), which need not be alike. The region is smoothed by a Gaussian of 0.6
    of the spacing on which its surface is drawn, in mm, so that no direction is favoured; the surface is where the smoothed
    region is half full.
    """
    from skimage import measure

    spacing = np.asarray(spacing_mm, dtype=float)
    padded = np.pad(mask, _PAD)
    finest = figures("import_limits")["surface.other" if coarse else "surface.sacrum"].value
    even = max(finest, float(spacing.min()))
    if spacing.max() > _THICK * spacing.min():
        field = _between_slices(padded, spacing)
    else:
        # voxels that are wider than the smoothing are smooth enough between themselves
        field = ndimage.gaussian_filter(padded.astype(np.float32), _SMOOTHING * np.maximum(even / spacing, 1.0)) - 0.5
    step = even / spacing
    if np.any(np.abs(step - 1.0) > 0.05):
        shape = np.ceil((np.array(padded.shape) - 1) / step).astype(int) + 1
        field = ndimage.affine_transform(field, step, output_shape=tuple(shape), order=1, mode="nearest")
    else:
        step = np.ones(3)
    march: Any = measure.marching_cubes
    vertices, faces, _, _ = march(field, 0.0, gradient_direction="ascent")
    # nodes at almost zero give triangles without extent
    points, triangles = welded(np.round(vertices.astype(float), 4), faces.astype(np.int64))
    whole = (triangles != np.roll(triangles, 1, axis=1)).all(axis=1)
    return points * step - _PAD, triangles[whole]


def _between_slices(mask: BoolArray, spacing: FloatArray) -> NDArray[np.float32]:
    """Positive inside, on the voxels of ``mask``; walls between thick slices slant instead of stepping.

    Half the difference of the distances to outside and inside, mm, smoothed within the fine directions.
    """
    inside = ndimage.distance_transform_edt(mask, sampling=spacing)
    outside = ndimage.distance_transform_edt(~mask, sampling=spacing)
    signed = (0.5 * (inside - outside)).astype(np.float32)
    return np.asarray(ndimage.gaussian_filter(signed, _SMOOTHING * spacing.min() / spacing))
