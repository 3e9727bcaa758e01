"""One cannula, one entry: a strip made by pulling back.

Recipe (Silva-Ortiz 2024): two finder needles stand 35 mm from the midline at S1 and S2; with the beam tilted caudally an 18 gauge curved
cannula with a 15 mm tip is driven up the sacrum just lateral to them, from one entry near its lower end; a lesion is made, the cannula is
pulled back 20 mm, four lesions in all, at 80 degC for about 90 s; L5 is taken by the same cannula. The page does not say where the first
lesion lies: here the strip is centred on the stretch from S1 to S3. More lesions than there is bone for are not made.
"""

from __future__ import annotations

import numpy as np

from rfplan.planning.plan import Application
from rfplan.planning.techniques.along_bone import strip_on_bone
from rfplan.planning.techniques.recipe import Technique
from rfplan.planning.techniques.row import line_lateral_of
from rfplan.planning.techniques.site import Site


class SingleCannulaStrip(Technique):
    """Four monopolar lesions along one track lateral to the foramina, and the L5 dorsal ramus."""

    name = "single-cannula-strip"
    title = "Strip by pulling one cannula back"
    summary = "One cannula along the sacrum, just lateral of a line 35 mm from the midline, pulled back 20 mm between four lesions; L5"
    modes = ("monopolar",)
    default_electrode = "conventional-18g-15mm"

    def applications(self, site: Site) -> list[Application]:
        """Lesions along the track in the order in which they are made: cranial first, then pulling back."""
        apertures = site.apertures()
        if not apertures:
            return []
        finder_mm = site.recipe["midline_mm"] + site.recipe["beside_finder_mm"]
        # the sacrum narrows below the finders: the cannula stays on its back, and off the foramina
        on_back_mm = site.half_width_mm(apertures[-1].caudal_mm) - site.recipe["border_mm"]
        out_mm = [finder_mm] * (len(apertures) - 1) + [min(finder_mm, on_back_mm)]
        least_mm = [entry.lateral_mm + site.least_rim_gap_mm() for entry in apertures]
        lateral_at = line_lateral_of(site, apertures, np.maximum(out_mm, least_mm).tolist(), "The cannula")
        first, last = (
            np.array([site.sign * lateral_at(caudal), caudal])
            for caudal in (apertures[0].cranial_mm, apertures[-1].caudal_mm)
        )
        step_mm, count = site.recipe["retract_mm"], int(site.recipe["lesions"])
        strip = strip_on_bone(site, first, last, (count - 1) * step_mm + site.electrode.tip_mm, "The cannula")
        if strip is None:
            return []
        strip, count = strip.fitted(step_mm, count)
        site.note("The cannula is one straight piece per lesion, on the bone; in the patient all share one entry.")
        needles = [strip.needle(n * step_mm, f"Strip lesion {n + 1}") for n in range(count)]
        return [
            Application("monopolar", site.protocol, (needle,), f"strip {n}")
            for n, needle in enumerate(needles, start=1)
            if needle is not None
        ]
