"""The L5 dorsal ramus: one lesion in the groove between the S1 superior articular process and the ala.

The ramus runs along the junction of the base of the process and the upper edge of the ala; the electrode lies beside it and as
nearly parallel as the way in allows, from below and slightly lateral (declined view).
"""

from __future__ import annotations

import numpy as np

from rfplan.devices.electrode import Electrode, Mode
from rfplan.devices.protocol import Protocol
from rfplan.figures import figures
from rfplan.planning.plan import Application
from rfplan.planning.techniques.site import Site


def l5_application(site: Site, mode: Mode, protocol: Protocol, electrode: Electrode | None = None) -> list[Application]:
    """The lesion of the L5 dorsal ramus; empty, with a note, where the patient has no such landmark.

    ``electrode`` is the device where it is not the one in hand.
    """
    device = electrode or site.electrode
    base = site.patient.landmarks.get(f"s1_sap_base_{site.side}")
    if base is None or base.status == "absent":
        site.note(
            f"The groove of the L5 dorsal ramus on the {site.side} is not known in this patient; it gets no lesion."
        )
        return []
    if base.status == "estimated":
        site.note(f"The groove of the L5 dorsal ramus on the {site.side} is estimated, not seen.")
    table = figures("techniques")
    point = site.patient.frame.to_chart(base.position_mm)[:2]
    point = point - np.array([0.0, table["l5.cranial_of_base_mm"].value])
    from_below = site.beam(table["l5.lateral_tilt_deg"].value, table["l5.caudal_tilt_deg"].value)
    needle = site.needle(
        point,
        from_below,
        "L5",
        standoff_mm=table["l5.standoff_mm"].value,
        contact_mm=device.tip_mm,
        electrode=device,
    )
    return [] if needle is None else [Application(mode, protocol, (needle,), "L5")]
