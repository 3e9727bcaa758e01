"""Strip probe: one rigid probe with three contacts along the foramina.

Recipe: a rigid, pre-curved tripolar probe passes once from below and lateral of S4 along the bone, lateral to the S1 to S4 foramina and
medial to the joint line; three monopolar and two bipolar lesions, 85 degC for 60 to 90 s each, make a strip; the L5 dorsal ramus is taken
by a conventional cannula. The gap to the foramina and the size of the contacts are assumed.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from rfplan.devices.catalogue import electrode as electrode_named
from rfplan.planning.plan import Application
from rfplan.planning.techniques.along_bone import strip_on_bone
from rfplan.planning.techniques.l5 import l5_application
from rfplan.planning.techniques.recipe import Technique
from rfplan.planning.techniques.row import line_lateral_of
from rfplan.planning.techniques.site import Site

_L5_ELECTRODE = "conventional-18g-10mm"


class StripProbe(Technique):
    """Three monopolar and two bipolar lesions along one probe, and a monopolar lesion at L5."""

    name = "strip-probe"
    title = "Tripolar strip probe"
    summary = "One probe with three contacts along the foramina: three monopolar and two bipolar lesions; L5 by a conventional cannula"
    modes = ("monopolar", "bipolar")
    default_electrode = "strip-tripolar"
    devices = ("strip-tripolar",)
    levels = ("S1", "S2", "S3", "S4")

    def l5(self, site: Site) -> list[Application]:
        """A single monopolar lesion with a conventional cannula."""
        cannula = electrode_named(_L5_ELECTRODE)
        return l5_application(site, "monopolar", cannula.protocol_for("monopolar"), cannula)

    def applications(self, site: Site) -> list[Application]:
        """The contacts one by one from the tip, then the pairs of neighbours.

        Every contact is a needle of its own whose tip end is the distal end of the contact: the curve of the probe is given as
        straight pieces that touch the line drawn tight over the bone.
        """
        apertures = site.apertures()
        if not apertures:
            return []
        out_mm = [entry.lateral_mm + site.recipe["rim_gap_mm"] for entry in apertures]
        lateral_at = line_lateral_of(site, apertures, out_mm, "The probe")
        # S4 keeps the probe lateral on its way in; the strip itself is for the branches of S1 to S3
        treated = [entry for entry in apertures if entry.level != "S4"] or apertures
        first, last = (
            np.array([site.sign * lateral_at(caudal), caudal])
            for caudal in (treated[0].cranial_mm, treated[-1].caudal_mm)
        )
        length_mm = site.electrode.contacts_mm[-1] + site.electrode.tip_mm
        strip = strip_on_bone(site, first, last, length_mm, "The probe")
        if strip is None:
            return []
        site.note(
            "The probe's curve is modelled as one straight piece per contact; each piece has its own line to the skin."
        )
        contacts = [
            strip.needle(distance, f"Contact {n}") for n, distance in enumerate(site.electrode.contacts_mm, start=1)
        ]
        single = [
            Application("monopolar", site.protocol, (contact,), f"contact {n}")
            for n, contact in enumerate(contacts, start=1)
            if contact is not None
        ]
        double = [
            Application("bipolar", site.protocol, (one, other), f"contacts {n} and {n + 1}")
            for n, (one, other) in enumerate(pairwise(contacts), start=1)
            if one is not None and other is not None
        ]
        return [*single, *double]
