"""Compiled kernels of the voxel path: attenuation along rays through a CT."""

from __future__ import annotations

import math

import numpy as np

from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.compiled import kernel_with


@kernel_with(parallel=False, nogil=True)
def ray_sums(
    volume: np.ndarray,
    origin: FloatArray,
    right: FloatArray,
    down: FloatArray,
    corner: FloatArray,
    scale: float,
    image: np.ndarray,
) -> None:
    """Fill ``image`` (n, n) with line integrals of ``volume`` (nx, ny, nz) by Joseph's method.

    In voxel coordinates (whole numbers in the middle of voxels): rays start at ``origin`` (3,) and run to ``corner`` + column
    ``right`` + row ``down``. Each is cut with the planes across its main direction and the volume is read bilinearly in them;
    beyond the outermost middles of voxels there is nothing. The result is per unit of the ray's parameter times ``scale``.
    """
    size = image.shape[0]
    values = volume.reshape(-1)
    counts = np.array([volume.shape[0], volume.shape[1], volume.shape[2]])
    strides = np.array([counts[1] * counts[2], counts[2], 1])
    step = np.empty(3)
    for row in range(size):
        for column in range(size):
            for axis in range(3):
                step[axis] = corner[axis] + column * right[axis] + row * down[axis] - origin[axis]
            main = 0
            if abs(step[1]) > abs(step[main]):
                main = 1
            if abs(step[2]) > abs(step[main]):
                main = 2
            a, b = (main + 1) % 3, (main + 2) % 3
            enter, leave = 0.0, 1.0
            inside = True
            for axis in range(3):
                low, high = -0.5, counts[axis] - 0.5
                if abs(step[axis]) < 1e-12:
                    inside = inside and low <= origin[axis] <= high
                    continue
                one, other = (low - origin[axis]) / step[axis], (high - origin[axis]) / step[axis]
                enter, leave = max(enter, min(one, other)), min(leave, max(one, other))
            if not inside or enter >= leave:
                image[row, column] = 0.0
                continue
            first, last = origin[main] + enter * step[main], origin[main] + leave * step[main]
            start, stop = math.ceil(min(first, last)), math.floor(max(first, last))
            start, stop = max(start, 0), min(stop, counts[main] - 1)
            total = 0.0
            for plane in range(start, stop + 1):
                t = (plane - origin[main]) / step[main]
                u, v = origin[a] + t * step[a], origin[b] + t * step[b]
                i, j = math.floor(u), math.floor(v)
                p, q = u - i, v - j
                at = plane * strides[main] + i * strides[a] + j * strides[b]
                if i >= 0 and j >= 0 and i + 1 < counts[a] and j + 1 < counts[b]:
                    near = (1.0 - q) * values[at] + q * values[at + strides[b]]
                    at += strides[a]
                    total += (1.0 - p) * near + p * ((1.0 - q) * values[at] + q * values[at + strides[b]])
                    continue
                for di in range(2):
                    for dj in range(2):
                        if 0 <= i + di < counts[a] and 0 <= j + dj < counts[b]:
                            share = (p if di else 1.0 - p) * (q if dj else 1.0 - q)
                            total += share * values[at + di * strides[a] + dj * strides[b]]
            image[row, column] = total / abs(step[main]) * scale
