"""The surface of a labelled region, smoother than its voxels and closed."""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy import ndimage

from rfplan.anatomy.repair_topology import welded
from rfplan.geometry.arrays import FloatArray, IntArray

FINEST_MM: Final = 0.8
"""Smallest grid spacing on which the surface of the sacrum is drawn; finer label maps are thinned to it (A)."""
COARSE_MM: Final = 1.2
"""The same for the other bones, on which nothing small is looked for (A)."""

_SMOOTHING_MM: Final = 0.5
_PAD: Final = 4


def label_surface(mask: np.ndarray, spacing_mm: FloatArray, coarse: bool = False) -> tuple[FloatArray, IntArray]:
    """Vertices (n, 3) in voxel indices of ``mask`` and outward faces (m, 3) of the region where it is True.

    ``mask`` (nx, ny, nz) with voxels of ``spacing_mm`` (3,). The region is taken as a signed distance in mm, which is
    interpolated to an even grid and smoothed there; so thick slices give slanted walls instead of steps, and openings narrower
    than a slice is thick are not lost.
    """
    from skimage.measure import marching_cubes

    spacing = np.asarray(spacing_mm, dtype=float)
    padded = np.pad(mask, _PAD)
    # the surface runs half-way between voxel centres inside and outside
    inside = ndimage.distance_transform_edt(padded, sampling=spacing)
    outside = ndimage.distance_transform_edt(~padded, sampling=spacing)
    half = 0.5 * float(spacing.min())
    signed = (np.where(padded, half - inside, outside - half)).astype(np.float32)
    even = max(COARSE_MM if coarse else FINEST_MM, float(spacing.min()))
    zoom = spacing / even
    if np.any(np.abs(zoom - 1.0) > 0.1):
        shape = np.ceil((np.array(padded.shape) - 1) * zoom).astype(int) + 1
        signed = ndimage.affine_transform(signed, 1.0 / zoom, output_shape=tuple(shape), order=1, mode="nearest")
        step = even / spacing
    else:
        step = np.ones(3)
    sigma = _SMOOTHING_MM / (step * spacing)
    smooth = ndimage.gaussian_filter(signed, sigma)
    # exact zeros would make triangles without area
    smooth[smooth == 0.0] = 1e-6
    vertices, faces, _, _ = marching_cubes(smooth, 0.0, gradient_direction="descent")
    # nodes at almost zero give triangles without extent
    points, triangles = welded(np.round(vertices.astype(float), 4), faces.astype(np.int64))
    whole = (triangles != np.roll(triangles, 1, axis=1)).all(axis=1)
    return points * step - _PAD, triangles[whole]
