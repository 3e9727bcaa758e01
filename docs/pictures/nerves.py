"""Makes the picture of docs/nerves.md: courses that the branches of the reference patient may follow, over the chart."""

from __future__ import annotations

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import rfplan
from rfplan.anatomy.sides import BRANCH_LEVELS

COLOURS = dict(zip(BRANCH_LEVELS, ("#7b3294", "#00798c", "#d1495b", "#edae49", "#555555"), strict=True))
COURSES = 60


def main() -> None:
    """Make it."""
    patient = rfplan.reference_patient()
    chart = patient.chart
    height, spacing = chart.seen_mm, chart.spacing_mm
    slope_l, slope_c = np.gradient(np.nan_to_num(height, nan=np.nanmin(height)), spacing)
    shade = (1.0 + 0.35 * slope_l + 0.35 * slope_c) / np.sqrt(1.0 + slope_l**2 + slope_c**2)
    shade = np.where(np.isfinite(height), shade, np.nan)
    right = chart.lateral_0_mm + spacing * (height.shape[0] - 1)
    bottom = chart.caudal_0_mm + spacing * (height.shape[1] - 1)
    figure, axes = plt.subplots(1, 2, figsize=(12.5, 6.4), layout="constrained")
    sets = [("the typical set of the reference patient", (patient.nerves,), 2.2, 1.0)]
    drawn = rfplan.courses(patient, COURSES, seed=1)
    sets.append((f"{COURSES} courses drawn from the population (seed 1)", drawn, 0.8, 0.55))
    for panel, (title, nerve_sets, width, alpha) in zip(axes, sets, strict=True):
        # the operator looks from behind: the patient's left is on the left of the picture
        panel.imshow(
            shade.T, cmap="bone", vmin=0.1, vmax=1.35, extent=(chart.lateral_0_mm, right, bottom, chart.caudal_0_mm)
        )
        for nerves in nerve_sets:
            for nerve in nerves:
                at = patient.frame.to_chart(nerve.points_mm)
                panel.plot(at[:, 0], at[:, 1], color=COLOURS[nerve.level], lw=width, alpha=alpha)
        for curve in patient.curves.values():
            if curve.name.startswith("sij"):
                at = patient.frame.to_chart(curve.points_mm)
                panel.plot(at[:, 0], at[:, 1], "k-.", lw=1)
        panel.invert_xaxis()
        panel.set_title(title, fontsize=11)
        panel.set_xlabel("mm to the patient's left of the midline")
        panel.set_aspect("equal")
    axes[0].set_ylabel("mm caudal of the S1 endplate")
    handles = [plt.Line2D([], [], color=COLOURS[level], lw=2.5, label=level) for level in ("L5", "S1", "S2", "S3")]
    handles.append(plt.Line2D([], [], color="k", ls="-.", lw=1, label="posterior joint line"))
    figure.legend(handles=handles, loc="outside lower center", ncols=5, frameon=False)
    figure.savefig(Path(__file__).with_name("nerves.png"), dpi=90)


if __name__ == "__main__":
    main()
