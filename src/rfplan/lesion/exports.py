"""Solved lesions for other programs: VTK, NIfTI, and surfaces as STL or PLY."""

from __future__ import annotations

import gzip
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np

from rfplan.errors import InputError, did_you_mean
from rfplan.geometry.mesh import Mesh
from rfplan.lesion.sampled_block import VALUES, sampled
from rfplan.lesion.solved import SolvedLesion
from rfplan.lesion.surroundings import within
from rfplan.whole_file import write_whole

GRID_ENDINGS: Final = (".vti", ".vtk", ".vtu")
VOLUME_ENDINGS: Final = (".nii.gz", ".nii")
SURFACE_ENDINGS: Final = (".stl", ".ply", ".vtp")
ENDINGS: Final = (*GRID_ENDINGS, *VOLUME_ENDINGS, *SURFACE_ENDINGS)
"""Endings of the names of files that a lesion can be exported to."""

_ISOTHERM_C = (38.0, 100.0)
_SPACING_MM = (0.05, 5.0)


def export_lesion(
    lesion: SolvedLesion,
    path: str | Path,
    isotherm_c: float = 50.0,
    value: str = "temperature_c",
    spacing_mm: float = 0.5,
) -> Path:
    """Write ``lesion`` for another program, complete or not at all; the ending of ``path`` says what and how.

    Parameters
    ----------
    path : ``.vti``, ``.vtk`` (structured points), ``.vtu``: all of :data:`rfplan.lesion.sampled_block.VALUES` on a regular grid.
        ``.nii``, ``.nii.gz``: ``value`` alone on that grid, as NIfTI. ``.stl``, ``.ply``, ``.vtp``: the closed surface of ``isotherm_c``
    isotherm_c : of the surface, degC
    value : of a NIfTI file, one of :data:`rfplan.lesion.sampled_block.VALUES`
    spacing_mm : of the regular grid

    Everything is in mm and in the frame that the lesion is placed in (:meth:`SolvedLesion.at`): the patient's LPS; of a lesion that is not
    placed, the needle's own. NIfTI is RAS: the affine turns x and y round, so that a viewer shows a placed lesion where it is in the
    patient; the needle's own frame is taken for LPS in the same way.

    Raises
    ------
    InputError : the ending is none of these, the isotherm is reached nowhere, a number is out of range, or the file cannot be written
    """
    path = Path(path)
    ending = ending_of(path)
    check_export(isotherm_c, value, spacing_mm)
    if ending in SURFACE_ENDINGS:
        content = _surface_bytes(_surface(lesion, isotherm_c), ending)
    elif ending in VOLUME_ENDINGS:
        content = _nifti_bytes(lesion, value, spacing_mm, ending)
    else:
        content = _grid_bytes(lesion, spacing_mm, ending)
    try:
        write_whole(path, content)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}") from error
    return path


def check_export(isotherm_c: float, value: str, spacing_mm: float) -> None:
    """Refuse what :func:`export_lesion` would refuse, before there is a lesion."""
    within("--export-isotherm-c", isotherm_c, _ISOTHERM_C, "degC")
    within("--export-spacing-mm", spacing_mm, _SPACING_MM, "mm")
    if value not in VALUES:
        raise InputError(
            f"--export-value {value!r} is not known;{did_you_mean(value, VALUES)} accepted: {', '.join(VALUES)}"
        )


def ending_of(path: Path) -> str:
    """The one of :data:`ENDINGS` that the name has; InputError where it has none of them."""
    for ending in ENDINGS:
        if path.name.lower().endswith(ending):
            return ending
    raise InputError(f"--export {path}: the name must end in {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}")


def _surface(lesion: SolvedLesion, isotherm_c: float) -> Mesh:
    mesh = lesion.surface(isotherm_c)
    if mesh is None:
        raise InputError(
            f"--export-isotherm-c is {isotherm_c:g}, which no soft tissue reached when heating ended; "
            f"the hottest is {lesion.max_tissue_c:.1f} degC"
        )
    return mesh


def _surface_bytes(mesh: Mesh, ending: str) -> bytes:
    if ending == ".vtp":
        return _vtk_bytes(lambda pv: pv.PolyData.from_regular_faces(mesh.vertices_mm, mesh.faces), ending)
    import trimesh

    made: Any = trimesh.Trimesh(mesh.vertices_mm, mesh.faces, process=False)
    return bytes(made.export(file_type=ending[1:]))


def _grid_bytes(lesion: SolvedLesion, spacing_mm: float, ending: str) -> bytes:
    block = sampled(lesion, VALUES, spacing_mm)

    def grid(pv: Any) -> Any:
        image = pv.ImageData(dimensions=block.shape, spacing=(spacing_mm,) * 3, origin=tuple(block.origin_mm))
        for name, values in block.values.items():
            image.point_data[name] = values.ravel(order="F")
        return image.cast_to_unstructured_grid() if ending == ".vtu" else image

    return _vtk_bytes(grid, ending)


def _vtk_bytes(make: Callable[[Any], Any], ending: str) -> bytes:
    import pyvista as pv

    # VTK writes to files only
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"lesion{ending}"
        make(pv).save(path, binary=True)
        return path.read_bytes()


def _nifti_bytes(lesion: SolvedLesion, value: str, spacing_mm: float, ending: str) -> bytes:
    import nibabel

    image_of: Any = nibabel.Nifti1Image
    block = sampled(lesion, (value,), spacing_mm)
    # LPS to RAS: x and y change their sign
    affine = np.diag([-spacing_mm, -spacing_mm, spacing_mm, 1.0])
    affine[:3, 3] = block.origin_mm * [-1.0, -1.0, 1.0]
    image = image_of(block.values[value], affine)
    image.set_sform(affine, code=1)
    image.set_qform(affine, code=1)
    image.header.set_xyzt_units("mm")
    image.header["descrip"] = f"rfplan {value}".encode()
    content = image.to_bytes()
    # without the time of writing, so that the same lesion gives the same bytes
    return gzip.compress(content, mtime=0) if ending == ".nii.gz" else content
