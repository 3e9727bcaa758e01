"""Draw docs/pictures/population.png, drawn against published, and print the table of docs/population.md."""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

from rfplan.anatomy.population import Population
from rfplan.anatomy.population_quantities import quantities
from rfplan.report.palette import CAPTURED, INK, MISSED, MUTED

SHOWN = (
    ("sacrum.length", "length, mm"),
    ("sacrum.breadth", "breadth, mm"),
    ("sacrum.prone_tilt_deg", "prone tilt of the endplate, deg"),
    ("sacrum.foramen.S1.lateral", "S1 from midline, mm"),
    ("sacrum.foramen.S2.lateral", "S2 from midline, mm"),
    ("sacrum.foramen.S2.spacing", "S1 to S2, mm"),
    ("sacrum.foramen.S3.spacing", "S2 to S3, mm"),
    ("sacrum.foramen.S1.width", "width of S1 aperture, mm"),
    ("sacrum.foramen.S4.width", "width of S4 aperture, mm"),
    ("sacrum.endplate_ap", "endplate, front to back, mm"),
    ("sacrum.auricular_height", "height of the joint surface, mm"),
    ("sacrum.tubercle.S2.from_foramen", "S2 foramen to tubercle, mm"),
)


def main() -> None:
    """Draw the picture and print the table."""
    drawn, known = Population().draw(20_000, 1), quantities()
    figure, axes = plt.subplots(4, 3, figsize=(10.5, 11.0))
    for axis, (name, label) in zip(axes.flat, SHOWN, strict=True):
        at = known.names.index(name)
        values = drawn.of(name)
        for row, (sex, colour) in enumerate((("women", MISSED), ("men", CAPTURED))):
            own = values[drawn.female == (sex == "women")]
            axis.hist(own, 60, density=True, histtype="stepfilled", alpha=0.35, color=colour, label=f"{sex}, drawn")
            mean, sd = known.mean[row, at], known.sd[row, at]
            x = np.linspace(mean - 3.2 * sd, mean + 3.2 * sd, 200)
            axis.plot(
                x,
                np.exp(-0.5 * ((x - mean) / sd) ** 2) / (sd * np.sqrt(2 * np.pi)),
                color=colour,
                lw=1.6,
                label=f"{sex}, stated",
            )
        axis.set_title(f"{label}   [{known.figures[at][0].mark}]", fontsize=10, color=INK)
        axis.set_yticks([])
        axis.tick_params(labelsize=8, colors=MUTED)
        for side in ("left", "top", "right"):
            axis.spines[side].set_visible(False)
    axes.flat[0].legend(fontsize=7, frameon=False)
    figure.suptitle(
        "20,000 virtual patients: drawn (areas) and stated distributions (lines); [mark of trust]",
        fontsize=11,
        color=INK,
    )
    figure.tight_layout()
    figure.savefig(Path(__file__).with_name("population.png"), dpi=90)
    for at, name in enumerate(known.names):
        values = drawn.of(name)
        for row, sex in enumerate(("female", "male")):
            pair = known.figures[at]
            if row == 1 and pair[0] is pair[1]:
                continue
            both = pair[0] is pair[1]
            own = values if both else values[drawn.female == (sex == "female")]
            stated = pair[row]
            print(
                f"| {name} | {'both' if both else sex} | {stated.value:g} ({stated.sd:g}) | {own.mean():.2f} ({own.std():.2f}) | "
                f"{stated.low:g} to {stated.high:g} | {stated.unit} | {stated.mark} | {stated.source} |"
            )


if __name__ == "__main__":
    main()
