"""Figure of solved lesions: sections with isotherms on one scale, and what the generator did."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from rfplan.errors import InputError
from rfplan.lesion.lesion import ISOTHERMS_C
from rfplan.report.lesion_section import bone_height_mm, draw_surroundings, section_points
from rfplan.report.palette import INK, PAPER
from rfplan.whole_file import write_whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from rfplan.lesion.solved import SolvedLesion

_LINES: Final = {45.0: "#56b4e9", 50.0: "#0072b2", 55.0: "#e69f00", 60.0: "#d55e00"}
"""Colour of each isotherm, after Okabe and Ito."""
_MARGIN_MM: Final = 3.0
_REACH_MM: Final = 30.0
_PIXEL_MM: Final = 0.1
_COARSE_MM: Final = 0.25


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
    named = {
        label: handle
        for n in range(count)
        for handle, label in zip(*axes[0, n].get_legend_handles_labels(), strict=True)
    }
    figure.legend(named.values(), named.keys(), loc="outside lower center", ncols=3, frameon=False)
    return figure


def save_lesion_figure(lesions: Sequence[SolvedLesion], titles: Sequence[str], path: Path) -> None:
    """Write the figure at ``path``, complete or not at all; the format is that of its ending.

    Raises
    ------
    InputError : the file cannot be written
    """
    figure = lesion_figure(lesions, titles)
    try:
        stream = io.BytesIO()
        figure.savefig(stream, format=path.suffix[1:], dpi=150)
        write_whole(path, stream.getvalue())
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}") from error


def _window(lesions: Sequence[SolvedLesion]) -> tuple[float, float, float]:
    across, low, high = 3.0, -1.0, 3.0
    for lesion in lesions:
        high = max(high, max(end for _, end in lesion.problem.active_mm))
        top = max(end for _, end in lesion.problem.active_mm) + _REACH_MM
        x, z, points = section_points(_REACH_MM, -_REACH_MM, top, _COARSE_MM)
        warm = lesion.field.at("end_c", points)
        hot = warm >= ISOTHERMS_C[0]
        if hot.any():
            across = max(across, float(np.abs(x[hot.any(axis=0)]).max()))
            rows = z[hot.any(axis=1)]
            low, high = min(low, float(rows.min())), max(high, float(rows.max()))
    return across + _MARGIN_MM, low - _MARGIN_MM, high + _MARGIN_MM


def _section(axes: Axes, lesion: SolvedLesion, title: str, across: float, low: float, high: float) -> None:
    start_c = lesion.problem.surroundings.start_c
    x, z, points = section_points(across, low, high, _PIXEL_MM)
    warm, dose = lesion.field.at("end_c", points), lesion.field.at("nerve", points)
    height = bone_height_mm(lesion.problem, points)
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
    draw_surroundings(axes, lesion.problem, x, z, points)
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
