"""Scenes of spheres and octrees for them, for closed forms of the solver on an octree."""

from __future__ import annotations

import dataclasses

import numpy as np

from rfplan.lesion.metal_body import MetalBody
from rfplan.lesion.octree import Octree, octree
from rfplan.lesion.placed_body import BonePlane, PlacedBody
from rfplan.lesion.scene import Ball, Scene
from rfplan.lesion.tissue import Tissue, tissue

MUSCLE = tissue("muscle")
# the check values of the closed forms hold for this conductivity, S/m
CONSTANT = dataclasses.replace(MUSCLE.bloodless(), conductivity_s_m=0.446, conductivity_slope_k=0.0)
_Z = np.array([0.0, 0.0, 1.0])


def ball(centre_mm, radius_mm=1.0, volts=1.0) -> PlacedBody:
    body = MetalBody(radius_mm, ((0.0, 2.0 * radius_mm),), end_mm=radius_mm)
    return PlacedBody(body, np.asarray(centre_mm, dtype=float) - radius_mm * _Z, _Z, volts)


def scene(
    bodies: list[PlacedBody],
    tissues: tuple[Tissue, ...] = (CONSTANT,),
    bone: BonePlane | None = None,
    fluid: tuple[Ball, ...] = (),
) -> Scene:
    soft = tuple(n == 0 for n in range(len(tissues)))
    return Scene(tuple(bodies), tissues, soft, (-np.inf,), _Z, fluid, bone)


def tree_for(world: Scene, half_mm: float, across_radius: float, slope: float, largest_mm: float = np.inf) -> Octree:
    """Leaves that grow by ``slope`` of their distance from the metal, out to a boundary however far away."""
    smallest = min(body.body.radius_mm for body in world.bodies) / across_radius
    largest = smallest * 2.0 ** np.floor(np.log2(min(half_mm, largest_mm) / smallest))

    def wanted(points, size):
        away = np.min([body.distance_mm(points) for body in world.bodies], axis=0) - 0.5 * size
        return smallest + slope * np.maximum(away, 0.0)

    centre = np.mean([body.thermocouple_mm for body in world.bodies], axis=0)
    return octree(centre, half_mm, smallest, largest, wanted)


def half_edge_mm(tree: Octree) -> float:
    return 0.5 * tree.roots * tree.root_mm


def directions(count: int = 100) -> np.ndarray:
    found = np.random.default_rng(3).normal(size=(count, 3))
    return found / np.linalg.norm(found, axis=1)[:, None]
