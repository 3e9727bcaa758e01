"""The cortical shell of a bone: the surface on which compact bone gives way to cancellous bone."""

from __future__ import annotations

import numpy as np

from rfplan.figures import figures
from rfplan.fluoroscopy.shell_kernels import noise_in_space, thickness_below
from rfplan.geometry.arrays import FloatArray, frozen
from rfplan.geometry.coarser import coarser
from rfplan.geometry.mesh import Mesh

_GRAINS_MM = (9.0, 4.0, 2.0)
_GRAIN_SHARES = (0.5, 0.6, 0.5)
_OPEN_MM = 24.0
"""Room in front of a surface from which on it counts as the outside of the bone."""
_CELL_MM = 4.5
_AT_MOST = 0.42
"""Of the bone's thickness at a place: shells from both sides must not meet."""


def inner_surface(mesh: Mesh, thickness_mm: float | None = None, unevenness: float | None = None) -> Mesh:
    """The inside of the compact shell of a closed bone: its vertices moved inwards, no finer than the shell is known.

    Parameters
    ----------
    thickness_mm : mean of the shell; default that of ``anatomy/fluoroscopy.toml``. Less where the bone is thin
    unevenness : standard deviation of the thickness over its mean; a real shell is uneven, and an even one looks cast
    """
    table = figures("fluoroscopy")
    mean_mm = table["bone.cortical_thickness"].value if thickness_mm is None else thickness_mm
    uneven = table["bone.cortical_unevenness"].value if unevenness is None else unevenness
    normals = mesh.vertex_normals
    below = thickness_below(mesh.vertices_mm, mesh.faces, normals, 3.0 * mean_mm, 3.0)
    # the walls of canals and foramina face each other closely, and carry a thinner shell than the outside
    turned = frozen(mesh.faces[:, ::-1], np.int64)
    room = thickness_below(mesh.vertices_mm, turned, -normals, _OPEN_MM, 3.0)
    lining = table["bone.cortical_lining"].value
    share = lining + (1.0 - lining) * np.clip(room / _OPEN_MM, 0.0, 1.0) ** 2
    wanted = mean_mm * share * np.maximum(1.0 + uneven * grain(mesh.vertices_mm), 0.2)
    inside = Mesh(mesh.vertices_mm - np.minimum(wanted, _AT_MOST * below)[:, None] * normals, mesh.faces)
    return coarser(inside, _CELL_MM, normals)


def grain(points_mm: FloatArray) -> FloatArray:
    """(n,) noise of unit standard deviation at (n, 3) points: the clumps and struts of bone at several sizes."""
    total = np.zeros(len(points_mm))
    for number, (size, share) in enumerate(zip(_GRAINS_MM, _GRAIN_SHARES, strict=True)):
        total += share * noise_in_space(points_mm, size, 17 + number)
    spread = float(total.std())
    return np.asarray(total / spread if spread > 0.0 else total)
