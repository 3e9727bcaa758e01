"""The classic cooled recipe: an arc of lesions lateral to each foramen, set out with a ruler.

Recipe, right side: S1 and S2 at 2:30, 4:00 and 5:30, S3 at 2:30 and 4:00 (1:30 and 3:00 in variants), 8 to 10 mm outside the lateral
edge of the dorsal aperture; 60 degC for 150 s, the probe some 2 mm off the bone; one lesion at the L5 dorsal ramus. The setting is read,
the geometry from memory with high confidence (its count agrees with the 17 injections of the matching block).
"""

from __future__ import annotations

from rfplan.geometry.arrays import FloatArray
from rfplan.planning.plan import Application
from rfplan.planning.techniques.aperture import Aperture
from rfplan.planning.techniques.clock import lesions_on_clock
from rfplan.planning.techniques.recipe import Technique
from rfplan.planning.techniques.site import Site


class CooledClassic(Technique):
    """Eight cooled lesions on arcs lateral to S1, S2 and S3, and the L5 dorsal ramus."""

    name = "cooled-classic"
    title = "Cooled, classic arcs"
    summary = "Cooled lesions at 2:30, 4:00 and 5:30 of S1 and S2, 2:30 and 4:00 of S3, 8 mm outside the edge, and L5"
    modes = ("cooled",)
    default_electrode = "cooled-17g-4mm"

    def applications(self, site: Site) -> list[Application]:
        """One lesion per clock position, cranial first."""

        def place(aperture: Aperture, hours: float, target: str) -> FloatArray:
            point = aperture.from_edge(hours, site.recipe["offset_mm"])
            return site.medial_of_joint(point, aperture, target)

        return lesions_on_clock(site, "cooled", place)
