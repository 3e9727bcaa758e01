"""Draws ``technique_*.png``: every technique on the right side of the reference patient, on the chart and from behind and beside.

Run from the project's root: ``python docs/pictures/techniques.py``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

import rfplan
from rfplan.planning.techniques.recipe import Technique
from rfplan.report.bone_model import bone_surfaces
from rfplan.report.chart_figure import chart_figure
from rfplan.report.lesion_surfaces import judged_surfaces, lesion_surfaces
from rfplan.report.stills import still

FOLDER = Path(__file__).parent
HEIGHT_PX = 700


def scaled(image: np.ndarray, height_px: int) -> Image.Image:
    """The picture at a given height."""
    picture = Image.fromarray(image[..., :3])
    return picture.resize((round(picture.width * height_px / picture.height), height_px), Image.Resampling.LANCZOS)


def draw(technique: Technique, patient: rfplan.Patient) -> Path:
    """One picture: chart, and the same needles in space."""
    plan = technique.plan(patient, side="right")
    states, lesions, lethal_c = judged_surfaces(plan, patient)
    bones = bone_surfaces(patient)
    lethal, warm = lesion_surfaces(lesions, lethal_c), lesion_surfaces(lesions, 45.0)
    chart = scaled(chart_figure(patient, plan, states, lethal, warm, lethal_c, bones).image(1.0), HEIGHT_PX)
    views = [
        scaled(still(patient, view, plan, states, lethal, (600, 525), bones=bones), HEIGHT_PX // 2)
        for view in ("oblique_right_20", "lateral_right")
    ]
    sheet = Image.new("RGB", (chart.width + views[0].width, HEIGHT_PX), "white")
    sheet.paste(chart, (0, 0))
    for row, view in enumerate(views):
        sheet.paste(view, (chart.width, row * HEIGHT_PX // 2))
    path = FOLDER / f"technique_{technique.name}.png"
    sheet.quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)
    return path


if __name__ == "__main__":
    built_in = rfplan.reference_patient()
    for each in rfplan.techniques():
        print(draw(each, built_in))
