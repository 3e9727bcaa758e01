"""Draw docs/pictures/population.png, drawn against published, and print the tables of docs/population.md."""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from scipy.special import ndtr

from rfplan.anatomy.population import DrawnPatients, Population
from rfplan.anatomy.population_branches import LEVELS
from rfplan.anatomy.population_quantities import quantities, stated_correlations
from rfplan.figures import Figure, figures
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
            centre, width = known.centre[row, at], known.width[row, at]
            x = np.linspace(known.low[row, at], known.high[row, at], 200)
            share = np.diff(ndtr((x[[0, -1]] - centre) / width))[0]
            density = np.exp(-0.5 * ((x - centre) / width) ** 2) / (share * width * np.sqrt(2 * np.pi))
            axis.plot(
                np.concatenate([x[:1], x, x[-1:]]),
                np.concatenate([[0.0], density, [0.0]]),
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
    _print_correlations(drawn)
    _print_branches(drawn)


def _print_correlations(drawn: DrawnPatients) -> None:
    """Stated and drawn correlations; where a figure speaks of several pairs, the range over them."""
    names = {id(figure): key.removeprefix("correlation.") for key, figure in figures("population").items()}
    held: dict[str, tuple[Figure, list[list[float]]]] = {}
    for one, other, figure in stated_correlations():
        pair = [np.corrcoef(drawn.of(one)[own], drawn.of(other)[own])[0, 1] for own in (drawn.female, ~drawn.female)]
        held.setdefault(names[id(figure)], (figure, []))[1].append(pair)
    for name, (figure, pairs) in held.items():
        low, high = np.min(pairs, axis=0), np.max(pairs, axis=0)
        spans = [
            f"{a:.2f}" if f"{a:.2f}" == f"{b:.2f}" else f"{a:.2f} to {b:.2f}" for a, b in zip(low, high, strict=True)
        ]
        print(f"| {name} | {figure.value:g} | {spans[0]} | {spans[1]} | {figure.mark} | {figure.source} |")


def _print_branches(drawn: DrawnPatients) -> None:
    """Number, exit, angle, depth and diameter of the branches per level."""
    table, branches = figures("nerves"), drawn.branches
    there = np.arange(branches.clock_deg.shape[2]) < branches.count[:, :, None]

    def row(key: str, values: np.ndarray, middle: float, words: str) -> None:
        figure = table[key]
        spread = "" if figure.sd is None else f" ({figure.sd:g})"
        found = f"{middle:.2f}" if figure.sd is None else f"{middle:.2f} ({values.std():.2f})"
        print(
            f"| {key} | {words} | {figure.value:g}{spread} | {found} | {figure.unit} | {figure.mark} | {figure.source} |"
        )

    for n, level in enumerate(LEVELS[:3]):
        row(f"count.{level}", branches.count[:, n], branches.count[:, n].mean(), "mean")
    row("absent.S3", branches.count[:, 2], float((branches.count[:, 2] == 0).mean()), "part of sides")
    for n, level in enumerate(LEVELS[:3]):
        clocks = branches.clock_deg[:, n][there[:, n]]
        if level != "S2":
            row(f"clock.{level}", clocks, clocks.mean(), "mean (SD)")
            continue
        # an even mixture of two groups: nobody can tell afterwards which of them a branch came from
        parts = [table[f"clock.S2_{part}"] for part in ("upper", "lower")]
        mean = np.mean([part.value for part in parts])
        sd = np.sqrt(np.mean([part.sd**2 + (part.value - mean) ** 2 for part in parts]))
        print(
            f"| clock.S2_upper, clock.S2_lower | mean (SD) | {mean:g} ({sd:.3g}) | {clocks.mean():.2f} ({clocks.std():.2f}) | "
            f"{parts[0].unit} | {parts[0].mark} | {parts[0].source} |"
        )
    for n, level in enumerate(LEVELS[:3]):
        angles = branches.angle_deg[:, n][there[:, n]]
        row(f"angle.{level}", angles, angles.mean(), "mean (SD)")
    row("depth.lateral_branch", branches.depth_mm[there], float(np.median(branches.depth_mm[there])), "median")
    row("diameter.lateral_branch", branches.diameter_mm[there], branches.diameter_mm[there].mean(), "mean (SD)")
    row("L5.lateral_shift_sd_mm", branches.shift_mm, branches.shift_mm.std(), "SD")


if __name__ == "__main__":
    main()
