"""Figure of solved lesions: sections with isotherms on one scale, and what the generator did."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from rfplan.errors import InputError
from rfplan.geometry.arrays import FloatArray
from rfplan.lesion.lesion import ISOTHERMS_C
from rfplan.lesion.placed_body import bone_beside
from rfplan.report.palette import BONE, INK, MUTED, PAPER, SHAFT, TIP

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from rfplan.lesion.solved import SolvedLesion

_LINES: Final = {45.0: "#56b4e9", 50.0: "#0072b2", 55.0: "#e69f00", 60.0: "#d55e00"}
"""Colour of each isotherm, after Okabe and Ito."""
_MARGIN_MM: Final = 3.0
_REACH_MM: Final = 30.0
_PIXEL_MM: Final = 0.1


def lesion_figure(lesions: Sequence[SolvedLesion], titles: Sequence[str]) -> Figure:
    """Sections of ``lesions`` side by side on one scale, the course of temperature and power under each."""
    from matplotlib.figure import Figure

    count = len(lesions)
    figure = Figure(figsize=(max(6.4, 4.2 * count + 0.6), 8.4), layout="constrained", facecolor=PAPER)
    axes: Any = figure.subplots(2, count, squeeze=False, height_ratios=(3.0, 1.2), sharey="row")
    across, low, high = _window(lesions)
    for n, (lesion, title) in enumerate(zip(lesions, titles, strict=True)):
        _section(axes[0, n], lesion, title, across, low, high)
        _history(axes[1, n], lesion, first=n == 0, last=n == count - 1)
    starts = [lesion.problem.surroundings.start_c for lesion in lesions]
    hottest = max(float(lesion.history.thermocouple_c.max()) for lesion in lesions)
    axes[1, 0].set_ylim(min(20.0, *starts), hottest + 5.0)
    axes[0, 0].set_ylabel("along the needle from its tip end, mm")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False)
    return figure


def save_lesion_figure(lesions: Sequence[SolvedLesion], titles: Sequence[str], path: Path) -> None:
    """Write the figure at ``path``, complete or not at all; the format is that of its ending.

    Raises
    ------
    InputError : the file cannot be written
    """
    figure = lesion_figure(lesions, titles)
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.stem}.", suffix=path.suffix, dir=path.parent)
        os.close(handle)
        try:
            figure.savefig(temporary, dpi=150)
            Path(temporary).chmod(0o644)
            Path(temporary).replace(path)
        finally:
            Path(temporary).unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}") from error


def _window(lesions: Sequence[SolvedLesion]) -> tuple[float, float, float]:
    across, low, high = 3.0, -1.0, 3.0
    for lesion in lesions:
        high = max(high, max(end for _, end in lesion.problem.active_mm))
        x, z, warm = _slice(lesion, "end_c")
        hot = warm >= ISOTHERMS_C[0]
        if hot.any():
            across = max(across, float(np.abs(x[hot.any(axis=0)]).max()))
            rows = z[hot.any(axis=1)]
            low, high = min(low, float(rows.min())), max(high, float(rows.max()))
    return across + _MARGIN_MM, low - _MARGIN_MM, high + _MARGIN_MM


def _slice(lesion: SolvedLesion, name: str) -> tuple[FloatArray, FloatArray, FloatArray]:
    """x (n,), z (m,) and a value (m, n) on the plane through the needles and across the bone."""
    x, z = np.arange(-_REACH_MM, _REACH_MM + 1e-9, _PIXEL_MM), np.arange(-_REACH_MM, 2.0 * _REACH_MM + 1e-9, _PIXEL_MM)
    points = np.stack(np.broadcast_arrays(x[None, :], 0.0, z[:, None]), axis=-1)
    return x, z, lesion.field.at(name, points)


def _bone(lesion: SolvedLesion, x: FloatArray, z: FloatArray) -> FloatArray | None:
    """(m, n) height above the surface of the bone on the same plane; None where there is none."""
    around = lesion.problem.surroundings
    if around.bone_gap_mm is None:
        return None
    plane = bone_beside(lesion.problem.body, around.bone_gap_mm, around.bone_angle_deg)
    return plane.height_mm(np.stack(np.broadcast_arrays(x[None, :], 0.0, z[:, None]), axis=-1))


def _section(axes: Axes, lesion: SolvedLesion, title: str, across: float, low: float, high: float) -> None:
    start_c = lesion.problem.surroundings.start_c
    x, z, warm = _slice(lesion, "end_c")
    dose = _slice(lesion, "nerve")[2]
    height = _bone(lesion, x, z)
    axes.imshow(
        warm,
        extent=(x[0], x[-1], z[0], z[-1]),
        origin="lower",
        interpolation="bilinear",
        cmap="inferno",
        vmin=start_c,
        vmax=100.0,
        alpha=0.6,
    )
    soft = warm if height is None else np.ma.masked_where(height < 0.0, warm)
    for isotherm in ISOTHERMS_C:
        axes.contour(x, z, soft, levels=[isotherm], colors=[_LINES[isotherm]], linewidths=1.8)
        axes.plot([], [], color=_LINES[isotherm], linewidth=1.8, label=f"{isotherm:g} °C")
    death = np.log(np.maximum(dose, 1e-12))
    death = death if height is None else np.ma.masked_where(height < 0.0, death)
    axes.contour(x, z, death, levels=[0.0], colors=[INK], linewidths=1.4, linestyles="--")
    axes.plot([], [], color=INK, linewidth=1.4, linestyle="--", label="nerve dead (provisional dose)")
    if height is not None:
        axes.contourf(x, z, height, levels=[-1e3, 0.0], colors=[BONE], zorder=3)
        axes.contour(x, z, height, levels=[0.0], colors=[MUTED], linewidths=1.2, zorder=4)
        axes.text(0.02, 0.01, "bone", transform=axes.transAxes, color=INK, zorder=5)
    for shift in _needles_at(lesion):
        _needle(axes, lesion, high, shift)
    axes.set_aspect("equal")
    axes.set_xlim(-across, across)
    axes.set_ylim(low, high)
    axes.set_xlabel("across, mm")
    size = lesion.size(50.0)
    protocol = lesion.problem.protocol
    axes.set_title(
        f"{title}\n{protocol.set_c:g} °C, {protocol.time_s:g} s from {start_c:g} °C: {lesion.status}\n"
        f"50 °C: {size.width_mm:.1f} mm wide, {size.length_mm:.1f} long, {size.beyond_tip_mm:.1f} past the tip",
        fontsize=9,
        color=INK,
    )


def _needles_at(lesion: SolvedLesion) -> tuple[float, ...]:
    spacing = None if lesion.problem.pair is None else lesion.problem.pair.spacing_mm
    return (0.0,) if spacing is None else (-0.5 * spacing, 0.5 * spacing)


def _needle(axes: Axes, lesion: SolvedLesion, high: float, shift: float) -> None:
    body = lesion.problem.body
    a, angle = body.radius_mm, np.linspace(np.pi, 2.0 * np.pi, 40)
    outline = np.stack([a * np.cos(angle), a + a * np.sin(angle)], axis=1)
    outline = np.concatenate([[[-a, high + 9.0]], outline, [[a, high + 9.0]]])
    axes.fill(shift + outline[:, 0], outline[:, 1], color=SHAFT, zorder=6)
    for start, end in body.active_mm:
        dome = outline[(outline[:, 1] >= start) & (outline[:, 1] <= end)]
        base = max(start, a) if start > 0.0 else a
        part = np.concatenate([[[-a, end], [-a, base]], dome if start < a else dome[:0], [[a, base], [a, end]]])
        axes.fill(shift + part[:, 0], part[:, 1], color=TIP, zorder=7)


def _history(axes: Axes, lesion: SolvedLesion, first: bool, last: bool) -> None:
    history = lesion.history
    time_s = np.concatenate([[0.0], history.time_s])
    start_c = lesion.problem.surroundings.start_c
    axes.plot(time_s, np.concatenate([[start_c], history.thermocouple_c]), color=INK)
    axes.set_xlabel("time, s")
    if first:
        axes.set_ylabel("thermocouple, °C")
    power = axes.twinx()
    power.step(history.time_s, history.power_w, where="pre", color=_LINES[60.0], linewidth=1.2)
    power.set_ylim(0.0, 1.1 * float(history.power_w.max()) + 1e-9)
    power.tick_params(axis="y", labelcolor=_LINES[60.0])
    if last:
        power.set_ylabel("power, W", color=_LINES[60.0])
