"""Where tips may stand: a lattice over the back of the sacrum round the foramina, and along the groove of the L5 dorsal ramus."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rfplan.anatomy.sides import Side
from rfplan.anatomy.treatable import Treatable
from rfplan.devices.electrode import Electrode
from rfplan.figures import figures
from rfplan.geometry.arrays import FloatArray
from rfplan.planning.approach import lifted_mm, seated_mm
from rfplan.planning.techniques.aperture import Aperture
from rfplan.planning.techniques.clock import as_read
from rfplan.planning.techniques.l5 import groove_floor_mm
from rfplan.planning.techniques.site import Site

_MARGIN_CRANIAL_MM = 12.0
_MARGIN_CAUDAL_MM = 10.0
_PAST_JOINT_MM = 4.0
_WIDEST_MM = 70.0
_ALONG_GROOVE_MM = (-4.0, 0.0, 4.0)
_ACROSS_GROOVE_MM = (-3.0, 0.0, 3.0)
_PAST_FLOOR_MM = (0.0, 2.0)
_LEVELS = ("S1", "S2", "S3")


@dataclass(frozen=True, eq=False)
class Position:
    """A place for a tip: ``tip_mm`` (3,) in the patient's frame, ``normal`` (3,) of the bone there, and its name for people.

    ``groove`` is True in the groove of the L5 dorsal ramus.
    """

    tip_mm: FloatArray
    normal: FloatArray
    target: str
    groove: bool = False


def standoff_mm(electrode: Electrode) -> float:
    """Distance from tip end to bone: that of the cooled recipes for a cooled probe, else that of the conventional ones."""
    recipe = "cooled-clockface" if electrode.cooled else "conventional-periforaminal"
    return float(figures("techniques")[f"{recipe}.standoff_mm"].value)


def site_of(patient: Treatable, side: Side, electrode: Electrode) -> Site:
    """The side of the patient with the device in hand, without a recipe."""
    return Site(patient, side, electrode, {"standoff_mm": standoff_mm(electrode)}, _LEVELS)


def chart_positions(site: Site, spacing_mm: float) -> list[Position]:
    """A square lattice of ``spacing_mm`` on the chart, from 12 mm above the first foramen to 10 mm below the last.

    From the medial edge of the apertures to 4 mm past the posterior joint line: farther out the branches have gone over the joint,
    and lesions would go into it. Places in an aperture are left out.
    """
    apertures = site.apertures()
    if not apertures:
        return []
    first = min(aperture.cranial_mm for aperture in apertures) - _MARGIN_CRANIAL_MM
    last = max(aperture.caudal_mm for aperture in apertures) + _MARGIN_CAUDAL_MM
    inner = min(float((site.sign * aperture.rim[:, 0]).min()) for aperture in apertures)
    found = []
    for caudal in np.arange(first, last + 1e-9, spacing_mm):
        outer = min(site.joint_limit_mm(float(caudal)) + _PAST_JOINT_MM, _WIDEST_MM)
        for out in np.arange(inner, outer, spacing_mm):
            point = np.array([site.sign * out, caudal])
            if not site.patient.chart.on_bone(*point) or any(entry.gap_mm(point) <= 0.0 for entry in apertures):
                continue
            position = position_at(site, apertures, point)
            if position is not None:
                found.append(position)
    return found


def position_at(site: Site, apertures: Sequence[Aperture], point: FloatArray) -> Position | None:
    """The position that touches the bone at a chart point (2,); None where there is no bone."""
    lateral, caudal = float(point[0]), float(point[1])
    tip = seated_mm(site.patient, lateral, caudal, site.recipe["standoff_mm"])
    if not np.all(np.isfinite(tip)):
        return None
    normal = site.patient.chart.normal(lateral, caudal)
    if not np.all(np.isfinite(normal)):
        normal = site.patient.frame.posterior
    return Position(tip, normal, place_name(site, apertures, point))


def groove_positions(site: Site) -> list[Position]:
    """Places in the groove of the L5 dorsal ramus, between the S1 superior articular process and the ala; none where it is not known."""
    patient = site.patient
    base = patient.landmarks.get(f"s1_sap_base_{site.side}")
    if base is None or base.status == "absent":
        return []
    table, frame = figures("techniques"), patient.frame
    floor = groove_floor_mm(site, base.position_mm)
    from_below = site.beam(table["l5.lateral_tilt_deg"].value, table["l5.caudal_tilt_deg"].value)
    found = []
    for along in _ALONG_GROOVE_MM:
        for across in _ACROSS_GROOVE_MM:
            start = floor + along * frame.caudal + across * site.sign * frame.lateral
            seat = lifted_mm(patient, start, table["l5.standoff_mm"].value)
            if np.linalg.norm(seat - start) > 6.0:
                continue
            for past in _PAST_FLOOR_MM:
                found.append(Position(seat - past * from_below, from_below, "L5", groove=True))
    return found


def place_name(site: Site, apertures: Sequence[Aperture], point: FloatArray) -> str:
    """How an operator finds a chart point (2,): the nearest foramen, the hour on its clock and the distance from its edge."""
    nearest = min(apertures, key=lambda entry: round(entry.gap_mm(point), 6))
    away = point - nearest.centre
    hours = float(np.rad2deg(np.arctan2(site.sign * away[0], -away[1]))) / 30.0 % 12.0
    return f"{nearest.level} {as_read(round(2.0 * hours) / 2.0, site)}, {nearest.gap_mm(point):.0f} mm"
