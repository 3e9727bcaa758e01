"""Cooled lesions where the lateral branches most often leave: the clock face of the practice standards.

Recipe (IPSIS, after Stout 2018, second hand), right side: S1 4:30 and 6:00; S2 2:30, 4:00 and 5:30; S3 1:00 and 2:30; each 8 to 10 mm
from the inflection of the arcuate line, the true centre of the dorsal foramen, and never within 5 mm of the aperture's edge; 60 degC
for 150 s, the probe some 2 mm off the bone.
"""

from __future__ import annotations

from rfplan.geometry.arrays import FloatArray
from rfplan.planning.plan import Application
from rfplan.planning.techniques.aperture import Aperture
from rfplan.planning.techniques.clock import lesions_on_clock
from rfplan.planning.techniques.recipe import Technique
from rfplan.planning.techniques.site import Site


class CooledClockface(Technique):
    """Seven cooled lesions at the exits of the branches, and the L5 dorsal ramus."""

    name = "cooled-clockface"
    title = "Cooled, clock-face targets"
    summary = (
        "Cooled lesions at S1 4:30 6:00, S2 2:30 4:00 5:30, S3 1:00 2:30, 8 to 10 mm from the foramen's centre, and L5"
    )
    modes = ("cooled",)
    default_electrode = "cooled-17g-4mm"

    def applications(self, site: Site) -> list[Application]:
        """One lesion per clock position, cranial first."""

        def place(aperture: Aperture, hours: float, target: str) -> FloatArray:
            out_mm = max(site.recipe["offset_mm"], aperture.edge_mm(hours) + site.least_rim_gap_mm())
            return site.medial_of_joint(aperture.from_centre(hours, out_mm), aperture, target)

        return lesions_on_clock(site, "cooled", place)
