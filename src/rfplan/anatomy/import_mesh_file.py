"""Triangles out of one STL, PLY, OBJ or VTP file, exactly as the file has them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np

from rfplan.anatomy.import_ply import fan, read_ply
from rfplan.errors import InputError
from rfplan.geometry.arrays import FloatArray, IntArray

MESH_SUFFIXES: Final = (".stl", ".ply", ".obj", ".vtp")
InputFrame = Literal["LPS", "RAS"]


@dataclass(frozen=True, eq=False)
class RawMesh:
    """Triangles of a file before any repair: ``vertices`` (n, 3) in the file's own frame and unit, ``faces`` (m, 3).

    ``declared_frame`` is what the file says of itself (3D Slicer writes ``SPACE=RAS`` or ``SPACE=LPS`` into the header).
    """

    vertices: FloatArray
    faces: IntArray
    declared_frame: InputFrame | None


def read_mesh_file(path: Path) -> RawMesh:
    """The triangles of ``path``; polygons are cut into fans.

    Raises
    ------
    InputError : the file cannot be read, is empty, ends too early or does not hold what its name says
    """
    readers = {".stl": _stl, ".ply": _ply, ".obj": _obj, ".vtp": _vtp}
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    if not content:
        raise InputError(f"{path}: the file is empty (zero bytes)")
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise InputError(f"{path}: {path.suffix} files are not read; accepted are {', '.join(MESH_SUFFIXES)}")
    try:
        mesh = reader(path, content)
    except (ValueError, IndexError, KeyError, UnicodeDecodeError, OverflowError, MemoryError) as error:
        kind = path.suffix.lstrip(".").upper()
        raise InputError(f"{path}: not a readable {kind} file ({_first_line(error)})") from error
    if len(mesh.faces) == 0 or len(mesh.vertices) == 0:
        raise InputError(f"{path}: the file holds no triangles")
    if mesh.faces.min() < 0 or mesh.faces.max() >= len(mesh.vertices):
        raise InputError(f"{path}: a face refers to a vertex that is not in the file (truncated or damaged file?)")
    return mesh


def _first_line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__


def _declared_frame(header: bytes) -> InputFrame | None:
    found = re.search(rb"SPACE\s*=\s*(RAS|LPS)", header)
    if found is None:
        return None
    return "RAS" if found.group(1) == b"RAS" else "LPS"


def _stl(path: Path, content: bytes) -> RawMesh:
    frame = _declared_frame(content[:512])
    count = int.from_bytes(content[80:84], "little") if len(content) >= 84 else -1
    text = content.lstrip()[:5].lower() == b"solid" and b"facet" in content[:4096]
    if len(content) == 84 + 50 * count or (count > 0 and not text and len(content) > 84 + 50 * count):
        record = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
        corners = np.frombuffer(content, record, count, 84)["corners"]
        return _soup(corners.reshape(-1, 3).astype(float), frame)
    if text:
        if b"endsolid" not in content[-1024:]:
            raise InputError(f"{path}: the ASCII STL ends before its 'endsolid' line (truncated file?)")
        numbers = re.findall(rb"vertex\s+(\S+)\s+(\S+)\s+(\S+)", content)
        if len(numbers) % 3 or len(numbers) != 3 * len(re.findall(rb"endfacet", content)):
            raise InputError(f"{path}: the ASCII STL has facets without three vertices")
        return _soup(np.array(numbers).astype(float).reshape(-1, 3), frame)
    expected = f"{84 + 50 * count} bytes for its {count} triangles" if count >= 0 else "at least 84 bytes"
    raise InputError(
        f"{path}: not a complete STL file: it has {len(content)} bytes, a binary STL would have {expected} (truncated file?)"
    )


def _soup(corners: FloatArray, frame: InputFrame | None) -> RawMesh:
    return RawMesh(corners, np.arange(len(corners), dtype=np.int64).reshape(-1, 3), frame)


def _obj(path: Path, content: bytes) -> RawMesh:
    vertices: list[list[float]] = []
    polygons: list[list[int]] = []
    # a backslash at the end of a line continues it
    for line in content.decode("utf-8", errors="strict").replace("\\\n", " ").splitlines():
        words = line.split()
        if not words:
            continue
        if words[0] == "v":
            if len(words) < 4:
                raise InputError(
                    f"{path}: vertex {len(vertices) + 1} has fewer than three coordinates (truncated file?)"
                )
            vertices.append([float(word) for word in words[1:4]])
        elif words[0] == "f":
            corners = [int(word.split("/")[0]) for word in words[1:]]
            if len(corners) < 3 or 0 in corners:
                raise InputError(f"{path}: face {len(polygons) + 1} is not a polygon (truncated file?)")
            # negative numbers count back from the newest vertex
            polygons.append([corner - 1 if corner > 0 else len(vertices) + corner for corner in corners])
    coordinates = np.array(vertices, dtype=float).reshape(-1, 3)
    return RawMesh(coordinates, fan(iter(polygons)), _declared_frame(content[:512]))


def _ply(path: Path, content: bytes) -> RawMesh:
    header, vertices, faces = read_ply(path, content)
    return RawMesh(vertices, faces, _declared_frame(header))


def _vtp(path: Path, content: bytes) -> RawMesh:
    # VTK's reader needs no display; only its input module is loaded
    from vtkmodules.util import numpy_support
    from vtkmodules.vtkCommonCore import vtkObject
    from vtkmodules.vtkFiltersCore import vtkTriangleFilter
    from vtkmodules.vtkIOXML import vtkXMLPolyDataReader

    if b"<VTKFile" not in content[:4096] or b"PolyData" not in content[:4096]:
        raise InputError(f"{path}: not a VTK XML polydata file")
    if b"</VTKFile>" not in content[-4096:]:
        raise InputError(f"{path}: the file ends before its closing </VTKFile> (truncated file?)")
    complaints: list[str] = []
    reader = vtkXMLPolyDataReader()
    error_event: Any = "ErrorEvent"
    reader.AddObserver(error_event, lambda *_: complaints.append("error"))
    reader.SetFileName(str(path))
    # VTK reports a damaged file on the terminal besides; our own message is enough
    shown = vtkObject.GetGlobalWarningDisplay()
    vtkObject.SetGlobalWarningDisplay(0)
    try:
        reader.Update()
    finally:
        vtkObject.SetGlobalWarningDisplay(shown)
    if complaints or reader.GetErrorCode():
        raise InputError(f"{path}: not a readable VTP file (truncated or damaged?)")
    triangles = vtkTriangleFilter()
    triangles.PassLinesOff()
    triangles.PassVertsOff()
    triangles.SetInputData(reader.GetOutput())
    triangles.Update()
    surface = triangles.GetOutput()
    if surface.GetPoints() is None or surface.GetNumberOfPolys() == 0:
        raise InputError(f"{path}: the file holds no triangles")
    to_numpy: Any = numpy_support.vtk_to_numpy
    vertices = to_numpy(surface.GetPoints().GetData()).astype(float)
    faces = to_numpy(surface.GetPolys().GetConnectivityArray()).astype(np.int64).reshape(-1, 3)
    return RawMesh(vertices, faces, _declared_frame(content[:2048]))
