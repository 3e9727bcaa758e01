"""Which corners of a triangle list are one vertex, which faces one sheet, and which way round they run."""

from __future__ import annotations

import numpy as np

from rfplan.errors import InputError
from rfplan.geometry.arrays import FloatArray, IntArray

_WELD_FRACTION = 1e-6


def welded(vertices: FloatArray, faces: IntArray) -> tuple[FloatArray, IntArray]:
    """Vertices at the same place merged, unused ones dropped.

    Exact copies merge everywhere. Vertices at the edge of an opening also merge where they lie within 1e-6 of the bone's size,
    as files with rounded coordinates need.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import cKDTree

    places, inverse = np.unique(vertices, axis=0, return_inverse=True)
    faces = inverse.reshape(-1)[faces]
    open_ones = np.unique(_boundary(faces))
    if len(open_ones):
        size = float(np.linalg.norm(np.ptp(places, axis=0)))
        pairs = cKDTree(places[open_ones]).query_pairs(_WELD_FRACTION * size, output_type="ndarray")
        if len(pairs):
            ends = open_ones[pairs]
            graph = coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(len(places), len(places)))
            group = connected_components(graph, directed=False)[1]
            _, first = np.unique(group, return_index=True)
            places, faces = places[first], group[faces].astype(np.int64)
    used, packed = np.unique(faces, return_inverse=True)
    return places[used], packed.reshape(-1, 3).astype(np.int64)


def half_edges(faces: IntArray) -> IntArray:
    """(3 m, 2) directed edges; row 3 f + c runs from corner c of face f to its next corner."""
    return np.stack([faces, np.roll(faces, -1, axis=1)], axis=2).reshape(-1, 2)


def _edge_numbers(faces: IntArray) -> tuple[IntArray, IntArray]:
    """(3 m,) number of the undirected edge of every half-edge, and (e,) how many half-edges each has."""
    key = np.sort(half_edges(faces), axis=1)
    size = int(key.max(initial=0)) + 1
    _, number, count = np.unique(key[:, 0] * size + key[:, 1], return_inverse=True, return_counts=True)
    return number.reshape(-1), count


def _boundary(faces: IntArray) -> IntArray:
    """(k, 2) directed edges that have one face only."""
    number, count = _edge_numbers(faces)
    return np.asarray(half_edges(faces)[count[number] == 1])


def without_fins(faces: IntArray) -> tuple[IntArray, int]:
    """Faces that hang on an edge of three or more and end open dropped, again and again; and how many."""
    start = len(faces)
    while len(faces):
        number, count = _edge_numbers(faces)
        crowd = count[number].reshape(-1, 3)
        fin = (crowd > 2).any(axis=1) & (crowd == 1).any(axis=1)
        if not fin.any():
            break
        faces = faces[~fin]
    return faces, start - len(faces)


def _pairs(vertices: FloatArray, faces: IntArray) -> IntArray:
    """(p, 2) half-edges that are glued to each other.

    Where more than two faces share an edge, neighbours in the order around it are paired so that sheets which only touch
    come apart; an odd one stays open.
    """
    number, count = _edge_numbers(faces)
    order = np.argsort(number, kind="stable")
    start = np.concatenate([[0], np.cumsum(count)])[:-1]
    two = start[count == 2]
    pairs = [np.stack([order[two], order[two + 1]], axis=1)]
    for edge in np.flatnonzero(count > 2):
        around = order[start[edge] : start[edge] + count[edge]]
        pairs.append(_paired_around(vertices, faces, around))
    return np.concatenate(pairs)


def _paired_around(vertices: FloatArray, faces: IntArray, around: IntArray) -> IntArray:
    """(k // 2, 2) of the (k,) half-edges ``around`` one edge: those between which the solid lies."""
    face, corner = np.divmod(around, 3)
    begin, end = faces[face, corner], faces[face, (corner + 1) % 3]
    forward = begin == begin[0]
    axis = vertices[end[0]] - vertices[begin[0]]
    axis = axis / max(float(np.linalg.norm(axis)), 1e-300)
    wing = vertices[faces[face, (corner + 2) % 3]] - vertices[begin[0]]
    wing = wing - np.outer(wing @ axis, axis)
    across = wing[0] / max(float(np.linalg.norm(wing[0])), 1e-300)
    angle = np.arctan2(wing @ np.cross(axis, across), wing @ across)
    ring = np.argsort(angle, kind="stable")
    # counter-clockwise about the axis, the outside lies ahead of a face that runs along it and the solid behind
    if forward[ring[0]] and not forward[ring[-1]]:
        ring = np.roll(ring, 1)
    usable = ring[: len(ring) // 2 * 2]
    return around[usable.reshape(-1, 2)]


def split_vertices(vertices: FloatArray, faces: IntArray) -> tuple[FloatArray, IntArray, int]:
    """A vertex of its own for every fan of faces, so that every edge has at most two faces; and how many were added."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if not len(faces):
        return vertices, faces, 0
    pairs = _pairs(vertices, faces)
    face, corner = np.divmod(pairs, 3)
    following = 3 * face + (corner + 1) % 3
    edges = half_edges(faces)
    along = edges[pairs[:, 0], 0] == edges[pairs[:, 1], 0]
    # a half-edge begins at the corner with its own number; glued half-edges share both end vertices
    ends = np.concatenate(
        [
            np.stack([pairs[:, 0], np.where(along, pairs[:, 1], following[:, 1])], axis=1),
            np.stack([following[:, 0], np.where(along, following[:, 1], pairs[:, 1])], axis=1),
        ]
    )
    size = 3 * len(faces)
    graph = coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(size, size))
    fan = connected_components(graph, directed=False)[1]
    _, first = np.unique(fan, return_index=True)
    before = len(np.unique(faces))
    return vertices[faces.reshape(-1)[first]], fan.reshape(-1, 3).astype(np.int64), len(first) - before


def component_labels(faces: IntArray) -> IntArray:
    """(m,) number of the connected piece that each face belongs to."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if not len(faces):
        return np.empty(0, dtype=np.int64)
    edges = half_edges(faces)
    size = int(faces.max()) + 1
    graph = coo_array((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(size, size))
    label = connected_components(graph, directed=False)[1][faces[:, 0]]
    return np.unique(label, return_inverse=True)[1].reshape(-1).astype(np.int64)


def oriented(vertices: FloatArray, faces: IntArray, source: str) -> tuple[IntArray, int]:
    """Faces turned so that neighbours run opposite ways along their common edge; and how many were turned.

    Raises
    ------
    InputError : a piece has one side only, like a Moebius strip
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    count = len(faces)
    pairs = _pairs(vertices, faces)
    edges = half_edges(faces)
    clash = edges[pairs[:, 0], 0] == edges[pairs[:, 1], 0]
    if not clash.any():
        return faces, 0
    # every face stands twice, as it is and turned; what agrees is linked
    one, other = pairs[:, 0] // 3, pairs[:, 1] // 3
    links = np.concatenate(
        [
            np.stack([one, np.where(clash, other + count, other)], axis=1),
            np.stack([one + count, np.where(clash, other, other + count)], axis=1),
        ]
    )
    graph = coo_array((np.ones(len(links)), (links[:, 0], links[:, 1])), shape=(2 * count, 2 * count))
    group = connected_components(graph, directed=False)[1]
    if np.any(group[:count] == group[count:]):
        raise InputError(f"{source}: the mesh has one side only (it closes on itself like a Moebius strip)")
    low = np.minimum(group[:count], group[count:])
    turned = group[:count] != low
    # within a piece turn the smaller part
    piece = np.unique(low, return_inverse=True)[1].reshape(-1)
    share = np.bincount(piece, turned) / np.bincount(piece)
    turned = turned ^ (share > 0.5)[piece]
    faces = faces.copy()
    faces[turned] = faces[turned][:, ::-1]
    return faces, int(turned.sum())
