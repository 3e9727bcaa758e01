"""Whether a mesh can be a sacrum at all; what cannot is refused with the reason."""

from __future__ import annotations

import numpy as np

from rfplan.anatomy.true_ap import find_true_ap
from rfplan.errors import InputError
from rfplan.figures import figures
from rfplan.geometry.mesh import Mesh


def check_sacrum_plausible(mesh: Mesh, pose: bool = True) -> None:
    """Return if ``mesh`` (patient LPS, mm) can be one sacrum, head end up and back behind, within about 30 degrees.

    With ``pose`` false, which way up and round it lies is not looked at.

    Raises
    ------
    InputError : it is empty, has coordinates that are no numbers, is far too small or large, consists of two large parts,
        is upside down or back to front, or shows no S1 endplate
    """
    prior = figures("foramina_prior")
    smallest, largest = prior["bone.smallest_width"].value, prior["bone.largest_extent"].value
    if len(mesh.faces) == 0 or len(mesh.vertices_mm) == 0:
        raise InputError("the sacrum has no triangles; accepted is a closed surface mesh in mm")
    if not np.all(np.isfinite(mesh.vertices_mm)):
        bad = int(np.count_nonzero(~np.isfinite(mesh.vertices_mm).all(axis=1)))
        raise InputError(
            f"the sacrum has {bad} vertices with NaN or infinite coordinates; accepted are finite numbers in mm"
        )
    extent = np.ptp(mesh.bounds_mm, axis=0)
    size = f"{extent[0]:.4g} x {extent[1]:.4g} x {extent[2]:.4g}"
    if extent.max() < smallest:
        unit = "metres" if extent.max() < 1.0 else "centimetres" if extent.max() < 25.0 else "another unit"
        raise InputError(
            f"the sacrum measures {size} mm, far too small for a bone (is it in {unit}?); "
            f"accepted is a longest side of {smallest:.0f} to {largest:.0f} mm"
        )
    parts = _large_parts(mesh)
    if parts > 1:
        raise InputError(
            f"the sacrum consists of {parts} large separate parts; accepted is one bone (are there two sacra?)"
        )
    if extent.max() > largest:
        raise InputError(
            f"the sacrum measures {size} mm, far too large (is it in micrometres, or the whole pelvis?); "
            f"accepted is a longest side of {smallest:.0f} to {largest:.0f} mm"
        )
    if pose:
        find_true_ap({"sacrum": mesh})


def _large_parts(mesh: Mesh, share: float = 0.15) -> int:
    """Number of separate surfaces whose bounding box is at least ``share`` of the largest one's."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    edges = np.concatenate([mesh.faces[:, [0, 1]], mesh.faces[:, [1, 2]]])
    size = len(mesh.vertices_mm)
    _, label = connected_components(
        coo_array((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(size, size)), directed=False
    )
    used = np.unique(mesh.faces)
    boxes = []
    for number in np.unique(label[used]):
        points = mesh.vertices_mm[used[label[used] == number]]
        boxes.append(float(np.prod(np.ptp(points, axis=0))))
    return int(np.count_nonzero(np.array(boxes) >= share * max(boxes)))
