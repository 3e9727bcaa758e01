"""Landmarks and curves of the parametric sacrum, read off its field."""

from __future__ import annotations

import numpy as np

from rfplan.anatomy.landmarks import Curve, Landmark
from rfplan.anatomy.sacrum_dorsum import crest_course, tubercle_centres
from rfplan.anatomy.sacrum_foramina import first_bone, onto_surface
from rfplan.anatomy.sacrum_layout import SacrumLayout
from rfplan.anatomy.sacrum_processes import articular_tip
from rfplan.anatomy.sacrum_vector import sacrum_vector
from rfplan.anatomy.skyline_kernels import ala_top, groove_base
from rfplan.anatomy.virtual_ground_kernels import filled_form
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.frames import Isometry
from rfplan.geometry.implicit import Field


def landmarks_of(layout: SacrumLayout, distance_mm: Field) -> dict[str, Landmark]:
    """All landmarks that lie on the sacrum, by name; ``distance_mm`` is the field of the finished bone."""
    posterior = layout.frame.origin_mm
    promontory = posterior - layout.parameters["endplate_ap"] * layout.frame.posterior
    middle = {
        "promontory": promontory,
        "endplate_centre": 0.5 * (posterior + promontory),
        "endplate_posterior": posterior,
        "hiatus_apex": _hiatus_apex(layout, distance_mm),
    }
    base, ala = _groove(layout)
    left = {"s1_sap": layout.axis.to_patient(articular_tip(layout)), "s1_sap_base": base, "ala": ala}
    for level, centre in tubercle_centres(layout).items():
        left[f"tubercle_{level}"] = _from_behind(layout, distance_mm, centre[None])[0]
    rough = {**middle, **left}
    snapped = dict(zip(rough, onto_surface(distance_mm, np.array(list(rough.values()))), strict=True))
    mirror = Isometry.mirror_left_right()
    result: dict[str, Landmark] = {}
    for name, point in snapped.items():
        if name in middle:
            result[name] = Landmark(name, point * [0.0, 1.0, 1.0], "given", 1.0)
        else:
            landmark = Landmark(f"{name}_left", point, "given", 1.0)
            result[landmark.name] = landmark
            result[f"{name}_right"] = landmark.moved(mirror)
    return result


def curves_of(layout: SacrumLayout, distance_mm: Field) -> dict[str, Curve]:
    """The lateral crests, cranial to caudal, on the back of the bone."""
    points = _from_behind(layout, distance_mm, crest_course(layout))
    left = Curve("lateral_crest_left", points, "given", 1.0)
    return {left.name: left, "lateral_crest_right": left.moved(Isometry.mirror_left_right())}


def _from_behind(layout: SacrumLayout, distance_mm: Field, axis_mm: FloatArray) -> FloatArray:
    """Points of the bone's back under (n, 3) axis coordinates."""
    start = axis_mm + np.array([0.0, 0.0, 14.0])
    down = layout.axis.directions(start[:, 1], np.tile([0.0, 0.0, -1.0], (len(start), 1)))
    patient = layout.axis.to_patient(start)
    return patient + down * first_bone(distance_mm, patient, down, 40.0)[:, None]


def _hiatus_apex(layout: SacrumLayout, distance_mm: Field) -> FloatArray:
    """Where the roof of the canal ends on the midline, at the back of the bone."""
    along = np.arange(layout.stations_mm[4], layout.apex_mm, 0.25)
    heights = np.arange(0.0, 30.0, 0.25)
    grid = np.stack(np.broadcast_arrays(0.0, along[:, None], heights[None, :]), axis=-1)
    bone = distance_mm(layout.axis.to_patient(grid).reshape(-1, 3)).reshape(grid.shape[:2]) < 0
    floor = layout.profile("canal_floor")(along)[:, None]
    roofed = (bone & (heights[None, :] > floor + 1.5)).any(axis=1)
    last = int(np.flatnonzero(roofed)[-1]) if roofed.all() else int(np.argmin(roofed)) - 1
    top = heights[np.flatnonzero(bone[last])[-1]]
    return layout.axis.to_patient(np.array([0.0, along[last], top]))


def _groove(layout: SacrumLayout) -> tuple[FloatArray, FloatArray]:
    """The floor of the notch between articular process and ala, and the top of the ala beside it, where a beam from behind meets them."""
    form = filled_form(sacrum_vector(layout.parameters.values))
    base, ala = np.empty(3), np.empty(3)
    groove_base(form, base)
    ala_top(form, ala)
    return layout.frame.to_patient(base), layout.frame.to_patient(ala)
