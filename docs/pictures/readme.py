"""Makes the picture of the README: the AP chart of a palisade on the reference patient beside the same plan in 3-D."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

import rfplan
from rfplan.report.chart_figure import chart_figure
from rfplan.report.lesion_surfaces import judged_surfaces, lesion_surfaces
from rfplan.report.stills import still

HEIGHT_PX = 760


def main() -> None:
    """Make it."""
    patient = rfplan.reference_patient()
    plan = rfplan.technique("palisade").plan(patient, side="right")
    states, lesions, _ = judged_surfaces(plan, patient)
    lethal, warm = lesion_surfaces(lesions, 50.0), lesion_surfaces(lesions, 45.0)
    chart = Image.fromarray(chart_figure(patient, plan, states, lethal, warm).image(1.5))
    chart = chart.resize((round(chart.width * HEIGHT_PX / chart.height), HEIGHT_PX), Image.Resampling.LANCZOS)
    view = Image.fromarray(still(patient, "oblique_left_30", plan, states, lethal, (900, HEIGHT_PX)))
    both = np.concatenate([np.asarray(chart)[..., :3], np.asarray(view)[..., :3]], axis=1)
    Image.fromarray(both).save(Path(__file__).with_name("readme.png"), optimize=True)


if __name__ == "__main__":
    main()
