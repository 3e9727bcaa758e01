"""Vertices and triangles of a PLY file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from rfplan.errors import InputError
from rfplan.geometry.arrays import FloatArray, IntArray

_PLY_TYPES: Final = {
    "char": "i1", "int8": "i1", "uchar": "u1", "uint8": "u1",
    "short": "i2", "int16": "i2", "ushort": "u2", "uint16": "u2",
    "int": "i4", "int32": "i4", "uint": "u4", "uint32": "u4",
    "float": "f4", "float32": "f4", "double": "f8", "float64": "f8",
}  # fmt: skip


def fan(polygons: Iterable[Sequence[int]]) -> IntArray:
    """(m, 3) triangles of polygons given by their vertices, each cut into a fan from its first."""
    faces = [(p[0], p[k], p[k + 1]) for p in polygons for k in range(1, len(p) - 1)]
    return np.array(faces, dtype=np.int64).reshape(-1, 3)


def read_ply(path: Path, content: bytes) -> tuple[bytes, FloatArray, IntArray]:
    """Header, vertices (n, 3) and triangles (m, 3) of the ``content`` of ``path``, in ASCII or either binary order.

    Raises
    ------
    InputError : the file ends too early
    ValueError, IndexError, KeyError : it is malformed in another way
    """
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
    read: _PlyText | _PlyBinary
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
            key = next((key for key in ("vertex_indices", "vertex_index") if key in lists), None)
            if key is None:
                raise InputError(f"{path}: the faces have no list named vertex_indices")
            corners = lists[key]
            faces = corners if isinstance(corners, np.ndarray) else fan(iter(corners))
    return content[: end.start()], vertices, faces.astype(np.int64)


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
            raise InputError(
                f"{self.path}: the file ends before its {count} {name} records are complete (truncated file?)"
            )
        return {key: np.array(values) for key, values in table.items()}, dict(lists)
