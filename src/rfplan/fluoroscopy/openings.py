"""Where a radiograph sees through a bone: the foramina that stand open along the beam."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from rfplan.fluoroscopy.c_arm import CArm
from rfplan.fluoroscopy.projector import path_length_mm
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.mesh import Mesh

_THROUGH_MM = 0.01
_LEAST_AREA_MM2 = 0.5


@dataclass(frozen=True)
class Opening:
    """A hole of the shadow of a bone: its area in the plane of the isocentre, and the middle of it in pixels (column, row)."""

    area_mm2: float
    middle_px: tuple[float, float]


def openings(c_arm: CArm, bone: Mesh, least_mm2: float = _LEAST_AREA_MM2) -> tuple[Opening, ...]:
    """Every hole in the shadow of ``bone`` that is bounded within the picture, the largest first."""
    from scipy import ndimage

    through = path_length_mm(c_arm, bone) < _THROUGH_MM
    labels, count = ndimage.label(through)
    if count == 0:
        return ()
    outside = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    areas = np.bincount(labels.ravel(), minlength=count + 1) * c_arm.isocentre_pixel_mm**2
    inner = [n for n in range(1, count + 1) if n not in outside and areas[n] >= least_mm2]
    middles = ndimage.center_of_mass(through, labels, inner) if inner else []
    found = [
        Opening(float(areas[n]), (float(column) + 0.5, float(row) + 0.5))
        for n, (row, column) in zip(inner, middles, strict=True)
    ]
    return tuple(sorted(found, key=lambda opening: -opening.area_mm2))


def open_area_mm2(c_arm: CArm, bone: Mesh, centre_mm: FloatArray, reach_mm: float) -> float:
    """Area of the largest hole within ``reach_mm`` of ``centre_mm`` (3,), in the plane through that point; 0 where there is none."""
    window = 6.0 * reach_mm * c_arm.magnification
    close = replace(c_arm.aimed(centre_mm), field_mm=window, size_px=128, collimator="square", collimator_mm=None)
    near = [
        hole.area_mm2
        for hole in openings(close, bone, 0.2)
        if np.hypot(*(np.array(hole.middle_px) - 64.0)) * close.isocentre_pixel_mm < reach_mm
    ]
    return max(near, default=0.0)
