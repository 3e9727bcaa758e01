"""Turns the triangles of a file into a closed bone, and says what it had to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from rfplan.anatomy.repair_holes import Hole, filled, holes_of, largest_hole_mm
from rfplan.anatomy.repair_topology import (
    component_labels,
    oriented,
    split_vertices,
    welded,
    without_fins,
)
from rfplan.errors import InputError
from rfplan.figures import figures
from rfplan.geometry.arrays import FloatArray, IntArray
from rfplan.geometry.mesh import Mesh, topology

_MOST_PIECES: Final = 4
"""More pieces than this, none of them the greater part, are shreds of one surface and not several bones."""


@dataclass(frozen=True, eq=False)
class Repaired:
    """A closed, outward ``mesh``, and the ``repairs`` and ``warnings`` as sentences for the user."""

    mesh: Mesh
    repairs: tuple[str, ...]
    warnings: tuple[str, ...]


def repair(vertices_mm: FloatArray, faces: IntArray, bone: str, source: str) -> Repaired:
    """The closed mesh of one bone.

    Parameters
    ----------
    vertices_mm, faces : (n, 3) and (m, 3), patient LPS, as read
    bone : its name, for the sentences
    source : the file (and label) it came from, for error messages

    Raises
    ------
    InputError : a vertex is not a number, there are two such bones, or what is open cannot be closed
    """
    wrong = np.flatnonzero(~np.all(np.isfinite(vertices_mm), axis=1))
    if len(wrong):
        raise InputError(
            f"{source}: {len(wrong)} of {len(vertices_mm)} vertices are not finite numbers (the first is vertex {wrong[0] + 1}: "
            f"{', '.join(f'{value:g}' for value in vertices_mm[wrong[0]])}); every coordinate must be a number: write the mesh anew"
        )
    said: list[str] = []
    warned: list[str] = []
    vertices, faces, notes = _cleaned(vertices_mm, faces)
    said += notes
    vertices, faces, notes = _without_debris(vertices, faces, source)
    said += notes
    faces, turned = oriented(vertices, faces, source)
    if turned:
        said.append(f"{_count(turned, 'face')} turned so that the winding is consistent")
    vertices, faces, notes = _closed(vertices, faces, source)
    said += notes
    faces, notes = _outward(vertices, faces)
    said += notes
    vertices, faces, notes = _without_cavities(vertices, faces)
    said += notes
    used, faces = np.unique(faces, return_inverse=True)
    faces = faces.reshape(-1, 3)
    mesh = Mesh(_opened_slivers(vertices[used], faces), faces)
    state = topology(mesh)
    if state.closed and not mesh.volume_mm3 > 0:
        raise InputError(
            f"{source}: the {bone} encloses no volume: the mesh is flat or its two faces lie on each other"
        )
    if not (state.closed and state.consistent_winding):
        raise InputError(
            f"{source}: the mesh is not closed and could not be repaired "
            f"({state.boundary_edges} open edges remain); close it in a mesh editor and import it again"
        )
    if state.components > 1:
        warned.append(f"{bone}: consists of {state.components} separate pieces, all kept")
    return Repaired(mesh, tuple(f"{bone}: {note}" for note in said), tuple(warned))


def _cleaned(vertices: FloatArray, faces: IntArray) -> tuple[FloatArray, IntArray, list[str]]:
    """Duplicates merged, faces without extent and doubled faces dropped, every edge left with one or two faces."""
    notes: list[str] = []
    count = len(np.unique(faces))
    vertices, faces = welded(vertices, faces)
    # a triangle soup repeats every vertex by design, so merging it is reading, not repairing
    if len(vertices) < count and count != 3 * len(faces):
        notes.append(f"{_count(count - len(vertices), 'duplicate vertex', 'duplicate vertices')} merged")
    thin = (faces[:, 0] == faces[:, 1]) | (faces[:, 1] == faces[:, 2]) | (faces[:, 2] == faces[:, 0])
    if thin.any():
        faces = faces[~thin]
        notes.append(f"{_count(int(thin.sum()), 'degenerate face')} dropped")
    _, first = np.unique(np.sort(faces, axis=1), axis=0, return_index=True)
    if len(first) < len(faces):
        notes.append(f"{_count(len(faces) - len(first), 'doubled face')} dropped")
        faces = faces[np.sort(first)]
    faces, fins = without_fins(faces)
    if fins:
        notes.append(f"{_count(fins, 'face')} standing out from the surface dropped")
    vertices, faces, split = split_vertices(vertices, faces)
    if split:
        notes.append(f"{_count(split, 'vertex', 'vertices')} where sheets touched separated")
    return vertices, faces, notes


def _without_debris(vertices: FloatArray, faces: IntArray, source: str) -> tuple[FloatArray, IntArray, list[str]]:
    """Floating crumbs dropped; refused where there is a second bone of the same kind."""
    label = component_labels(faces)
    count = int(label.max(initial=-1)) + 1
    if count == 0:
        raise InputError(f"{source}: the file holds no triangles with an area")
    if count == 1:
        return vertices, faces, []
    low = np.full((count, 3), np.inf)
    high = np.full((count, 3), -np.inf)
    corners = vertices[faces]
    np.minimum.at(low, label, corners.min(axis=1))
    np.maximum.at(high, label, corners.max(axis=1))
    diagonal = np.linalg.norm(high - low, axis=1)
    area = np.bincount(
        label,
        0.5 * np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1),
    )
    main = int(np.argmax(area))
    limits = figures("import_limits")
    second = limits["piece.second_bone"].value
    enclosed = np.all((low > low[main]) & (high < high[main]), axis=1)
    rivals = [k for k in range(count) if k != main and not enclosed[k] and area[k] > second * area[main]]
    if area[main] < 0.5 * area.sum() and count > _MOST_PIECES:
        raise InputError(
            f"{source}: the mesh is torn into {count} pieces, the largest with {area[main] / area.sum():.0%} of its area; one "
            "closed surface is needed: repair it in a mesh editor"
        )
    for rival in rivals:
        _refuse_second_bone(low[[main, rival]], high[[main, rival]], source)
    crumbs = (area < limits["piece.floating"].value * area[main]) & (diagonal < 0.3 * diagonal[main])
    crumbs[main] = False
    if not crumbs.any():
        return vertices, faces, []
    largest = float(diagonal[crumbs].max())
    notes = [f"{_count(int(crumbs.sum()), 'floating piece')} of up to {largest:.1f} mm dropped"]
    return vertices, faces[~crumbs[label]], notes


def _refuse_second_bone(low: FloatArray, high: FloatArray, source: str) -> None:
    """Two pieces of like size are two bones, unless they are stacked like parts of one."""
    extent = high - low
    together = high.max(axis=0) - low.min(axis=0)
    overlap = np.clip(np.minimum(high[0], high[1]) - np.maximum(low[0], low[1]), 0.0, None)
    shared = float(np.prod(overlap / np.maximum(np.minimum(extent[0], extent[1]), 1e-9)))
    if shared < 0.5 and np.all(together < 1.6 * np.maximum(extent[0], extent[1])):
        return
    places = " and ".join(f"({_mm((low[k] + high[k]) / 2)}) mm" for k in range(2))
    raise InputError(f"{source}: holds two bones of like size, around {places}; leave only one in it")


def _closed(vertices: FloatArray, faces: IntArray, source: str) -> tuple[FloatArray, IntArray, list[str]]:
    """Holes filled; refused where one is too large to be damage and is no cut."""
    holes = holes_of(vertices, faces)
    if not holes:
        return vertices, faces, []
    notes: list[str] = []
    refused = [hole for hole in holes if hole.diameter_mm > largest_hole_mm() and not hole.is_cut]
    if refused:
        worst = max(refused, key=lambda hole: hole.diameter_mm)
        edges = sum(hole.open_edges for hole in refused)
        raise InputError(
            f"{source}: the mesh is not closed: {_count(len(refused), 'hole')} with {edges} open edges together, the largest "
            f"{worst.diameter_mm:.0f} mm wide at ({_mm(worst.centre_mm)}) mm; holes up to {largest_hole_mm():.0f} mm and "
            "flat cuts at an end are closed automatically, this must be closed in a mesh editor"
        )
    vertices, faces = filled(vertices, faces, holes)
    cuts = [hole for hole in holes if hole.is_cut]
    small = [hole for hole in holes if not hole.is_cut]
    for cut in cuts:
        notes.append(
            f"open where the bone is cut flat, closed with a cap {cut.diameter_mm:.0f} mm wide at ({_mm(cut.centre_mm)}) mm"
        )
    shown = sorted(small, key=lambda hole: -hole.diameter_mm)
    if small:
        places = "; ".join(_described(hole) for hole in shown[:4])
        more = f"; {len(shown) - 4} smaller" if len(shown) > 4 else ""
        notes.append(f"{_count(len(small), 'hole')} filled: {places}{more}")
    return vertices, faces, notes


def _described(hole: Hole) -> str:
    return f"{hole.diameter_mm:.1f} mm wide ({hole.open_edges} open edges) at ({_mm(hole.centre_mm)}) mm"


def _opened_slivers(vertices: FloatArray, faces: IntArray) -> FloatArray:
    """Vertices moved by 0.1 um where three of them on a line make a face without area, which no normal or distance can stand."""
    for _ in range(3):
        corners = vertices[faces]
        vector = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        flat = np.linalg.norm(vector, axis=1) < 1e-9
        if not flat.any():
            break
        # the corner opposite the longest side is the one between the others
        sides = np.linalg.norm(corners[flat] - np.roll(corners[flat], -1, axis=1), axis=2)
        middle = np.unique(faces[flat][np.arange(int(flat.sum())), (np.argmax(sides, axis=1) + 2) % 3])
        vertices = vertices.copy()
        vertices[middle] += 1e-4 * Mesh(vertices, faces).vertex_normals[middle]
    return vertices


def _component_volumes(vertices: FloatArray, faces: IntArray, label: IntArray) -> FloatArray:
    a, b, c = np.moveaxis(vertices[faces] - vertices[faces].mean(axis=(0, 1)), 1, 0)
    return np.asarray(np.bincount(label, np.einsum("ij,ij->i", a, np.cross(b, c)) / 6.0), dtype=float)


def _outward(vertices: FloatArray, faces: IntArray) -> tuple[IntArray, list[str]]:
    """Faces of every piece outward."""
    label = component_labels(faces)
    inside_out = _component_volumes(vertices, faces, label) < 0
    main = int(np.argmax(np.bincount(label)))
    faces = faces.copy()
    turned = inside_out[label]
    faces[turned] = faces[turned][:, ::-1]
    return faces, ["the mesh was inside out and was turned"] if inside_out[main] else []


def _without_cavities(vertices: FloatArray, faces: IntArray) -> tuple[FloatArray, IntArray, list[str]]:
    """Closed surfaces inside the bone (gaps of a segmentation in spongy bone) dropped: a bone is solid here."""
    label = component_labels(faces)
    count = int(label.max()) + 1
    if count == 1:
        return vertices, faces, []
    volumes = _component_volumes(vertices, faces, label)
    main = int(np.argmax(volumes))
    shell = faces[label == main]
    first = np.array([faces[np.argmax(label == k), 0] for k in range(count)])
    inside = _winding_number(vertices[first], vertices[shell]) > 0.5
    inside[main] = False
    if not inside.any():
        return vertices, faces, []
    volume = float(volumes[inside].sum())
    note = f"{_count(int(inside.sum()), 'enclosed cavity', 'enclosed cavities')} dropped ({volume:.0f} mm3)"
    return vertices, faces[~inside[label]], [note]


def _winding_number(points: FloatArray, triangles: FloatArray) -> FloatArray:
    """(n,) turns of the closed (m, 3, 3) ``triangles`` around each of (n, 3) points (van Oosterom and Strackee 1983)."""
    turns = np.empty(len(points))
    for n, point in enumerate(points):
        a, b, c = np.moveaxis(triangles - point, 1, 0)
        la, lb, lc = (np.linalg.norm(v, axis=1) for v in (a, b, c))
        top = np.einsum("ij,ij->i", a, np.cross(b, c))
        bottom = (
            la * lb * lc
            + np.einsum("ij,ij->i", a, b) * lc
            + np.einsum("ij,ij->i", b, c) * la
            + np.einsum("ij,ij->i", c, a) * lb
        )
        turns[n] = np.arctan2(top, bottom).sum() / (2.0 * np.pi)
    return turns


def _count(number: int, noun: str, plural: str = "") -> str:
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def _mm(point: FloatArray) -> str:
    return ", ".join(f"{value:.0f}" for value in point)
