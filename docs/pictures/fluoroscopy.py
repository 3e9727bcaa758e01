"""Take the radiographs of docs/fluoroscopy.md: six views of the reference patient and of real bones, and ways to take one picture.

python docs/pictures/fluoroscopy.py [folder for the pictures]

The real bones are those of the tests, beside the project; without them that picture is left out.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

import rfplan
from rfplan import CArm, Display, Exposure
from rfplan.fluoroscopy.overlay import angle_text
from rfplan.fluoroscopy.radiograph import Radiograph
from rfplan.fluoroscopy.views import find_view
from rfplan.report.drawing import Drawing, Picture

CELL, LINE, GAP = 320.0, 24.0, 8.0
VIEWS = ("ap", "true_ap", "oblique_right_20", "contralateral_oblique", "foramen_S1_right", "lateral_left")


def sheet(pictures: list[tuple[str, np.ndarray]], path: Path, columns: int = 3) -> None:
    """Pictures (n, n) or (n, n, 3) in a grid with a line of text over each."""
    rows = -(-len(pictures) // columns)
    drawing = Drawing(columns * (CELL + GAP) - GAP, rows * (CELL + LINE + GAP) - GAP)
    for number, (title, image) in enumerate(pictures):
        left, top = (number % columns) * (CELL + GAP), (number // columns) * (CELL + LINE + GAP)
        colour = image if image.ndim == 3 else np.repeat(image[..., None], 3, axis=2)
        drawing.text((left, top + 10), title, size=13.5)
        drawing.items.append(Picture(colour, left, top + LINE, CELL, CELL))
    Image.fromarray(drawing.image(1.0, 2)).save(path, optimize=True)


def six_views(patient: rfplan.Patient, path: Path) -> None:
    """Needles of a conventional technique in six views."""
    plan = rfplan.technique("conventional-periforaminal").plan(patient, side="right")
    pictures = []
    for name in VIEWS:
        view = find_view(name, patient, plan, size_px=640)
        taken = view.c_arm.expose(patient, plan)
        pictures.append((f"{name}: {angle_text(view.c_arm)}", taken.image))
    sheet(pictures, path)


def ways(patient: rfplan.Patient, path: Path) -> None:
    """One view, taken in six ways."""
    plan = rfplan.technique("palisade").plan(patient, side="right")
    arm = CArm.view("true_ap", patient, size_px=640)
    round_arm = replace(arm, collimator="circle")
    close = replace(arm, field_mm=150.0).aimed(patient.foramen("S1", "right").centre_mm)

    def taken(c_arm: CArm, **how: object) -> Radiograph:
        return c_arm.expose(patient, plan, **how)

    sheet(
        [
            ("one live frame", taken(arm, exposure=Exposure("live")).image),
            ("averaged, the default", taken(arm).marked(needles=True)),
            ("spot film, bone white", taken(arm, exposure=Exposure("spot"), display=Display("film")).image),
            ("gas in the bowel", taken(arm, bowel=True).image),
            ("round collimator", taken(round_arm).image),
            ("magnified, landmarks drawn", taken(close).marked(landmarks=True)),
        ],
        path,
    )


def main() -> None:
    """Write the pictures."""
    here = Path(__file__).resolve().parent
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else here
    patient = rfplan.reference_patient()
    six_views(patient, folder / "fluoroscopy_reference.png")
    ways(patient, folder / "fluoroscopy_ways.png")
    real = here.parents[2] / "shared" / "data" / "anatomy" / "hra_female"
    if real.is_dir():
        six_views(rfplan.load_patient(real), folder / "fluoroscopy_real.png")


if __name__ == "__main__":
    main()
