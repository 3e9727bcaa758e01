"""What a lesion is in, drawn on the section through its needles: metal, bone, layers of tissue, fluid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from rfplan.geometry.arrays import FloatArray
from rfplan.lesion.scene import Scene, scene_of
from rfplan.lesion.tissue import cortical_thickness_mm
from rfplan.report.palette import BONE, INK, MUTED, PAPER, SHAFT, TIP

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from rfplan.lesion.problem import LesionProblem

_FLUID: Final = "#00e0c6"
_FAT: Final = "#f5d76e"
_TITLES: Final = {
    "hypertonic_saline": "saline 3 %",
    "saline": "saline",
    "lidocaine": "lidocaine 1 %",
    "glucose": "glucose 5 %",
}


def section_points(
    across_mm: float, low_mm: float, high_mm: float, pixel_mm: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """x (n,), z (m,) and points (m, n, 3) on the plane y = 0, a little more than from -across to across and from low to high."""
    # on whole multiples, so that the axis and round heights are on the raster
    x, z = (
        pixel_mm * np.arange(np.floor(low / pixel_mm), np.ceil(high / pixel_mm) + 1.0)
        for low, high in ((-across_mm, across_mm), (low_mm, high_mm))
    )
    return x, z, np.stack(np.broadcast_arrays(x[None, :], 0.0, z[:, None]), axis=-1)


def bone_height_mm(problem: LesionProblem, points_mm: FloatArray) -> FloatArray | None:
    """(m, n) height of (m, n, 3) points over the surface of the bone; None where there is none."""
    bone = scene_of(problem).bone
    return None if bone is None else bone.height_mm(points_mm)


def draw_surroundings(axes: Axes, problem: LesionProblem, x: FloatArray, z: FloatArray, points_mm: FloatArray) -> None:
    """Draw what is not temperature, and name it: on the section or in the legend."""
    scene = scene_of(problem)
    height = None if scene.bone is None else scene.bone.height_mm(points_mm)
    outside = np.ones(points_mm.shape[:2], dtype=bool) if height is None else height >= 0.0
    _layers(axes, problem, scene, x, z, points_mm, outside)
    if scene.balls and problem.surroundings.depot is not None:
        depot = problem.surroundings.depot
        inside = np.min([ball.distance_mm(points_mm) for ball in scene.balls], axis=0)
        edge = np.ma.masked_where(~outside, inside)
        axes.contour(x, z, edge, levels=[0.0], colors=[_FLUID], linewidths=1.8, linestyles=":", zorder=2.5)
        name = f"{_TITLES.get(depot.fluid, depot.fluid)}, {depot.volume_ml:g} ml (assumed ball)"
        axes.plot([], [], color=_FLUID, linewidth=1.8, linestyle=":", label=name)
    if height is not None:
        axes.contourf(x, z, height, levels=[-1e3, 0.0], colors=[BONE], zorder=3)
        axes.contour(x, z, height, levels=[0.0], colors=[MUTED], linewidths=1.2, zorder=4)
        inner = height + cortical_thickness_mm()
        axes.contour(x, z, inner, levels=[0.0], colors=[MUTED], linewidths=0.8, linestyles="--", zorder=4)
        axes.text(
            0.02, 0.01, "bone (dashed: cortical layer)", transform=axes.transAxes, color=INK, fontsize=8, zorder=8
        )
    _metal(axes, problem, scene, x, z, points_mm)


def _layers(
    axes: Axes, problem: LesionProblem, scene: Scene, x: FloatArray, z: FloatArray, points_mm: FloatArray, outside: Any
) -> None:
    layers = problem.surroundings.layers
    if not layers:
        return
    height = points_mm @ scene.layer_normal
    names = [layer.tissue for layer in layers]
    if len(scene.floors_mm) > len(names):
        names.insert(0, "muscle")
    for n, name in enumerate(names):
        low = scene.floors_mm[n]
        high = scene.floors_mm[n + 1] if n + 1 < len(names) else np.inf
        here = outside & (height >= low) & (height < high)
        if name == "fat" and here.any():
            # dots, so that temperature stays visible under them
            filled = np.where(outside, np.minimum(height - low, high - height), -1.0)
            dots = axes.contourf(
                x, z, np.minimum(filled, 1e3), levels=[0.0, 1e4], colors="none", hatches=[".."], zorder=1.5
            )
            dots.set_edgecolor(_FAT)
            dots.set_linewidth(0.0)
        if np.isfinite(low):
            edge = np.ma.masked_where(~outside, height - low)
            axes.contour(x, z, edge, levels=[0.0], colors=[_FAT], linewidths=1.2, linestyles="-.", zorder=2.4)
        if here.any():
            row, column = _free_spot(here, x)
            axes.text(
                x[column],
                z[row],
                name,
                ha="right",
                va="top",
                fontsize=9,
                color=INK,
                zorder=8,
                bbox={"facecolor": PAPER, "alpha": 0.8, "edgecolor": "none", "boxstyle": "round,pad=0.2"},
            )


def _free_spot(here: Any, x: FloatArray) -> tuple[int, int]:
    """Row and column of the upper right corner of a label: at the right edge and the top of the layer there, far from the isotherms."""
    column = len(x) - 1 - max(2, len(x) // 50)
    rows = np.flatnonzero(here[:, column])
    if not rows.size:
        rows, columns = np.nonzero(here)
        return int(rows[len(rows) // 2]), int(columns[len(rows) // 2])
    return int(rows[-min(len(rows), 6)]), column


def _metal(
    axes: Axes, problem: LesionProblem, scene: Scene, x: FloatArray, z: FloatArray, points_mm: FloatArray
) -> None:
    places = [body.own(points_mm) for body in scene.bodies]
    distances = [body.body.distance_mm(*place) for body, place in zip(scene.bodies, places, strict=True)]
    nearest = np.min(distances, axis=0)
    axes.contourf(x, z, nearest, levels=[-1e3, 0.0], colors=[SHAFT], zorder=6)
    axes.contour(x, z, nearest, levels=[0.0], colors=[INK], linewidths=0.7, zorder=7.5)
    for body, distance, (_, along) in zip(scene.bodies, distances, places, strict=True):
        for low, high in body.body.active_mm:
            part = np.maximum(distance, np.maximum(low - along if low > 0.0 else -1.0, along - high))
            axes.contourf(x, z, part, levels=[-1e3, 0.0], colors=[TIP], zorder=7)
        if np.isfinite(body.body.end_mm):
            # a tine leaves the section: its shadow on it
            ends = body.tip_mm + np.array([[0.0], [body.body.end_mm]]) * body.axis
            axes.plot(ends[:, 0], ends[:, 2], color=TIP, linewidth=2.0, linestyle=(0, (2, 1)), zorder=6.5)
    if problem.tines:
        axes.plot([], [], color=TIP, linewidth=2.0, linestyle=(0, (2, 1)), label="tines, seen through")
    for (low, high), volts in zip(problem.active_mm, problem.part_volts, strict=False):
        sign = "+" if volts > 0.0 else "\N{MINUS SIGN}"
        axes.text(0.0, 0.5 * (low + high), sign, ha="center", va="center", fontsize=9, color=INK, zorder=9)
