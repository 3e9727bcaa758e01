"""Path lengths and attenuation along the rays of a C-arm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rfplan.errors import InputError
from rfplan.fluoroscopy import raster_kernels, rod_kernels
from rfplan.fluoroscopy.c_arm import CArm
from rfplan.fluoroscopy.leaks import refuse_leaks
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.mesh import Mesh

FloatImage = NDArray[Any]
"""(rows, columns) single or double precision."""
_NEAREST_MM = 5.0


def path_length_mm(c_arm: CArm, meshes: Mapping[str, Mesh] | Mesh) -> FloatArray:
    """(size, size) length of every ray inside closed meshes, mm; where meshes overlap, both count.

    Raises
    ------
    InputError : a mesh leaks, or the source lies within the reach of one
    """
    named = {"mesh": meshes} if isinstance(meshes, Mesh) else dict(meshes)
    refuse_leaks(named)
    image = np.zeros((c_arm.size_px, c_arm.size_px))
    for mesh in named.values():
        add_mesh(c_arm, mesh.vertices_mm, mesh.faces, np.ones(len(mesh.faces)), image)
    in_millimetres(c_arm, image)
    return image


def add_mesh(c_arm: CArm, vertices_mm: FloatArray, faces: np.ndarray, weights: np.ndarray, image: FloatImage) -> None:
    """Add the weighted signed depths of all faces to ``image``, in units of each pixel's ray."""
    screen = raster_kernels.to_receptor(
        vertices_mm, c_arm.source_mm, c_arm.axes, c_arm.sid_mm, c_arm.pixel_mm, c_arm.size_px
    )
    refuse_source_within(c_arm, screen)
    raster_kernels.add_signed_depth(screen, faces, weights, c_arm.sod_mm / c_arm.sid_mm, image)


def add_rods(c_arm: CArm, rods: FloatArray, image: FloatImage) -> None:
    """Add weighted chords through cylinders, in units of each pixel's ray."""
    rod_kernels.add_rods(rods, c_arm.source_mm, c_arm.axes, c_arm.sid_mm, c_arm.pixel_mm, image)


def add_ellipsoids(c_arm: CArm, ellipsoids: FloatArray, image: FloatImage) -> None:
    """Add weighted chords through ellipsoids, in units of each pixel's ray."""
    rod_kernels.add_ellipsoids(ellipsoids, c_arm.source_mm, c_arm.axes, c_arm.sid_mm, c_arm.pixel_mm, image)


def in_millimetres(c_arm: CArm, image: FloatImage) -> None:
    """Turn lengths in units of each pixel's ray into mm, in place."""
    rod_kernels.to_millimetres(image, c_arm.sid_mm, c_arm.pixel_mm)


def refuse_source_within(c_arm: CArm, screen: FloatArray) -> None:
    """Refuse a source that is level with a part of the patient: rays would start inside."""
    if len(screen) == 0:
        return
    # 1/t is largest at the nearest point and has no place beyond it
    nearest = float(screen[:, 2].max())
    behind = bool(screen[:, 2].min() <= 0.0)
    if behind or nearest * _NEAREST_MM > c_arm.sid_mm:
        raise InputError(
            f"the source lies inside the patient or level with it (sod_mm is {c_arm.sod_mm:g}, isocentre at "
            f"{', '.join(f'{value:.0f}' for value in c_arm.isocentre_mm)} mm): move it away, 500 to 700 mm are usual"
        )


def joined(meshes: Sequence[Mesh]) -> tuple[FloatArray, np.ndarray]:
    """Vertices (n, 3) and faces (m, 3) of several meshes as one, the faces in 32 bits."""
    starts = np.cumsum([0, *(len(mesh.vertices_mm) for mesh in meshes)])
    faces = [mesh.faces + start for mesh, start in zip(meshes, starts[:-1], strict=True)]
    if not meshes:
        return np.empty((0, 3)), np.empty((0, 3), dtype=np.int32)
    return np.concatenate([mesh.vertices_mm for mesh in meshes]), np.concatenate(faces).astype(np.int32)
