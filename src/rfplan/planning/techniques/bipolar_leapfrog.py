"""Bipolar strip around each foramen, two needles leap-frogged.

Recipe (Burnham and Yasui 2007, nine patients): two 20 gauge needles with 10 mm tips make a strip next to the lateral edge of each dorsal
aperture; after each lesion the rear needle is carried past the front one; a single monopolar lesion takes the L5 dorsal ramus. Read is
"adjacent to the lateral dorsal foraminal aperture"; steps of 4 to 6 mm and 80 to 90 degC for 90 to 120 s are from memory with medium
confidence, where the strip begins and ends is our assumption.
"""

from __future__ import annotations

from math import ceil

import numpy as np

from rfplan.planning.plan import Application
from rfplan.planning.techniques.recipe import Technique
from rfplan.planning.techniques.row import longest_step_mm, pairs
from rfplan.planning.techniques.site import Site


class BipolarLeapfrog(Technique):
    """Strips of bipolar lesions around the lateral edge of S1, S2 and S3, and a monopolar lesion at L5."""

    name = "bipolar-leapfrog"
    title = "Bipolar, leap-frogged around each foramen"
    summary = "Bipolar strips hugging the lateral edge of S1, S2 and S3 in steps of at most 6 mm; L5 monopolar"
    modes = ("bipolar", "monopolar")
    default_electrode = "conventional-20g-10mm"

    def applications(self, site: Site) -> list[Application]:
        """Neighbouring pairs along each strip, cranial first."""
        made = []
        for aperture in site.apertures():
            first, last = site.recipe["from_h"], site.recipe["to_h"]
            radius = aperture.edge_mm(0.5 * (first + last)) + site.recipe["offset_mm"]
            arc_mm = radius * np.deg2rad(30.0 * (last - first))
            # steps in space are longer than on the chart where the bone slopes: add needles until none is too long
            for count in range(max(2, ceil(arc_mm / site.recipe["spacing_mm"]) + 1), 40):
                points = [
                    aperture.from_edge(hours, site.recipe["offset_mm"]) for hours in np.linspace(first, last, count)
                ]
                if longest_step_mm(site, points) <= site.recipe["spacing_mm"]:
                    break
            made += pairs(site, points, aperture.level, site.beam())
        return made
