"""Compiled kernels of the search for foramina: bone and air in columns along the beam, and the easiest way through the air."""

from __future__ import annotations

import heapq

import numpy as np

from rfplan.geometry.arrays import FloatArray, IntArray
from rfplan.geometry.compiled import kernel


@kernel
def solid_columns(
    points: FloatArray, faces: IntArray, origin: FloatArray, spacing: float, shape: tuple[int, int, int]
) -> np.ndarray:
    """(ni, nj, nk) 1 where grid node ``origin + spacing (i, j, k)`` lies in the bone, by winding along the third axis.

    Faces count +1 or -1 by the side from which the column enters them, so overlapping and doubled surfaces do no harm.
    """
    ni, nj, nk = shape
    change = np.zeros((ni, nj, nk + 1), dtype=np.int16)
    for face in range(faces.shape[0]):
        a, b, c = points[faces[face, 0]], points[faces[face, 1]], points[faces[face, 2]]
        # a tiny shift keeps the columns off shared edges
        ax, ay = (a[0] - origin[0]) / spacing - 1.3e-6, (a[1] - origin[1]) / spacing - 2.9e-6
        bx, by = (b[0] - origin[0]) / spacing - 1.3e-6, (b[1] - origin[1]) / spacing - 2.9e-6
        cx, cy = (c[0] - origin[0]) / spacing - 1.3e-6, (c[1] - origin[1]) / spacing - 2.9e-6
        area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
        if area == 0.0:
            continue
        for i in range(max(0, int(np.ceil(min(ax, bx, cx)))), min(ni - 1, int(np.floor(max(ax, bx, cx)))) + 1):
            for j in range(max(0, int(np.ceil(min(ay, by, cy)))), min(nj - 1, int(np.floor(max(ay, by, cy)))) + 1):
                u = ((bx - i) * (cy - j) - (cx - i) * (by - j)) / area
                v = ((cx - i) * (ay - j) - (ax - i) * (cy - j)) / area
                w = 1.0 - u - v
                if u >= 0.0 and v >= 0.0 and w >= 0.0:
                    level = int(np.floor((u * a[2] + v * b[2] + w * c[2] - origin[2]) / spacing)) + 1
                    # going down the column, an upward face enters the bone
                    change[i, j, min(max(level, 0), nk)] += 1 if area > 0 else -1
    bone = np.zeros((ni, nj, nk), dtype=np.uint8)
    for i in range(ni):
        for j in range(nj):
            depth = 0
            for k in range(nk - 1, -1, -1):
                depth += change[i, j, k + 1]
                if depth > 0:
                    bone[i, j, k] = 1
    return bone


@kernel
def easiest_way(clearance: FloatArray, start: np.ndarray, goal: np.ndarray, spacing: float) -> IntArray:
    """(m, 3) nodes of the cheapest way from a ``start`` to a ``goal`` node through nodes with positive ``clearance``.

    A step costs its length over the clearance, so the way keeps to the middle. Empty where there is none.
    """
    ni, nj, nk = clearance.shape
    cost = np.full(clearance.shape, np.inf)
    parent = np.full(clearance.shape, -1, dtype=np.int64)
    queue = [(0.0, np.int64(0))]
    queue.pop()
    for i in range(ni):
        for j in range(nj):
            for k in range(nk):
                if start[i, j, k] and clearance[i, j, k] > 0:
                    cost[i, j, k] = 0.0
                    heapq.heappush(queue, (0.0, np.int64((i * nj + j) * nk + k)))
    reached = np.int64(-1)
    while len(queue) > 0:
        so_far, node = heapq.heappop(queue)
        i, j, k = node // (nj * nk), (node // nk) % nj, node % nk
        if so_far > cost[i, j, k]:
            continue
        if goal[i, j, k]:
            reached = node
            break
        for di in range(-1, 2):
            for dj in range(-1, 2):
                for dk in range(-1, 2):
                    x, y, z = i + di, j + dj, k + dk
                    if x < 0 or y < 0 or z < 0 or x >= ni or y >= nj or z >= nk:
                        continue
                    if clearance[x, y, z] <= 0:
                        continue
                    length = spacing * np.sqrt(di * di + dj * dj + dk * dk)
                    new = so_far + length / min(clearance[x, y, z], clearance[i, j, k])
                    if new < cost[x, y, z]:
                        cost[x, y, z] = new
                        parent[x, y, z] = node
                        heapq.heappush(queue, (new, np.int64((x * nj + y) * nk + z)))
    count = 0
    node = reached
    while node >= 0:
        count += 1
        node = parent[node // (nj * nk), (node // nk) % nj, node % nk]
    way = np.empty((count, 3), dtype=np.int64)
    node = reached
    for n in range(count - 1, -1, -1):
        way[n, 0], way[n, 1], way[n, 2] = node // (nj * nk), (node // nk) % nj, node % nk
        node = parent[way[n, 0], way[n, 1], way[n, 2]]
    return way
