"""Shaded pictures of meshes without any graphics library: works where there is no display and no GL."""

from __future__ import annotations

from functools import cache

import numpy as np

from rfplan.geometry.arrays import FloatArray, IntArray
from rfplan.report import raster_kernels as kernels
from rfplan.report import shading_kernels as shading
from rfplan.report.camera import Camera
from rfplan.report.palette import linear
from rfplan.report.scene import Scene, Surface

_KEY = (-0.42, 0.62, 0.66)
_FILL = (0.75, 0.10, 0.65)
_RIM = (0.15, -0.75, 0.30)
_SHADOW_PX = 700
_SPIRAL_MM = 13.0
_SPIRAL_COUNT = 14


def render(scene: Scene, camera: Camera, size_px: tuple[int, int], samples: int = 2) -> np.ndarray:
    """The picture of ``scene``: (height, width, 3) bytes.

    Parameters
    ----------
    size_px : width and height of the picture
    samples : samples per pixel along each axis; 2 or 3 give smooth edges
    """
    width, height = size_px[0] * samples, size_px[1] * samples
    eye = camera.eye_mm or 0.0
    scale = width / camera.width_mm
    opaque = [surface for surface in scene.surfaces if surface.opacity >= 1.0]
    glass = [surface for surface in scene.surfaces if surface.opacity < 1.0]

    depths = np.full((height, width), kernels.FAR, dtype=np.float32)
    slopes = np.zeros((height, width, 2), dtype=np.float32)
    materials = np.zeros((height, width), dtype=np.uint16)
    views = [kernels.rotated(surface.mesh.vertices_mm, camera.axes, camera.target_mm) for surface in opaque]
    for number, (surface, view) in enumerate(zip(opaque, views, strict=True)):
        normals = _normals(surface, camera)
        screen = kernels.project(view, eye, scale, width, height)
        kernels.draw_triangles(screen, normals, surface.mesh.faces, number, depths, slopes, materials)

    depth_mm = kernels.view_depth(depths, eye, samples)
    mm_per_px = camera.width_mm / size_px[0]
    sky = shading.occlusion(depth_mm, slopes, samples, mm_per_px, _pattern(_SPIRAL_MM / mm_per_px))
    lit = _shadow(opaque, views, depth_mm, slopes, samples, scale / samples, eye)
    image = shading.shade(
        depths,
        slopes,
        materials,
        sky,
        lit,
        np.array([linear(surface.colour) for surface in opaque]).reshape(-1, 3),
        np.array([(surface.gloss, surface.sharpness, surface.fade) for surface in opaque]).reshape(-1, 3),
        _lights(),
        np.array([(0.20, 0.205, 0.23), (0.36, 0.365, 0.37)]),
        np.array(linear(scene.background)),
        samples,
    )
    if glass:
        veils = np.array([0.3 if surface.through_glass else 1.0 for surface in opaque] or [1.0])
        _blend(image, depths, materials, veils, glass, camera, scale)
    return shading.finish(image, samples, _encoding())


def _normals(surface: Surface, camera: Camera) -> FloatArray:
    known = surface.normals
    if known is None:
        known = kernels.smooth_normals(surface.mesh.vertices_mm, surface.mesh.faces, 0)
    return kernels.rotated(known, camera.axes, np.zeros(3))


def _lights() -> FloatArray:
    rows = [
        (*_KEY, 0.74, 0.725, 0.69),
        (*_FILL, 0.16, 0.17, 0.19),
        (*_RIM, 0.10, 0.10, 0.115),
    ]
    lights = np.array(rows)
    lights[:, :3] /= np.linalg.norm(lights[:, :3], axis=1, keepdims=True)
    return lights


def _shadow(
    opaque: list[Surface],
    views: list[FloatArray],
    depth_mm: np.ndarray,
    slopes: np.ndarray,
    samples: int,
    scale: float,
    eye: float,
) -> np.ndarray:
    casters = [n for n, surface in enumerate(opaque) if surface.casts_shadow and len(surface.mesh.faces)]
    if not casters:
        return np.ones(depth_mm.shape, dtype=np.float32)
    towards = np.array(_KEY) / np.linalg.norm(_KEY)
    right = np.cross((0.0, 1.0, 0.0), towards)
    right /= np.linalg.norm(right)
    axes = np.stack([right, np.cross(towards, right), towards])
    seen = [kernels.rotated(views[n], axes, np.zeros(3)) for n in casters]
    bounds = np.stack([kernels.extent(points) for points in seen])
    low, high = bounds[:, 0].min(axis=0), bounds[:, 1].max(axis=0)
    # a needle's hub far from the bone must not coarsen the map: nothing beyond half a metre counts
    extent = float(np.clip(np.max((high - low)[:2]), 1.0, 500.0))
    middle = 0.5 * (low + high) * (1.0, 1.0, 0.0)
    light_scale = 0.96 * _SHADOW_PX / extent
    light_depths = np.full((_SHADOW_PX, _SHADOW_PX), kernels.FAR, dtype=np.float32)
    for n, points in zip(casters, seen, strict=True):
        screen = kernels.project(points - middle, 0.0, light_scale, _SHADOW_PX, _SHADOW_PX)
        kernels.draw_depth(screen, opaque[n].mesh.faces, light_depths, True)
    to_light = np.column_stack([axes, -middle])
    return shading.shadow(
        depth_mm, slopes, samples, scale, eye, to_light, light_depths, light_scale, 0.7 * light_scale, 1.1
    )


def _blend(
    image: np.ndarray,
    depths: np.ndarray,
    materials: np.ndarray,
    veils: FloatArray,
    glass: list[Surface],
    camera: Camera,
    scale: float,
) -> None:
    height, width = depths.shape
    groups: dict[str, list[Surface]] = {}
    for n, surface in enumerate(glass):
        groups.setdefault(surface.layer or f"#{n}", []).append(surface)
    layer_depths = np.full((len(groups), height, width), kernels.FAR, dtype=np.float32)
    layer_slopes = np.zeros((len(groups), height, width, 2), dtype=np.float32)
    unused = np.zeros((height, width), dtype=np.uint16)
    eye = camera.eye_mm or 0.0
    for n, surfaces in enumerate(groups.values()):
        for surface in surfaces:
            view = kernels.rotated(surface.mesh.vertices_mm, camera.axes, camera.target_mm)
            normals = _normals(surface, camera)
            screen = kernels.project(view, eye, scale, width, height)
            kernels.draw_triangles(screen, normals, surface.mesh.faces, 0, layer_depths[n], layer_slopes[n], unused)
    leaders = [surfaces[0] for surfaces in groups.values()]
    shading.blend_layers(
        image,
        depths,
        layer_depths,
        layer_slopes,
        np.array([linear(surface.colour) for surface in leaders]),
        np.array([surface.opacity for surface in leaders]),
        np.array([surface.edge_opacity for surface in leaders]),
        np.array(_KEY) / np.linalg.norm(_KEY),
        materials,
        veils,
    )


@cache
def _encoding() -> np.ndarray:
    light = np.arange(4096) / 4095.0
    screen = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.round(255.0 * screen).astype(np.uint8)


def _pattern(reach_px: float) -> IntArray:
    """(16, k, 2) offsets that cover a disc, denser near the middle, in golden-angle steps and sixteen rotations."""
    n = np.arange(_SPIRAL_COUNT)
    radius = reach_px * ((n + 0.7) / _SPIRAL_COUNT) ** 1.6
    # rotations far from each other for neighbouring pixels
    angle = 2.399963 * n + 0.3926990817 * 1.618 * np.arange(16)[:, None]
    return np.round(np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=-1)).astype(np.int64)
