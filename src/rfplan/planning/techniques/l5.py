"""The L5 dorsal ramus: one lesion in the groove between the S1 superior articular process and the ala.

The ramus runs along the junction of the base of the process and the upper edge of the ala; the electrode lies beside it and as
nearly parallel as the way in allows, from below and slightly lateral (declined view).
"""

from __future__ import annotations

import numpy as np

from rfplan.anatomy.groove_kernels import groove_seat
from rfplan.devices.electrode import Electrode, Mode
from rfplan.devices.protocol import Protocol
from rfplan.figures import figures
from rfplan.geometry.arrays import FloatArray
from rfplan.planning.approach import lifted_mm, spare_room_mm
from rfplan.planning.needle import Needle
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
    seat = lifted_mm(site.patient, groove_floor_mm(site, base.position_mm), table["l5.standoff_mm"].value)
    from_below = site.beam(table["l5.lateral_tilt_deg"].value, table["l5.caudal_tilt_deg"].value)
    needle = site.needle_at(seat, from_below, "L5", contact_mm=device.tip_mm, electrode=device)
    if needle is None:
        return []
    # the tip passes the deepest point of the groove where bone leaves it room, so that the active tip lies over the ramus
    for past_mm in np.arange(table["l5.past_base_mm"].value, 0.0, -0.5):
        tip = seat - past_mm * needle.axis
        room_mm = spare_room_mm(site.patient, tip, needle.axis, device.radius_mm, past_mm + device.tip_mm)[0]
        if room_mm >= 0.0 and site.patient.bone_distance(tip) >= table["l5.standoff_mm"].value:
            needle = Needle(device, tip, needle.axis, needle.entry_mm)
            break
    return [Application(mode, protocol, (needle,), "L5")]


def groove_floor_mm(site: Site, base_mm: FloatArray) -> FloatArray:
    """(3,) patient point on the floor of the groove at the landmark ``base_mm`` (3,), the landmark itself where the chart shows none.

    See :func:`rfplan.anatomy.groove_kernels.groove_seat`.
    """
    nerves, chart, frame = figures("nerves"), site.patient.chart, site.patient.frame
    side = np.array([float(site.sign), 1.0, 1.0])
    point = np.empty(3)
    found = groove_seat(
        chart.bridged_mm,
        chart.lateral_0_mm,
        chart.caudal_0_mm,
        chart.spacing_mm,
        float(site.sign),
        frame.to_chart(base_mm)[:2] * side[:2],
        nerves["L5.caudal_of_base_mm"].value,
        nerves["L5.half_width_of_groove_mm"].value,
        float(np.tan(np.deg2rad(figures("techniques")["l5.steepest_floor_deg"].value))),
        point,
    )
    return frame.to_patient(point * side) if found else base_mm
