"""Makes the pictures of docs/report.md: the AP chart and a 3-D view of a palisade on the reference patient.

``report_page.png`` is the first page of the printed report, taken with a browser by hand.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

import rfplan
from rfplan.report.chart_figure import chart_figure
from rfplan.report.lesion_surfaces import judged_surfaces, lesion_surfaces
from rfplan.report.stills import still


def save(image: np.ndarray, name: str) -> None:
    """Write a picture, as small as PNG makes it."""
    Image.fromarray(image).save(Path(__file__).with_name(name), optimize=True)


def main() -> None:
    """Make them."""
    patient = rfplan.reference_patient()
    plan = rfplan.technique("palisade").plan(patient, side="right")
    states, lesions, _ = judged_surfaces(plan, patient)
    lethal, warm = lesion_surfaces(lesions, 50.0), lesion_surfaces(lesions, 45.0)
    save(chart_figure(patient, plan, states, lethal, warm).image(1.0), "report_chart.png")
    save(
        still(patient, "oblique_left_30", plan, states, lethal, (1000, 760), legend=True),
        "report_oblique.png",
    )


if __name__ == "__main__":
    main()
