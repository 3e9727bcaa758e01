"""The L5 dorsal ramus: one lesion in the groove between the S1 superior articular process and the ala.

The ramus runs along the junction of the base of the process and the upper edge of the ala; the electrode lies beside it and as
nearly parallel as the way in allows, from below and slightly lateral (declined view).
"""

from __future__ import annotations

import numpy as np

from rfplan.devices.electrode import Electrode, Mode
from rfplan.devices.protocol import Protocol
from rfplan.figures import figures
from rfplan.geometry.arrays import FloatArray
from rfplan.planning.approach import lifted_mm, spare_room_mm
from rfplan.planning.needle import Needle
from rfplan.planning.plan import Application
from rfplan.planning.techniques.site import Site

_FINE_MM = 0.5
_ABOVE_MM = 3.0
_BELOW_MM = 8.0
_NEARNESS_PER_MM = 0.05
_ON_FLOOR_MM = 2.0


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
    """(3,) patient point on the floor of the groove at the landmark ``base_mm`` (3,), just behind the upper edge of the ala.

    The landmark itself where it lies on the floor, or where the chart shows none. Else, across the groove, the lowest bone of the chart,
    and along it the most cranial place near the landmark where the floor is not yet the cliff that the ala is for a beam along the S1
    endplate.
    """
    half_mm = figures("nerves")["L5.half_width_of_groove_mm"].value
    steepest = float(np.tan(np.deg2rad(figures("techniques")["l5.steepest_floor_deg"].value)))
    chart, base = site.patient.chart, site.patient.frame.to_chart(base_mm)[:2]
    across = base[0] + site.sign * np.arange(-half_mm, half_mm + _FINE_MM, _FINE_MM)
    caudal = base[1] + np.arange(-_ABOVE_MM, _BELOW_MM, _FINE_MM)
    heights = chart.height_mm(*np.meshgrid(across, caudal, indexing="ij"))
    seen = np.all(np.isfinite(heights), axis=0)
    if np.count_nonzero(seen) < 2:
        return base_mm
    # near the landmark: the ala falls away laterally, and its far side is not the groove
    lowest = np.argmin(heights[:, seen] + _NEARNESS_PER_MM * (across[:, None] - base[0]) ** 2, axis=0)
    rows, floor = caudal[seen], heights[:, seen][lowest, np.arange(len(lowest))]
    here = int(np.argmin(np.abs(rows - base[1])))
    if floor[here] > chart.height_mm(*base) - _ON_FLOOR_MM:
        return base_mm
    gentle = np.flatnonzero(np.abs(np.diff(floor)) <= steepest * np.diff(rows))
    if len(gentle) == 0:
        return base_mm
    point: FloatArray = chart.point_mm(across[lowest[gentle[0]]], rows[gentle[0]])
    return point
