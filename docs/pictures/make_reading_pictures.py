"""Draws the pictures of docs/reading-bones.md: what is read from three real sets of bones and from the parametric sacrum.

python docs/pictures/make_reading_pictures.py FOLDER_OF_REAL_SETS
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import trimesh

from rfplan.anatomy.reading import Reading, read_bones
from rfplan.anatomy.sacrum import ParametricSacrum
from rfplan.geometry.mesh import Mesh

COLOURS = {"found": "#1a9850", "given": "#1a9850", "estimated": "#e08214", "absent": "#d73027"}
SHORT = {
    "psis": "PSIS",
    "piis": "PIIS",
    "s1_sap": "SAP",
    "s1_sap_base": "groove",
    "ala": "ala",
    "hiatus_apex": "hiatus",
}


def bones_in(folder: Path) -> dict[str, Mesh]:
    """The bones of one set by name."""
    found = {}
    for name in ("sacrum", "hip_left", "hip_right"):
        read = trimesh.load(folder / f"{name}.ply", process=False)
        found[name] = Mesh(read.vertices, read.faces)
    return found


def draw(reading: Reading, bones: dict[str, Mesh], title: str, path: Path) -> None:
    """One chart as the operator sees it: the patient's left is on the left."""
    chart, frame = reading.chart, reading.frame
    figure, axes = plt.subplots(figsize=(8.6, 7.4), dpi=100)
    ni, nj = chart.seen_mm.shape
    lateral = chart.lateral_0_mm + chart.spacing_mm * np.arange(ni)
    caudal = chart.caudal_0_mm + chart.spacing_mm * np.arange(nj)
    normal = chart.normal(lateral[:, None], caudal[None, :]) @ frame.axes.T
    light = normal @ np.array([0.42, -0.42, 0.80])
    light = np.where(np.isfinite(chart.seen_mm), 0.25 + 0.75 * np.clip(light, 0.0, 1.0), np.nan)
    extent = (lateral[0], lateral[-1], caudal[-1], caudal[0])
    for name in ("hip_left", "hip_right"):
        if name in bones:
            points = frame.to_chart(bones[name].vertices_mm)
            behind = points[points[:, 2] > -15.0]
            axes.plot(behind[:, 0], behind[:, 1], ".", color="#b8a98c", markersize=1.2, zorder=0)
    axes.imshow(light.T, extent=extent, cmap="gray", vmin=0.0, vmax=1.05, interpolation="bilinear", zorder=1)
    for name, curve in reading.curves.items():
        line = frame.to_chart(curve.points_mm)
        joint = name.startswith("sij")
        axes.plot(
            line[:, 0],
            line[:, 1],
            "-" if curve.status == "found" else "--",
            lw=2.0,
            color="#4393c3" if joint else "#b2182b",
        )
    for foramen in reading.foramina:
        colour = COLOURS[foramen.status]
        rim = frame.to_chart(np.vstack([foramen.rim_mm, foramen.rim_mm[:1]]))
        axes.plot(rim[:, 0], rim[:, 1], "-" if foramen.status == "found" else "--", color=colour, lw=2.2)
        centre = frame.to_chart(foramen.centre_mm)
        axes.plot(centre[0], centre[1], "+", color=colour, ms=7)
        text = f"{foramen.level} {foramen.confidence:.2f}\n{foramen.status}"
        inward = -11.5 if centre[0] > 0 else 11.5
        axes.text(centre[0] + inward, centre[1], text, color=colour, fontsize=7, ha="center", va="center")
    for name, mark in reading.landmarks.items():
        if mark.status == "absent" or name.startswith(("endplate", "promontory", "sij")):
            continue
        place = frame.to_chart(mark.position_mm)
        colour = "#542788" if mark.status == "found" else COLOURS["estimated"]
        axes.plot(place[0], place[1], "o", color=colour, ms=4.5)
        stem = name.removesuffix("_left").removesuffix("_right")
        label = SHORT.get(stem, "T" + stem[-1] if stem.startswith("tubercle") else stem)
        axes.annotate(label, place[:2], xytext=(3, 3), textcoords="offset points", fontsize=7, color=colour)
    axes.set_xlim(78.0, -78.0)
    axes.set_ylim(max(118.0, caudal[-1] - 4.0), -16.0)
    axes.set_aspect("equal")
    axes.set_xlabel("lateral, mm (patient's left is on the left)")
    axes.set_ylabel("caudal, mm from the S1 endplate")
    axes.set_title(f"{title}: true AP view, {frame.cranial_deg:.0f} degrees cranial", fontsize=10)
    figure.tight_layout()
    figure.savefig(path)
    plt.close(figure)


def main(real: Path) -> None:
    """Draw all four."""
    here = Path(__file__).parent
    for name, title in (
        ("hra_female", "Visible Human Female"),
        ("artisynth_male", "Visible Human Male (S2 closed)"),
        ("jhu_24", "JHU atlas, subject 24 (cut)"),
    ):
        bones = bones_in(real / name)
        draw(read_bones(bones), bones, title, here / f"reading_{name}.png")
    sacrum = {"sacrum": ParametricSacrum().mesh()}
    draw(read_bones(sacrum), sacrum, "Parametric sacrum alone", here / "reading_parametric.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
