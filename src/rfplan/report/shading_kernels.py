"""Compiled kernels of shading: how much sky and key light a pixel sees, its colour, glass over it, and the finished bytes.

Buffers are those of ``raster_kernels``.
"""

from __future__ import annotations

import numpy as np

from rfplan.geometry.arrays import FloatArray, IntArray
from rfplan.geometry.compiled import kernel
from rfplan.report.raster_kernels import FAR


@kernel
def occlusion(depth_mm: np.ndarray, slopes: np.ndarray, step: int, mm_per_px: float, pattern: IntArray) -> np.ndarray:
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


@kernel
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


@kernel
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


@kernel
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


@kernel
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


@kernel
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
