"""Strip probe: one rigid probe with three contacts along the foramina.

Recipe: a rigid tripolar probe passes once from below and lateral of S4 along the bone, lateral to the S1 to S4 foramina and medial to the
joint line; three monopolar and two bipolar lesions, 85 degC for 60 to 90 s each, make a strip; the L5 dorsal ramus is taken by a
conventional cannula. The probe's curve is modelled straight; the gap to the foramina and the size of the contacts are assumed.
"""

from __future__ import annotations

import numpy as np

from rfplan.devices.catalogue import electrode as electrode_named
from rfplan.planning.needle import Needle
from rfplan.planning.plan import Application
from rfplan.planning.techniques.along_bone import track_along_bone
from rfplan.planning.techniques.l5 import l5_application
from rfplan.planning.techniques.site import Site
from rfplan.planning.techniques.technique import Technique

_L5_ELECTRODE = "conventional-18g-10mm"


class StripProbe(Technique):
    """Three monopolar and two bipolar lesions along one probe, and a monopolar lesion at L5."""

    name = "strip-probe"
    title = "Tripolar strip probe"
    summary = "One probe with three contacts along the foramina: three monopolar and two bipolar lesions; L5 by a conventional cannula"
    modes = ("monopolar", "bipolar")
    default_electrode = "strip-tripolar"
    devices = ("strip-tripolar",)

    def l5(self, site: Site) -> list[Application]:
        """A single monopolar lesion with a conventional cannula."""
        cannula = electrode_named(_L5_ELECTRODE)
        return l5_application(site, "monopolar", cannula.protocol_for("monopolar"), cannula)

    def applications(self, site: Site) -> list[Application]:
        """The contacts one by one from the tip, then the pairs of neighbours.

        Every contact is given as a needle whose tip end is the distal end of the contact, on the probe's own axis and entry.
        """
        apertures = site.apertures()
        if not apertures:
            return []
        out_mm = [entry.lateral_mm + site.recipe["rim_gap_mm"] for entry in apertures]
        caudal = [entry.centre[1] for entry in apertures]
        slope = (out_mm[-1] - out_mm[0]) / (caudal[-1] - caudal[0]) if len(apertures) > 1 else 0.0
        shift = max(out - (out_mm[0] + slope * (at - caudal[0])) for out, at in zip(out_mm, caudal, strict=True))
        first, last = (
            site.medial_of_joint(
                np.array([site.sign * (out_mm[0] + shift + slope * (at - caudal[0])), at]), "The probe"
            )
            for at in (apertures[0].cranial_mm, apertures[-1].caudal_mm)
        )
        track = track_along_bone(site, first, last, site.recipe["standoff_mm"], "The probe")
        if track is None:
            return []
        contacts = [
            Needle(site.electrode, track.tip_mm + distance * track.axis, track.axis, track.entry_mm)
            for distance in site.electrode.contacts_mm
        ]
        names = [f"contact {n}" for n in range(1, len(contacts) + 1)]
        single = [
            Application("monopolar", site.protocol, (contact,), name)
            for contact, name in zip(contacts, names, strict=True)
        ]
        double = [
            Application("bipolar", site.protocol, (contacts[n], contacts[n + 1]), f"{names[n]} to {n + 2}")
            for n in range(len(contacts) - 1)
        ]
        return [*single, *double]
