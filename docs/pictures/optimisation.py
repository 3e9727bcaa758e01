"""Draw docs/pictures/optimisation_front.png: optimised plans of the reference patient beside the published techniques; takes minutes."""

from __future__ import annotations

from pathlib import Path

import rfplan
from rfplan.planning.optimiser.front import front
from rfplan.planning.optimiser.request import Request, device_of
from rfplan.planning.optimiser.watch import Watch
from rfplan.report.front_figure import front_figure


def main() -> None:
    """Find the points and draw them."""
    device, mode = device_of(None, "cooled")
    request = Request(device, mode, 9, courses=500, unseen=2000, seed=1)
    points = front(
        rfplan.reference_patient(), "right", request, ("cooled", "monopolar", "bipolar"), Watch(float("inf"))
    )
    title = "Reference patient, right side, judged on 2,000 unseen courses"
    for point in points:
        if point.optimised:
            print(
                f"{point.name}: {point.applications} applications, {point.needles} needles, {point.minutes:.1f} min: "
                f"{point.captured['transection']:.4f}, {point.complete['transection']:.4f}; bound {point.bound}, {point.status}"
            )
    front_figure(points, title=title).savefig(
        Path(__file__).parent / "optimisation_front.png", dpi=110, bbox_inches="tight", facecolor="white"
    )


if __name__ == "__main__":
    main()
