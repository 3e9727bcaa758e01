"""Path length the slow way: every ray against every triangle."""

from __future__ import annotations

import numpy as np
from numba import njit

from rfplan.fluoroscopy.c_arm import CArm
from rfplan.geometry.mesh import Mesh


def path_by_intersection(c_arm: CArm, mesh: Mesh) -> np.ndarray:
    """(n, n) length in the mesh along the ray through the middle of every pixel, mm."""
    middle = np.arange(c_arm.size_px) + 0.5
    pixels = np.stack(np.meshgrid(middle, middle), axis=-1)
    source, directions = c_arm.ray(pixels)
    return _lengths(source, directions.reshape(-1, 3), mesh.triangles_mm).reshape(c_arm.size_px, c_arm.size_px)


@njit
def _lengths(source, directions, triangles):
    result = np.zeros(directions.shape[0])
    for n in range(triangles.shape[0]):
        a, b, c = triangles[n, 0], triangles[n, 1], triangles[n, 2]
        e1, e2, s = b - a, c - a, source - a
        qx, qy, qz = s[1] * e1[2] - s[2] * e1[1], s[2] * e1[0] - s[0] * e1[2], s[0] * e1[1] - s[1] * e1[0]
        along = e2[0] * qx + e2[1] * qy + e2[2] * qz
        for k in range(directions.shape[0]):
            dx, dy, dz = directions[k, 0], directions[k, 1], directions[k, 2]
            px, py, pz = dy * e2[2] - dz * e2[1], dz * e2[0] - dx * e2[2], dx * e2[1] - dy * e2[0]
            det = e1[0] * px + e1[1] * py + e1[2] * pz
            if det == 0.0:
                continue
            u = (s[0] * px + s[1] * py + s[2] * pz) / det
            if u < 0.0 or u > 1.0:
                continue
            v = (dx * qx + dy * qy + dz * qz) / det
            if v < 0.0 or u + v > 1.0:
                continue
            # a ray that meets the front of a face goes in
            result[k] += -along / det if det > 0.0 else along / det
    return result
