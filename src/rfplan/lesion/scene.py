"""The problem as things in space: metal bodies, and which tissue is where."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rfplan.errors import InputError
from rfplan.geometry.arrays import FloatArray, IntArray
from rfplan.lesion.metal_body import MetalBody
from rfplan.lesion.placed_body import BonePlane, PlacedBody, bone_beside, needle_pose
from rfplan.lesion.problem import LesionProblem
from rfplan.lesion.sampled_bone import SampledBone
from rfplan.lesion.tissue import Tissue, cortical_thickness_mm, tissue

_Z = np.array([0.0, 0.0, 1.0])
_MM3_PER_ML = 1000.0
_BALL_NODES = 41
_ON_BONE_MM = 0.02


@dataclass(frozen=True, eq=False)
class Ball:
    """Fluid within ``radius_mm`` of ``centre_mm`` (3,)."""

    centre_mm: FloatArray
    radius_mm: float

    def distance_mm(self, points_mm: FloatArray) -> FloatArray:
        """(...,) signed distance of (..., 3) points; negative inside."""
        return np.asarray(np.linalg.norm(points_mm - self.centre_mm, axis=-1) - self.radius_mm)


@dataclass(frozen=True, eq=False)
class Scene:
    """``bodies`` of metal in ``tissues``; ``soft`` by tissue. Layers lie above ``floors_mm`` along ``layer_normal`` (3,).

    The tissues are those of the layers in order, then the fluid where there is one, then cortical and cancellous bone where there is bone.
    """

    bodies: tuple[PlacedBody, ...]
    tissues: tuple[Tissue, ...]
    soft: tuple[bool, ...]
    floors_mm: tuple[float, ...]
    layer_normal: FloatArray
    balls: tuple[Ball, ...] = ()
    bone: BonePlane | SampledBone | None = None
    sink_w_mm3k: float = 0.0

    def place(self, points_mm: FloatArray) -> tuple[IntArray, list[FloatArray]]:
        """(...,) number of the tissue at (..., 3) points, and signed distances (...,) whose zeros are the surfaces between tissues."""
        height = points_mm @ self.layer_normal
        index = np.clip(np.searchsorted(self.floors_mm, height, side="right") - 1, 0, None).astype(np.int64)
        surfaces = [height - floor for floor in self.floors_mm[1:]]
        count = len(self.floors_mm)
        if self.balls:
            inside = np.min([ball.distance_mm(points_mm) for ball in self.balls], axis=0)
            index[inside < 0.0] = count
            surfaces.append(inside)
            count += 1
        if self.bone is not None:
            above = self.bone.height_mm(points_mm)
            below = above + cortical_thickness_mm()
            index[above < 0.0] = count
            index[below < 0.0] = count + 1
            surfaces += [above, below]
        return index, surfaces


def uniform_scene(around: Tissue) -> Scene:
    """Nothing but one soft tissue."""
    return Scene((), (around,), (True,), (-np.inf,), _Z)


def scene_of(problem: LesionProblem) -> Scene:
    """The scene of ``problem``, in its frame."""
    around = problem.surroundings
    bodies = _bodies(problem)
    bone = _bone(problem)
    layers = around.layers or ()
    names = [layer.tissue for layer in layers] or ["muscle"]
    floors = [-np.inf, *(layer.from_mm for layer in layers[1:])]
    if layers and np.isfinite(layers[0].from_mm):
        # muscle below the lowest layer
        names, floors = ["muscle", *names], [-np.inf, *(layer.from_mm for layer in layers)]
    soft = [True] * len(names)
    balls: tuple[Ball, ...] = ()
    if around.depot is not None:
        names.append(around.depot.fluid)
        soft.append(True)
        needles = [body for body in bodies if body.sensed]
        balls = tuple(
            _ball(needle.tip_mm + around.depot.at_mm * needle.axis, around.depot.volume_ml, bone) for needle in needles
        )
    if bone is not None:
        names += ["cortical_bone", "cancellous_bone"]
        soft += [False, False]
    tissues = [tissue(name) for name in names]
    if not around.perfusion:
        tissues = [entry.bloodless() for entry in tissues]
    normal = bone.normal if isinstance(bone, BonePlane) else _Z
    return Scene(
        bodies, tuple(tissues), tuple(soft), tuple(floors), np.asarray(normal), balls, bone, problem.sink_w_mm3k
    )


def _bodies(problem: LesionProblem) -> tuple[PlacedBody, ...]:
    if problem.pair is None:
        return _with_tines(problem, PlacedBody(problem.body, np.zeros(3), _Z))
    return tuple(
        body
        for tip, axis, volts in zip(problem.pair.tips_mm, problem.pair.axes, (-0.5, 0.5), strict=True)
        for body in _with_tines(problem, PlacedBody(problem.body, tip, axis, volts))
    )


def _with_tines(problem: LesionProblem, needle: PlacedBody) -> tuple[PlacedBody, ...]:
    pose = needle_pose(needle.tip_mm, needle.axis)
    tines = []
    for tine in problem.tines:
        radius = 0.5 * tine.diameter_mm
        rod = MetalBody(radius, ((0.0, tine.length_mm + radius),), end_mm=tine.length_mm)
        tip, axis = pose.points(tine.tip_mm), pose.vectors(tine.towards_root)
        tines.append(PlacedBody(rod, tip, axis, needle.volts, sensed=False, cooled=False))
    return (needle, *tines)


def _bone(problem: LesionProblem) -> BonePlane | SampledBone | None:
    around, gap_mm = problem.surroundings, problem.gap_mm
    if around.bone is not None:
        return around.bone
    if gap_mm is None:
        return None
    if problem.pair is None:
        return bone_beside(problem.body, gap_mm, around.bone_angle_deg)
    angle = np.deg2rad(around.bone_angle_deg)
    normal = np.array([0.0, np.cos(angle), np.sin(angle)])
    normal[np.abs(normal) < 1e-12] = 0.0
    # the gap is that of the nearer of the two round ends and shafts
    radius = problem.body.radius_mm
    ends = [problem.pair.tips_mm + t * problem.pair.axes for t in (radius, problem.active_mm[-1][1])]
    lowest = float((np.concatenate(ends) @ normal).min())
    return BonePlane(normal, lowest - radius - gap_mm)


def _ball(centre_mm: FloatArray, volume_ml: float, bone: BonePlane | SampledBone | None) -> Ball:
    """The ball whose part outside the bone has the volume."""
    radius = float(np.cbrt(0.75 / np.pi * volume_ml * _MM3_PER_ML))
    if bone is None:
        return Ball(centre_mm, radius)
    if bone.height_mm(centre_mm) < -_ON_BONE_MM:
        raise InputError("--depot-at-mm is in the bone; fluid can only be injected in front of it")
    line = np.linspace(-1.0, 1.0, _BALL_NODES)
    nodes = np.stack(np.meshgrid(line, line, line, indexing="ij"), axis=-1).reshape(-1, 3)
    nodes = nodes[np.linalg.norm(nodes, axis=1) <= 1.0]
    low, high = radius, 3.0 * radius
    for _ in range(40):
        middle = 0.5 * (low + high)
        part = float((bone.height_mm(centre_mm + middle * nodes) >= 0.0).mean())
        if part * middle**3 < radius**3:
            low = middle
        else:
            high = middle
    return Ball(centre_mm, 0.5 * (low + high))
