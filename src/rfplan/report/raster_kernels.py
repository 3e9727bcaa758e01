"""Compiled kernels of the software rasteriser: normals, projection and depth buffer.

View space is right, up, towards the viewer, mm from the camera's target. A buffer of ``depths`` holds a number that is linear on
the screen and larger where nearer: the third view coordinate for parallel rays, 1 / (distance from the eye) otherwise.
``FAR`` marks the background.
"""

from __future__ import annotations

import numpy as np

from rfplan.geometry.arrays import FloatArray, IntArray
from rfplan.geometry.compiled import kernel

FAR = np.float32(-1.0e30)


@kernel
def _to_unit_length(vectors: FloatArray) -> None:
    for n in range(vectors.shape[0]):
        length = np.sqrt(vectors[n, 0] ** 2 + vectors[n, 1] ** 2 + vectors[n, 2] ** 2)
        if length > 0.0:
            vectors[n, 0] /= length
            vectors[n, 1] /= length
            vectors[n, 2] /= length


@kernel
def smooth_normals(vertices: FloatArray, faces: IntArray, passes: int) -> FloatArray:
    """(n, 3) unit outward normals at the vertices, area-weighted over their faces.

    Then averaged ``passes`` times with those of the neighbours: meshes that were extracted from a grid carry its ripple.
    """
    normals: FloatArray = np.zeros_like(vertices)
    for face in range(faces.shape[0]):
        i, j, k = faces[face, 0], faces[face, 1], faces[face, 2]
        ux, uy, uz = (
            vertices[j, 0] - vertices[i, 0],
            vertices[j, 1] - vertices[i, 1],
            vertices[j, 2] - vertices[i, 2],
        )
        vx, vy, vz = (
            vertices[k, 0] - vertices[i, 0],
            vertices[k, 1] - vertices[i, 1],
            vertices[k, 2] - vertices[i, 2],
        )
        nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        for corner in range(3):
            vertex = faces[face, corner]
            normals[vertex, 0] += nx
            normals[vertex, 1] += ny
            normals[vertex, 2] += nz
    _to_unit_length(normals)
    for _ in range(passes):
        mean = normals.copy()
        for face in range(faces.shape[0]):
            for corner in range(3):
                vertex, beside = faces[face, corner], faces[face, (corner + 1) % 3]
                for axis in range(3):
                    mean[vertex, axis] += normals[beside, axis]
                    mean[beside, axis] += normals[vertex, axis]
        normals = mean
        _to_unit_length(normals)
    return normals


@kernel
def rotated(vectors: FloatArray, axes: FloatArray, origin: FloatArray) -> FloatArray:
    """(n, 3) coordinates along the rows of ``axes`` (3, 3) of ``vectors`` (n, 3), counted from ``origin`` (3,)."""
    result: FloatArray = np.empty_like(vectors)
    for n in range(vectors.shape[0]):
        x, y, z = vectors[n, 0] - origin[0], vectors[n, 1] - origin[1], vectors[n, 2] - origin[2]
        for axis in range(3):
            result[n, axis] = axes[axis, 0] * x + axes[axis, 1] * y + axes[axis, 2] * z
    return result


@kernel
def extent(points: FloatArray) -> FloatArray:
    """(2, 3) lowest and highest coordinates of (n, 3) points."""
    bounds = np.empty((2, 3))
    bounds[0], bounds[1] = np.inf, -np.inf
    for n in range(points.shape[0]):
        for axis in range(3):
            bounds[0, axis] = min(bounds[0, axis], points[n, axis])
            bounds[1, axis] = max(bounds[1, axis], points[n, axis])
    return bounds


@kernel
def project(view: FloatArray, eye: float, scale: float, width: int, height: int) -> FloatArray:
    """(n, 3) screen x, screen y and depth of (n, 3) view points; ``eye`` 0 means parallel rays; ``scale`` px/mm at the target."""
    screen = np.empty(view.shape)
    for n in range(view.shape[0]):
        here = scale
        depth = view[n, 2]
        if eye > 0.0:
            distance = max(eye - view[n, 2], 1.0)
            here = scale * eye / distance
            depth = 1.0 / distance
        screen[n, 0] = 0.5 * width + here * view[n, 0]
        screen[n, 1] = 0.5 * height - here * view[n, 1]
        screen[n, 2] = depth
    return screen


@kernel
def draw_triangles(
    screen: FloatArray,
    normals: FloatArray,
    faces: IntArray,
    material: int,
    depths: np.ndarray,
    slopes: np.ndarray,
    materials: np.ndarray,
) -> None:
    """Draw one closed mesh: nearest depth, the right and up parts of its normal, and its material.

    ``screen`` and ``normals`` (n, 3); ``depths`` (h, w), ``slopes`` (h, w, 2) and ``materials`` (h, w) are changed in place.
    """
    height, width = depths.shape
    for face in range(faces.shape[0]):
        i, j, k = faces[face, 0], faces[face, 1], faces[face, 2]
        ax, ay, bx, by, cx, cy = (
            screen[i, 0],
            screen[i, 1],
            screen[j, 0],
            screen[j, 1],
            screen[k, 0],
            screen[k, 1],
        )
        area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
        # the screen's y points down, so a face that looks at the viewer has negative area; of a solid one sees no others
        if area >= 0.0:
            continue
        y0 = max(0, int(np.ceil(min(ay, by, cy) - 0.5)))
        y1 = min(height - 1, int(np.floor(max(ay, by, cy) - 0.5)))
        if y0 > y1 or max(ax, bx, cx) < 0.0 or min(ax, bx, cx) > width:
            continue
        inverse = 1.0 / area
        # barycentric weights u (of a) and v (of b) as linear functions of the pixel's centre
        ux, uy = (by - cy) * inverse, (cx - bx) * inverse
        vx, vy = (cy - ay) * inverse, (ax - cx) * inverse
        wx, wy = -ux - vx, -uy - vy
        u0 = 1.0 - ux * ax - uy * ay
        v0 = 1.0 - vx * bx - vy * by
        w0 = 1.0 - u0 - v0
        az, bz, cz = screen[i, 2], screen[j, 2], screen[k, 2]
        anx, any_ = normals[i, 0], normals[i, 1]
        bnx, bny = normals[j, 0], normals[j, 1]
        cnx, cny = normals[k, 0], normals[k, 1]
        left, right = min(ax, bx, cx), max(ax, bx, cx)
        iu = 1.0 / ux if abs(ux) > 1e-12 else 0.0
        iv = 1.0 / vx if abs(vx) > 1e-12 else 0.0
        iw = 1.0 / wx if abs(wx) > 1e-12 else 0.0
        for y in range(y0, y1 + 1):
            py = y + 0.5
            low, high = left, right
            for edge in range(3):
                if edge == 0:
                    run, offset = iu, u0 + uy * py
                elif edge == 1:
                    run, offset = iv, v0 + vy * py
                else:
                    run, offset = iw, w0 + wy * py
                if run > 0.0:
                    low = max(low, -offset * run - 1e-6)
                elif run < 0.0:
                    high = min(high, -offset * run + 1e-6)
                elif offset < -1e-9:
                    high = low - 1.0
            x0 = max(0, int(np.ceil(low - 0.5)))
            x1 = min(width - 1, int(np.floor(high - 0.5)))
            for x in range(x0, x1 + 1):
                px = x + 0.5
                u = u0 + ux * px + uy * py
                v = v0 + vx * px + vy * py
                w = 1.0 - u - v
                depth = u * az + v * bz + w * cz
                if depth > depths[y, x]:
                    depths[y, x] = depth
                    slopes[y, x, 0] = u * anx + v * bnx + w * cnx
                    slopes[y, x, 1] = u * any_ + v * bny + w * cny
                    materials[y, x] = material


@kernel
def draw_depth(screen: FloatArray, faces: IntArray, depths: np.ndarray, front_only: bool) -> None:
    """Nearest depth only, for shadows and outlines; ``front_only`` leaves out faces that look away."""
    height, width = depths.shape
    for face in range(faces.shape[0]):
        i, j, k = faces[face, 0], faces[face, 1], faces[face, 2]
        ax, ay, bx, by, cx, cy = (
            screen[i, 0],
            screen[i, 1],
            screen[j, 0],
            screen[j, 1],
            screen[k, 0],
            screen[k, 1],
        )
        area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
        if area == 0.0 or (front_only and area > 0.0):
            continue
        x0, x1 = max(0, int(np.ceil(min(ax, bx, cx) - 0.5))), min(width - 1, int(max(ax, bx, cx) - 0.5))
        y0, y1 = max(0, int(np.ceil(min(ay, by, cy) - 0.5))), min(height - 1, int(max(ay, by, cy) - 0.5))
        inverse = 1.0 / area
        for y in range(y0, y1 + 1):
            for x in range(x0, x1 + 1):
                px, py = x + 0.5, y + 0.5
                u = ((bx - px) * (cy - py) - (cx - px) * (by - py)) * inverse
                v = ((cx - px) * (ay - py) - (ax - px) * (cy - py)) * inverse
                w = 1.0 - u - v
                if u >= -1e-9 and v >= -1e-9 and w >= -1e-9:
                    depth = u * screen[i, 2] + v * screen[j, 2] + w * screen[k, 2]
                    if depth > depths[y, x]:
                        depths[y, x] = depth


@kernel
def view_depth(depths: np.ndarray, eye: float, step: int) -> np.ndarray:
    """(h / step, w / step) third view coordinate, mm, of the nearest sample in every block of ``step`` x ``step``; FAR if none."""
    height, width = depths.shape[0] // step, depths.shape[1] // step
    result = np.full((height, width), FAR, dtype=np.float32)
    for y in range(height):
        for x in range(width):
            nearest = FAR
            for dy in range(step):
                for dx in range(step):
                    nearest = max(nearest, depths[y * step + dy, x * step + dx])
            if nearest > FAR * np.float32(0.5):
                result[y, x] = eye - 1.0 / nearest if eye > 0.0 else nearest
    return result
