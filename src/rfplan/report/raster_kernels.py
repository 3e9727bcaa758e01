"""Compiled kernels of the software rasteriser: projection, depth buffer, occlusion, shadow and shading.

View space is right, up, towards the viewer, mm from the camera's target. A buffer of ``depths`` holds a number that is linear on
the screen and larger where nearer: the third view coordinate for parallel rays, 1 / (distance from the eye) otherwise.
``FAR`` marks the background.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from rfplan.geometry.arrays import FloatArray, IntArray

FAR = np.float32(-1.0e30)


@njit(cache=True)
def _to_unit_length(vectors: FloatArray) -> None:
    for n in range(vectors.shape[0]):
        length = np.sqrt(vectors[n, 0] ** 2 + vectors[n, 1] ** 2 + vectors[n, 2] ** 2)
        if length > 0.0:
            vectors[n, 0] /= length
            vectors[n, 1] /= length
            vectors[n, 2] /= length


@njit(cache=True)
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


@njit(cache=True)
def rotated(vectors: FloatArray, axes: FloatArray, origin: FloatArray) -> FloatArray:
    """(n, 3) coordinates along the rows of ``axes`` (3, 3) of ``vectors`` (n, 3), counted from ``origin`` (3,)."""
    result: FloatArray = np.empty_like(vectors)
    for n in range(vectors.shape[0]):
        x, y, z = vectors[n, 0] - origin[0], vectors[n, 1] - origin[1], vectors[n, 2] - origin[2]
        for axis in range(3):
            result[n, axis] = axes[axis, 0] * x + axes[axis, 1] * y + axes[axis, 2] * z
    return result


@njit(cache=True)
def extent(points: FloatArray) -> FloatArray:
    """(2, 3) lowest and highest coordinates of (n, 3) points."""
    bounds = np.empty((2, 3))
    bounds[0], bounds[1] = np.inf, -np.inf
    for n in range(points.shape[0]):
        for axis in range(3):
            bounds[0, axis] = min(bounds[0, axis], points[n, axis])
            bounds[1, axis] = max(bounds[1, axis], points[n, axis])
    return bounds


@njit(cache=True)
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


@njit(cache=True, fastmath=True)
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


@njit(cache=True, fastmath=True)
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


@njit(cache=True, fastmath=True)
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


@njit(cache=True, fastmath=True)
def occlusion(
    depth_mm: np.ndarray, slopes: np.ndarray, step: int, mm_per_px: float, pattern: IntArray
) -> np.ndarray:
    """(h, w) how much of the sky each pixel sees, 0 to 1, from the depth map and the smooth normals.

    ``slopes`` (h step, w step, 2) of the samples; ``pattern`` (16, k, 2) offsets in pixels, from near to far, in sixteen rotations
    that neighbouring pixels share out and that a four by four average then smooths away. Occluders count by the sine of
    their height above the tangent plane, weakened with distance.
    """
    height, width = depth_mm.shape
    raw = np.ones((height, width), dtype=np.float32)
    count = pattern.shape[1]
    half = FAR * np.float32(0.5)
    pixel = np.float32(mm_per_px)
    weaken = np.float32(1.0 / 240.0)
    one = np.float32(1.0)
    for y in range(1, height - 1):
        for x in range(1, width - 1):
            here = depth_mm[y, x]
            if here < half:
                continue
            nx, ny = slopes[y * step, x * step, 0], slopes[y * step, x * step, 1]
            nz = np.sqrt(max(np.float32(0.04), one - nx * nx - ny * ny))
            turn = (x & 3) * 4 + (y & 3)
            blocked = np.float32(0.0)
            for n in range(count):
                ox, oy = pattern[turn, n, 0], pattern[turn, n, 1]
                sx, sy = x + ox, y + oy
                if sx < 0 or sy < 0 or sx >= width or sy >= height:
                    continue
                there = depth_mm[sy, sx]
                if there < half:
                    continue
                dx, dy, dz = np.float32(ox) * pixel, np.float32(oy) * pixel, there - here
                distance = np.sqrt(dx * dx + dy * dy + dz * dz + np.float32(1e-6))
                # facets of the mesh stand a little over its smooth normals: only what is clearly above counts
                sine = (dz * nz + dx * nx - dy * ny - np.float32(0.10)) / distance - np.float32(0.06)
                if sine > 0.0:
                    blocked += sine / (one + distance * distance * weaken)
            raw[y, x] = max(np.float32(0.0), one - np.float32(2.1) * blocked / count)
    result = np.ones((height, width), dtype=np.float32)
    for y in range(2, height - 2):
        for x in range(2, width - 2):
            here = depth_mm[y, x]
            if here < half:
                continue
            total, weight = np.float32(0.0), np.float32(0.0)
            for j in range(-2, 2):
                for i in range(-2, 2):
                    if abs(depth_mm[y + j, x + i] - here) < 2.5:
                        total += raw[y + j, x + i]
                        weight += one
            result[y, x] = total / weight
    return result


@njit(cache=True, fastmath=True)
def shadow(
    depth_mm: np.ndarray,
    slopes: np.ndarray,
    step: int,
    scale: float,
    eye: float,
    to_light: FloatArray,
    light_depths: np.ndarray,
    light_scale: float,
    blur_px: float,
    bias_mm: float,
) -> np.ndarray:
    """(h, w) share of the key light that reaches each pixel, 0 to 1, with a soft edge.

    ``slopes`` (h step, w step, 2) of the samples. ``to_light`` (3, 4) maps view points to light coordinates, mm (the third towards
    the light); ``light_depths`` is the depth map seen from the light with ``light_scale`` px/mm.
    """
    height, width = depth_mm.shape
    lit = np.ones((height, width), dtype=np.float32)
    rows, columns = light_depths.shape
    for y in range(height):
        for x in range(width):
            z = depth_mm[y, x]
            if z < FAR * np.float32(0.5):
                continue
            here = scale if eye <= 0.0 else scale * eye / (eye - z)
            vx = (x + 0.5 - 0.5 * width) / here
            vy = (0.5 * height - y - 0.5) / here
            # a step off the surface, the longer the more the light grazes it, keeps it from shading itself
            nx, ny = slopes[y * step, x * step, 0], slopes[y * step, x * step, 1]
            nz = np.sqrt(max(0.0, 1.0 - nx * nx - ny * ny))
            off = bias_mm * (1.6 - (to_light[2, 0] * nx + to_light[2, 1] * ny + to_light[2, 2] * nz))
            vx, vy, z = vx + off * nx, vy + off * ny, z + off * nz
            lx = to_light[0, 0] * vx + to_light[0, 1] * vy + to_light[0, 2] * z + to_light[0, 3]
            ly = to_light[1, 0] * vx + to_light[1, 1] * vy + to_light[1, 2] * z + to_light[1, 3]
            lz = to_light[2, 0] * vx + to_light[2, 1] * vy + to_light[2, 2] * z + to_light[2, 3]
            px, py = 0.5 * columns + light_scale * lx, 0.5 * rows - light_scale * ly
            open_taps = 0.0
            for step_y in range(4):
                for step_x in range(4):
                    i = int(py + (step_y - 1.5) * blur_px)
                    j = int(px + (step_x - 1.5) * blur_px)
                    inside = 0 <= i < rows and 0 <= j < columns
                    if not inside or light_depths[i, j] < lz + bias_mm:
                        open_taps += 1.0
            lit[y, x] = open_taps / 16.0
    return lit


@njit(cache=True, fastmath=True)
def _light(
    nx: float,
    ny: float,
    seen: float,
    key: float,
    m: int,
    colours: FloatArray,
    finishes: FloatArray,
    lights: FloatArray,
    ambient: FloatArray,
    background: FloatArray,
    result: FloatArray,
) -> None:
    """Linear colour of one sample of material ``m``, put into ``result`` (3,)."""
    flat = nx * nx + ny * ny
    if flat > 1.0:
        length = np.sqrt(flat)
        nx, ny, flat = nx / length, ny / length, 1.0
    nz = np.sqrt(1.0 - flat)
    up = 0.5 + 0.5 * ny
    red = (ambient[0, 0] + (ambient[1, 0] - ambient[0, 0]) * up) * seen
    green = (ambient[0, 1] + (ambient[1, 1] - ambient[0, 1]) * up) * seen
    blue = (ambient[0, 2] + (ambient[1, 2] - ambient[0, 2]) * up) * seen
    gloss = 0.0
    for n in range(lights.shape[0]):
        facing = nx * lights[n, 0] + ny * lights[n, 1] + nz * lights[n, 2]
        if facing <= 0.0:
            continue
        amount = facing * (key if n == 0 else 0.45 + 0.55 * seen)
        red += amount * lights[n, 3]
        green += amount * lights[n, 4]
        blue += amount * lights[n, 5]
        if n == 0 and finishes[m, 0] > 0.0:
            # half vector between the light and the viewer, who is straight ahead
            hx, hy, hz = lights[n, 0], lights[n, 1], lights[n, 2] + 1.0
            cosine = (nx * hx + ny * hy + nz * hz) / np.sqrt(hx * hx + hy * hy + hz * hz)
            gloss += key * finishes[m, 0] * max(cosine, 0.0) ** finishes[m, 1]
    # surfaces that turn away darken a little, which draws the form as a pencil would
    rim = 0.62 + 0.38 * min(1.0, nz * 1.7)
    fade = finishes[m, 2]
    result[0] = (1.0 - fade) * (red * rim * colours[m, 0] + gloss) + fade * background[0]
    result[1] = (1.0 - fade) * (green * rim * colours[m, 1] + gloss) + fade * background[1]
    result[2] = (1.0 - fade) * (blue * rim * colours[m, 2] + gloss) + fade * background[2]


@njit(cache=True, fastmath=True)
def shade(
    depths: np.ndarray,
    slopes: np.ndarray,
    materials: np.ndarray,
    sky: np.ndarray,
    lit: np.ndarray,
    colours: FloatArray,
    finishes: FloatArray,
    lights: FloatArray,
    ambient: FloatArray,
    background: FloatArray,
    step: int,
) -> np.ndarray:
    """(h, w, 3) linear colour of the opaque scene.

    ``colours`` (m, 3) linear; ``finishes`` (m, 3): strength of the highlight, its sharpness, and how far the colour is faded to
    the background; ``lights`` (k, 6): direction and linear colour, the first is the key and casts the shadow; ``ambient``
    (2, 3): colour from below and from above. ``sky`` and ``lit`` have one value per pixel of ``step`` x ``step`` samples. A pixel
    whose samples lie on one smooth surface is lit once.
    """
    height, width = depths.shape
    image = np.empty((height, width, 3), dtype=np.float32)
    colour = np.empty(3)
    half = FAR * np.float32(0.5)
    for row in range(height // step):
        for column in range(width // step):
            y0, x0 = row * step, column * step
            first = materials[y0, x0]
            solid = depths[y0, x0] > half
            alike, nx, ny = True, 0.0, 0.0
            for y in range(y0, y0 + step):
                for x in range(x0, x0 + step):
                    here = depths[y, x] > half
                    alike = alike and here == solid and (not here or materials[y, x] == first)
                    nx += slopes[y, x, 0]
                    ny += slopes[y, x, 1]
            nx, ny = nx / (step * step), ny / (step * step)
            if alike and solid:
                bent = abs(slopes[y0, x0, 0] - nx) + abs(slopes[y0, x0, 1] - ny)
                alike = bent < 0.25
            seen, key = sky[row, column], lit[row, column]
            if alike:
                if solid:
                    _light(
                        nx,
                        ny,
                        seen,
                        key,
                        first,
                        colours,
                        finishes,
                        lights,
                        ambient,
                        background,
                        colour,
                    )
                else:
                    colour[0], colour[1], colour[2] = background[0], background[1], background[2]
            for y in range(y0, y0 + step):
                for x in range(x0, x0 + step):
                    if not alike:
                        if depths[y, x] > half:
                            m = materials[y, x]
                            _light(
                                slopes[y, x, 0],
                                slopes[y, x, 1],
                                seen,
                                key,
                                m,
                                colours,
                                finishes,
                                lights,
                                ambient,
                                background,
                                colour,
                            )
                        else:
                            colour[0], colour[1], colour[2] = background[0], background[1], background[2]
                    image[y, x, 0], image[y, x, 1], image[y, x, 2] = colour[0], colour[1], colour[2]
    return image


@njit(cache=True, fastmath=True)
def blend_layers(
    image: np.ndarray,
    depths: np.ndarray,
    layer_depths: np.ndarray,
    layer_slopes: np.ndarray,
    colours: FloatArray,
    opacities: FloatArray,
    edges: FloatArray,
    key: FloatArray,
    materials: np.ndarray,
    veils: FloatArray,
) -> None:
    """Lay translucent surfaces over ``image`` (h, w, 3), per pixel from far to near, where they are before the opaque scene.

    ``layer_depths`` (k, h, w), ``layer_slopes`` (k, h, w, 2), ``colours`` (k, 3) linear, ``opacities`` (k,) seen face on and
    ``edges`` (k,) seen edge on, ``key`` (3,) direction of the light, ``veils`` (m,) how much the glass hides of each opaque material.
    """
    layers, height, width = layer_depths.shape
    order = np.empty(layers, dtype=np.int64)
    for y in range(height):
        for x in range(width):
            count = 0
            for n in range(layers):
                depth = layer_depths[n, y, x]
                if depth > FAR * np.float32(0.5) and depth > depths[y, x]:
                    slot = count
                    while slot > 0 and layer_depths[order[slot - 1], y, x] > depth:
                        order[slot] = order[slot - 1]
                        slot -= 1
                    order[slot] = n
                    count += 1
            veil = 1.0
            if count > 0 and depths[y, x] > FAR * np.float32(0.5):
                veil = veils[materials[y, x]]
            for slot in range(count):
                n = order[slot]
                nx, ny = layer_slopes[n, y, x, 0], layer_slopes[n, y, x, 1]
                nz = np.sqrt(max(0.0, 1.0 - nx * nx - ny * ny))
                grazing = (1.0 - nz) * (1.0 - nz)
                opacity = opacities[n] + (edges[n] - opacities[n]) * grazing
                opacity *= veil
                light = 0.72 + 0.33 * max(0.0, nx * key[0] + ny * key[1] + nz * key[2])
                for channel in range(3):
                    image[y, x, channel] += opacity * (colours[n, channel] * light - image[y, x, channel])


@njit(cache=True, fastmath=True)
def finish(image: np.ndarray, step: int, encode: np.ndarray) -> np.ndarray:
    """(h / step, w / step, 3) bytes: samples averaged, then encoded for the screen by the table ``encode`` (4096,)."""
    height, width = image.shape[0] // step, image.shape[1] // step
    result = np.empty((height, width, 3), dtype=np.uint8)
    for y in range(height):
        for x in range(width):
            for channel in range(3):
                total = 0.0
                for dy in range(step):
                    for dx in range(step):
                        # a highlight brighter than the screen must not spoil the average at an edge
                        total += min(image[y * step + dy, x * step + dx, channel], 1.0)
                result[y, x, channel] = encode[int(max(0.0, min(total / (step * step), 1.0)) * 4095.0 + 0.5)]
    return result
