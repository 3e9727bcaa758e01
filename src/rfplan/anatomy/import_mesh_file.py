"""Triangles out of one STL, PLY, OBJ or VTP file, exactly as the file has them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np

from rfplan.errors import InputError
from rfplan.geometry.arrays import FloatArray, IntArray

MESH_SUFFIXES: Final = (".stl", ".ply", ".obj", ".vtp")
InputFrame = Literal["LPS", "RAS"]

_PLY_TYPES: Final = {
    "char": "i1", "int8": "i1", "uchar": "u1", "uint8": "u1",
    "short": "i2", "int16": "i2", "ushort": "u2", "uint16": "u2",
    "int": "i4", "int32": "i4", "uint": "u4", "uint32": "u4",
    "float": "f4", "float32": "f4", "double": "f8", "float64": "f8",
}  # fmt: skip


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


def _fan(polygons: Iterator[list[int]]) -> IntArray:
    faces = [(p[0], p[k], p[k + 1]) for p in polygons for k in range(1, len(p) - 1)]
    return np.array(faces, dtype=np.int64).reshape(-1, 3)


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
                raise InputError(f"{path}: vertex {len(vertices) + 1} has fewer than three coordinates (truncated file?)")
            vertices.append([float(word) for word in words[1:4]])
        elif words[0] == "f":
            corners = [int(word.split("/")[0]) for word in words[1:]]
            if len(corners) < 3 or 0 in corners:
                raise InputError(f"{path}: face {len(polygons) + 1} is not a polygon (truncated file?)")
            # negative numbers count back from the newest vertex
            polygons.append([corner - 1 if corner > 0 else len(vertices) + corner for corner in corners])
    coordinates = np.array(vertices, dtype=float).reshape(-1, 3)
    return RawMesh(coordinates, _fan(iter(polygons)), _declared_frame(content[:512]))


def _ply(path: Path, content: bytes) -> RawMesh:
    end = re.search(rb"end_header\r?\n", content)
    if not content.startswith(b"ply") or end is None:
        raise InputError(f"{path}: not a PLY file, or its header is not complete (truncated file?)")
    header = content[: end.start()].decode("latin-1")
    elements: list[tuple[str, int, list[list[str]]]] = []
    layout = ""
    for line in header.splitlines():
        words = line.split()
        if words[:1] == ["format"]:
            layout = words[1]
        elif words[:1] == ["element"]:
            elements.append((words[1], int(words[2]), []))
        elif words[:1] == ["property"]:
            elements[-1][2].append(words[1:])
    body = content[end.end() :]
    if layout == "ascii":
        read = _PlyText(path, body)
    elif layout in ("binary_little_endian", "binary_big_endian"):
        read = _PlyBinary(path, body, "<" if "little" in layout else ">")
    else:
        raise InputError(f"{path}: PLY format {layout!r} is not known")
    vertices, faces = np.empty((0, 3)), np.empty((0, 3), dtype=np.int64)
    for name, count, properties in elements:
        table, lists = read.element(name, count, properties)
        if name == "vertex":
            vertices = np.stack([table[axis] for axis in "xyz"], axis=1).astype(float)
        elif name == "face":
            key = next(key for key in ("vertex_indices", "vertex_index") if key in lists)
            corners = lists[key]
            faces = corners if isinstance(corners, np.ndarray) else _fan(iter(corners))
    return RawMesh(vertices, faces.astype(np.int64), _declared_frame(content[: end.start()]))


_Lists = dict[str, "IntArray | list[list[int]]"]


class _PlyBinary:
    """Elements of a binary PLY body, one after another."""

    def __init__(self, path: Path, body: bytes, order: str) -> None:
        self.path, self.body, self.order, self.at = path, body, order, 0

    def element(self, name: str, count: int, properties: list[list[str]]) -> tuple[dict[str, np.ndarray], _Lists]:
        record: list[tuple[str, str] | tuple[str, str, int]] = []
        lists = [words[3] for words in properties if words[0] == "list"]
        for words in properties:
            if words[0] == "list":
                # nearly every file holds triangles only, and then a row has a fixed length
                record += [(words[3] + " count", self.order + _PLY_TYPES[words[1]])]
                record += [(words[3], self.order + _PLY_TYPES[words[2]], 3)]
            else:
                record += [(words[1], self.order + _PLY_TYPES[words[0]])]
        kind = np.dtype(record)
        if len(self.body) - self.at >= kind.itemsize * count:
            rows = np.frombuffer(self.body, kind, count, self.at)
            if all(np.all(rows[key + " count"] == 3) for key in lists):
                self.at += kind.itemsize * count
                scalars = {words[1]: rows[words[1]] for words in properties if words[0] != "list"}
                return scalars, {key: rows[key].astype(np.int64).reshape(-1, 3) for key in lists}
        if not lists:
            self._short(name, count)
        return {}, self._uneven(name, count, properties)

    def _uneven(self, name: str, count: int, properties: list[list[str]]) -> _Lists:
        found: dict[str, list[list[int]]] = {words[3]: [] for words in properties if words[0] == "list"}
        for _ in range(count):
            for words in properties:
                if words[0] != "list":
                    self._take(_PLY_TYPES[words[0]], 1, name, count)
                    continue
                length = int(self._take(_PLY_TYPES[words[1]], 1, name, count)[0])
                found[words[3]].append(self._take(_PLY_TYPES[words[2]], length, name, count).tolist())
        return dict(found)

    def _take(self, kind: str, length: int, name: str, count: int) -> np.ndarray:
        dtype = np.dtype(self.order + kind)
        if self.at + dtype.itemsize * length > len(self.body):
            self._short(name, count)
        values = np.frombuffer(self.body, dtype, length, self.at)
        self.at += dtype.itemsize * length
        return values

    def _short(self, name: str, count: int) -> None:
        raise InputError(f"{self.path}: the file ends before its {count} {name} records are complete (truncated file?)")


class _PlyText:
    """Elements of an ASCII PLY body, one line each."""

    def __init__(self, path: Path, body: bytes) -> None:
        self.path, self.lines, self.at = path, body.decode("ascii").splitlines(), 0

    def element(self, name: str, count: int, properties: list[list[str]]) -> tuple[dict[str, np.ndarray], _Lists]:
        rows = [line.split() for line in self.lines[self.at : self.at + count]]
        self.at += count
        scalars = [words[1] for words in properties if words[0] != "list"]
        table: dict[str, list[float]] = {key: [] for key in scalars}
        lists: dict[str, list[list[int]]] = {words[3]: [] for words in properties if words[0] == "list"}
        complete = len(rows) == count
        for row in rows:
            at = 0
            for words in properties:
                if words[0] == "list":
                    length = int(row[at]) if at < len(row) else 0
                    lists[words[3]].append([int(word) for word in row[at + 1 : at + 1 + length]])
                    at += 1 + length
                elif at < len(row):
                    table[words[1]].append(float(row[at]))
                    at += 1
                else:
                    at += 1
            complete = complete and at <= len(row)
        if not complete:
            raise InputError(f"{self.path}: the file ends before its {count} {name} records are complete (truncated file?)")
        return {key: np.array(values) for key, values in table.items()}, dict(lists)


def _vtp(path: Path, content: bytes) -> RawMesh:
    # VTK's reader needs no display; only its input module is loaded
    from vtkmodules.util.numpy_support import vtk_to_numpy
    from vtkmodules.vtkCommonCore import vtkObject
    from vtkmodules.vtkFiltersCore import vtkTriangleFilter
    from vtkmodules.vtkIOXML import vtkXMLPolyDataReader

    if b"<VTKFile" not in content[:4096] or b"PolyData" not in content[:4096]:
        raise InputError(f"{path}: not a VTK XML polydata file")
    if b"</VTKFile>" not in content[-4096:]:
        raise InputError(f"{path}: the file ends before its closing </VTKFile> (truncated file?)")
    complaints: list[str] = []
    reader = vtkXMLPolyDataReader()
    reader.AddObserver("ErrorEvent", lambda *_: complaints.append("error"))
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
    vertices = vtk_to_numpy(surface.GetPoints().GetData()).astype(float)
    faces = vtk_to_numpy(surface.GetPolys().GetConnectivityArray()).astype(np.int64).reshape(-1, 3)
    return RawMesh(vertices, faces, _declared_frame(content[:2048]))
