"""Faces with two tissues: which part is which, and what they conduct as the surface between them lies."""

import dataclasses
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rfplan.lesion.cut_faces import cut_faces, part_below
from rfplan.lesion.leaf_graph import LeafGraph
from rfplan.lesion.octree import faces_of, octree
from rfplan.lesion.scene import Scene

sys.path.insert(0, str(Path(__file__).parent))
from octree_scenes import CONSTANT

POOR = dataclasses.replace(CONSTANT, conductivity_s_m=0.05)
ways = st.tuples(*[st.floats(-1.0, 1.0)] * 3).filter(lambda way: np.linalg.norm(way) > 0.1)


def layered(normal, floor_mm):
    """Poor above a plane, good below it, on a grid of cubes of 0.5 mm."""
    way = np.asarray(normal, dtype=float) / np.linalg.norm(normal)
    scene = Scene((), (CONSTANT, POOR), (True, True), (-np.inf, floor_mm), way)
    tree = octree(np.zeros(3), 3.0, 0.5, 1.0, lambda points, size: np.full(len(points), 0.5))
    everywhere = np.ones(tree.leaves, dtype=bool)
    graph = LeafGraph(tree, faces_of(tree), ~everywhere, [])
    cut = cut_faces(scene, graph, tree.centres_mm, scene.place(tree.centres_mm)[1], everywhere)
    return tree, graph, cut, way


def conducted(graph, cut, first=1.0, second=0.1):
    g = graph.gap_mm.copy()
    coupling = cut.put(g, np.full(len(cut.face), first), np.full(len(cut.face), second))
    return g, coupling


@settings(max_examples=60, deadline=None)
@given(ways, st.floats(-1.0, 1.0))
def test_part_of_a_cube_below_a_plane(way, height):
    normal = np.array(way) / np.linalg.norm(way)
    line = (np.arange(40) + 0.5) / 40 - 0.5
    samples = np.stack(np.meshgrid(line, line, line, indexing="ij"), axis=-1)
    exact = float((samples @ normal < height).mean())
    assert part_below(normal[None], np.array([height]))[0] == pytest.approx(exact, abs=0.02)


@pytest.mark.parametrize("at", [0.1, 0.25, 0.4])
def test_along_a_level_surface_side_by_side_and_across_it_in_series(at):
    # centres lie at 0.25 mm, so that the cube between the centres at -0.25 and 0.25 is cut at ``at``
    tree, graph, cut, _ = layered([0.0, 0.0, 1.0], at - 0.25)
    g, coupling = conducted(graph, cut, first=0.1, second=1.0)
    z = tree.centres_mm[graph.low[cut.face], 2]
    across, along = graph.axis[cut.face] == 2, graph.axis[cut.face] != 2
    below = at / 0.5
    mine = across & (np.abs(z + 0.25) < 1e-6)
    assert mine.sum() == (2 * 6) ** 2
    assert g[cut.face[mine]] == pytest.approx(0.5 / (below / 1.0 + (1.0 - below) / 0.1), rel=1e-3)
    beside = along & (np.abs(z + 0.25) < 1e-6)
    # that cube reaches from -0.5 to 0: all of it but what lies above the surface
    part = min((at - 0.25 + 0.5) / 0.5, 1.0)
    if 0.0 < part < 1.0:
        assert g[cut.face[beside]] == pytest.approx(0.5 * (part * 1.0 + (1.0 - part) * 0.1), rel=1e-3)
    # nothing is driven across by a field along
    flux = coupling * (cut.aslant @ (tree.centres_mm @ [1.0, 2.0, 0.0]))
    assert flux == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("way", [(1, 1, 0), (1, 1, 1), (0.3, 0.5, 0.8), (0.1, 0.2, 0.9)])
def test_the_field_along_a_slanted_surface_drives_the_flux_that_is_missing(way):
    # piecewise straight: of slope ``along`` in the plane, and across it as steep as the tissue conducts badly
    off = []
    for floor in (0.05, 0.13, 0.21):
        tree, graph, cut, normal = layered(way, floor)
        along = np.cross(normal, [0.3, -0.5, 0.8])
        height = tree.centres_mm @ normal - floor
        good, poor = 1.0, 0.25
        u = tree.centres_mm @ along + np.where(height > 0.0, height / poor, height / good)
        g, coupling = conducted(graph, cut, first=poor, second=good)
        flux = g[cut.face] * (u[graph.low[cut.face]] - u[graph.high[cut.face]])
        more = -coupling * (cut.aslant @ u)
        # the flux is 1 across the layers, and along them what the tissues in the cube conduct
        axis = graph.axis[cut.face]
        exact = -(normal[axis] + ((1.0 - cut.part) * poor + cut.part * good) * along[axis]) * cut.edge_mm**2
        inner = np.abs(tree.centres_mm[graph.low[cut.face]]).max(axis=1) < 2.0
        size = np.sqrt(np.mean(exact[inner] ** 2))
        off.append([np.mean((found - exact)[inner]) / size for found in (flux, flux + more)])
    plain, corrected = np.abs(np.mean(off, axis=0))
    assert corrected < 0.045
    assert corrected < 0.5 * plain


def test_one_tissue_has_no_cut_faces():
    tree, graph, _, _ = layered([0.0, 0.0, 1.0], 0.1)
    alike = Scene((), (CONSTANT, POOR), (True, True), (-np.inf, 50.0), np.array([0.0, 0.0, 1.0]))
    everywhere = np.ones(tree.leaves, dtype=bool)
    cut = cut_faces(alike, graph, tree.centres_mm, alike.place(tree.centres_mm)[1], everywhere)
    assert len(cut.face) == 0
    assert (cut.aslant @ np.ones(tree.leaves)).shape == (0,)
