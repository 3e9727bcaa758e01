"""Palisade: a straight row of parallel needles, heated pair by pair into one strip.

Recipe (Cosman and Gonzalez 2011; practice standards, second hand): six or more parallel 20 to 18 gauge cannulae with 10 mm tips stand
perpendicular to the sacrum, at most 10 mm apart, on a straight line 8 to 10 mm lateral of the arcuate line, from just above the S1
foramen to the lower half of S3; neighbours are heated as bipolar pairs to 90 degC for 180 s. L5 gets a single monopolar lesion with the
same cannula.
"""

from __future__ import annotations

from math import ceil

import numpy as np

from rfplan.planning.plan import Application
from rfplan.planning.techniques.aperture import Aperture
from rfplan.planning.techniques.recipe import Technique
from rfplan.planning.techniques.row import evenly_on_bone, line_lateral_of, longest_step_mm, pairs
from rfplan.planning.techniques.site import Site

_MOST_NEEDLES = 60


class Palisade(Technique):
    """A row of bipolar pairs lateral to S1 to S3, and a monopolar lesion at L5."""

    name = "palisade"
    title = "Palisade of bipolar pairs"
    summary = "Six or more parallel needles, at most 10 mm apart, on a line lateral to S1 to S3, heated as bipolar pairs; L5 monopolar"
    modes = ("bipolar", "monopolar")
    default_electrode = "conventional-18g-10mm"

    def applications(self, site: Site) -> list[Application]:
        """Pairs along the row, cranial first."""
        apertures = site.apertures()
        if not apertures:
            return []
        first, last = row_ends(site, apertures)
        spacing_mm = site.recipe["spacing_mm"]
        count = max(int(site.recipe["least_needles"]), ceil(float(np.linalg.norm(last - first)) / spacing_mm) + 1)
        made: list[Application] = []
        for needles in range(count, _MOST_NEEDLES + 1):
            points = evenly_on_bone(site, first, last, needles)
            if longest_step_mm(site, points) > spacing_mm:
                continue
            made = pairs(site, points, "row", site.parallel(points, site.perpendicular(points)))
            # the tips stand on the bone itself, which is rougher than the chart
            if all(tip_gap_mm(application) <= spacing_mm for application in made):
                break
        if not made:
            site.note(
                f"The row is left out: {_MOST_NEEDLES} needles are the most that are placed, and it asks for {count} or more to stand at "
                f"most {spacing_mm:g} mm apart."
            )
        return made


def row_ends(site: Site, apertures: list[Aperture]) -> tuple[np.ndarray, np.ndarray]:
    """Chart points (2,) at which the row begins and ends."""
    recipe, gap_mm = site.recipe, site.least_rim_gap_mm()
    out_mm = [max(site.sign * entry.centre[0] + recipe["offset_mm"], entry.lateral_mm + gap_mm) for entry in apertures]
    lateral_at = line_lateral_of(site, apertures, out_mm, "The row")
    first, last = (
        np.array([site.sign * lateral_at(caudal), caudal])
        for caudal in (
            apertures[0].cranial_mm - recipe["above_s1_mm"],
            float(apertures[-1].centre[1]) + recipe["below_s3_mm"],
        )
    )
    return first, last


def tip_gap_mm(application: Application) -> float:
    """Distance between the two tip ends of a pair."""
    one, other = application.needles
    return float(np.linalg.norm(one.tip_mm - other.tip_mm))
