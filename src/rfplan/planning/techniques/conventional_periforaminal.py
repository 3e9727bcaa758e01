"""Conventional monopolar lesions close around each foramen.

Recipe: a 16 to 22 gauge cannula with a 5 to 10 mm tip, two to four sites a foramen (here 1:00, 3:00 and 5:30 on the right) 3 to 5 mm
outside the edge of the dorsal aperture, down to the bone along the beam, 80 degC for 90 s each. Positions are from memory with
medium confidence, the setting is the standard commercial one; see ``anatomy/techniques.toml``.
"""

from __future__ import annotations

from rfplan.geometry.arrays import FloatArray
from rfplan.planning.plan import Application
from rfplan.planning.techniques.aperture import Aperture
from rfplan.planning.techniques.clock import lesions_on_clock
from rfplan.planning.techniques.recipe import Technique
from rfplan.planning.techniques.site import Site


class ConventionalPeriforaminal(Technique):
    """Single lesions at three clock positions of S1, S2 and S3, and the L5 dorsal ramus."""

    name = "conventional-periforaminal"
    title = "Conventional monopolar, periforaminal"
    summary = "Monopolar lesions at 1:00, 3:00 and 5:30, 4 mm outside the edge of each foramen, and L5"
    modes = ("monopolar",)
    default_electrode = "conventional-20g-10mm"

    def applications(self, site: Site) -> list[Application]:
        """One lesion per clock position, cranial first."""

        def place(aperture: Aperture, hours: float, _: str) -> FloatArray:
            return aperture.from_edge(hours, site.recipe["offset_mm"])

        return lesions_on_clock(site, "monopolar", place)
