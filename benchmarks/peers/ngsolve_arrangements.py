"""Arrangements without the symmetries of the older grids, with finite elements of second order (NGSolve), an independent code.

    pip install 'rfplan[verification]'
    python benchmarks/peers/ngsolve_arrangements.py splayed 0.3 0.45   # one arrangement, on two sizes of mesh
    python benchmarks/peers/ngsolve_arrangements.py splayed ours       # the same with rfplan, at fast and standard

The meshes follow every surface: metal, bone, layers and fluid. Steps in time are of second order and shorter than rfplan's. Sizes are
found by sampling, by code of its own. The walls are at 0 V, 70 mm away: against isolated ones that changes a pair's impedance by
0.05 %, and against rfplan's own distance of the walls one needle's by up to 1 %, but no size, as temperature is controlled.
Units: mm, W, K, V, S, as in the solver, so that conductivities are per mm. One thread.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import netgen.meshing as meshing
import numpy as np
from netgen.occ import Axes, Box, Cylinder, Dir, Glue, OCCGeometry, Pnt, Sphere, WorkPlane
from ngsolve import (
    H1,
    TET,
    VOL,
    BilinearForm,
    BitArray,
    CGSolver,
    Det,
    GridFunction,
    InnerProduct,
    IntegrationRule,
    LinearForm,
    Mesh,
    SetNumThreads,
    dx,
    grad,
    specialcf,
)
from ngsolve_lesion import CANCELLOUS, CORTICAL, MUSCLE, SLOPE, STEEL_CAPACITY, STEEL_HEAT, steps
from scipy.optimize import brentq
from scipy.spatial import ConvexHull
from scipy.spatial.distance import pdist

FAT = (0.0437e-3, 0.2115e-3, 911 * 2348.3e-9, 1886e-9)
SALINE = (1.85e-3, 0.6045e-3, 994.04 * 4178e-9, 0.0)
TISSUES = {"muscle": MUSCLE, "fat": FAT, "saline": SALINE, "cortical": CORTICAL, "cancellous": CANCELLOUS}
SLOPES = {"muscle": SLOPE, "fat": SLOPE, "saline": 0.02, "cortical": 0.0, "cancellous": 0.0}
CORTEX_MM = 1.5
HALF_MM = 70.0
CENTRE = np.array([0.0, 0.0, 5.0])
START_C, RAMP_S = 37.0, 15.0
ISOTHERMS = (45.0, 50.0, 55.0, 60.0)
SAMPLE_MM = 0.25


@dataclass(frozen=True)
class Rod:
    """A round bar with a hemisphere at ``tip`` (3,), towards the hub along ``axis`` (3,): active up to ``active_mm``.

    With ``shaft`` it goes on, insulated, to the boundary.
    """

    tip: np.ndarray
    axis: np.ndarray
    radius_mm: float
    active_mm: float
    shaft: bool = True

    def at(self, along: float) -> np.ndarray:
        return self.tip + along * self.axis


@dataclass(frozen=True)
class Arrangement:
    """``electrodes``: rods at one potential each, the first rod of each with the thermocouple. Current flows between two, or away.

    ``mirrors`` are the planes x = 0 or y = 0 of which only the positive side is meshed; in x = 0 a pair changes sign. Bone lies below
    the plane (normal, offset), fat above ``fat_from`` along the normal, saline in ``ball_ml`` round the first tip.
    """

    electrodes: tuple[tuple[Rod, ...], ...]
    set_c: float
    time_s: float
    mirrors: str
    ours: Callable[[], dict[str, Any]]
    bone: tuple[np.ndarray, float] | None = None
    fat_from: float | None = None
    ball_ml: float = 0.0
    rays: dict[str, np.ndarray] = field(default_factory=dict)

    @property
    def meshed(self) -> tuple[tuple[Rod, ...], ...]:
        """Without the electrode behind the mirror x = 0."""
        return self.electrodes[-1:] if "x" in self.mirrors else self.electrodes

    @property
    def volts(self) -> tuple[float, ...]:
        return (1.0,) if len(self.electrodes) == 1 else (0.5,) if "x" in self.mirrors else (-0.5, 0.5)

    @property
    def ball_mm(self) -> float:
        """Radius of the fluid that has the volume outside the bone, from that of a ball without its cap."""
        high = 1e9 if self.bone is None else float(self.bone[0] @ self.electrodes[0][0].tip) - self.bone[1]

        def volume(r: float) -> float:
            cap = max(r - high, 0.0)
            return 4.0 / 3.0 * np.pi * r**3 - np.pi * cap**2 * (r - cap / 3.0)

        return float(brentq(lambda r: volume(r) - 1000.0 * self.ball_ml, 0.1, 30.0))


def needle(tip: Sequence[float], axis: Sequence[float], radius_mm: float, active_mm: float) -> Rod:
    way = np.asarray(axis, dtype=float)
    return Rod(np.asarray(tip, dtype=float), way / np.linalg.norm(way), radius_mm, active_mm)


def pair(spacing: float, offset: float, splay: float, twist: float) -> tuple[tuple[Rod, ...], ...]:
    """Two 20 gauge needles with 10 mm tips, by what the pose means: tips apart across z and along it, axes parted by the angles."""
    lean = np.tan(np.deg2rad([0.5 * splay, 0.5 * twist]))
    half = 0.5 * np.array([spacing, 0.0, offset])
    return tuple((needle(s * half, [s * lean[0], s * lean[1], 1.0], 0.454, 10.0),) for s in (-1.0, 1.0))


def tined() -> tuple[Rod, ...]:
    """17 gauge, 5 mm tip, three tines of 0.4 mm that reach 3 mm out of the round end at 40 degrees."""
    a, rods = 0.7365, [needle([0, 0, 0], [0, 0, 1], 0.7365, 5.0)]
    for turn in np.deg2rad([0.0, 120.0, 240.0]):
        out, ahead = np.sin(np.deg2rad(40.0)), np.cos(np.deg2rad(40.0))
        way = np.array([out * np.cos(turn), out * np.sin(turn), -ahead])
        rods.append(Rod(np.array([0, 0, a]) + (a + 3.0) * way, -way, 0.2, a + 3.0, shaft=False))
    return tuple(rods)


def _ours(electrode: str, set_c: float, time_s: float, pose: tuple[float, ...] = (), **around: Any) -> dict[str, Any]:
    import rfplan
    from rfplan.lesion.pair_pose import PairPose
    from rfplan.lesion.surroundings import Depot, TissueLayer

    if "fat" in around:
        around["layers"] = (TissueLayer("muscle", -100.0), TissueLayer("fat", around.pop("fat")))
    if "saline_ml" in around:
        around["depot"] = Depot("saline", around.pop("saline_ml"))
    return {
        "electrode": rfplan.electrode(electrode),
        "protocol": rfplan.Protocol(set_c, time_s),
        "surroundings": rfplan.Surroundings(**around),
        "pair": PairPose(*pose) if pose else None,
    }


TILT = np.deg2rad(30.0)
TILTED = (np.array([np.cos(TILT), 0.0, np.sin(TILT)]), 0.635 * np.sin(TILT) - 0.635 - 0.5)
AWAY = {"away": np.array([1.0, 0.0, 0.0]), "lateral": np.array([0.0, 1.0, 0.0])}
TILTED_NEEDLE = Arrangement(
    ((needle([0, 0, 0], [0, 0, 1], 0.635, 10.0),),), 80.0, 90.0, "y", dict, TILTED, rays=AWAY
)  # fmt: skip
P20, N18, P, N = "conventional-20g-10mm", "conventional-18g-10mm", (90.0, 180.0), (80.0, 90.0)
ARRANGEMENTS = {
    "splayed": Arrangement(pair(8, 3, 15, 0), *P, "y", lambda: _ours(P20, *P, (8, 3, 15, 0))),
    "twisted": Arrangement(pair(8, 3, 15, 10), *P, "", lambda: _ours(P20, *P, (8, 3, 15, 10))),
    "upright": Arrangement(
        pair(10, 0, 0, 0), *P, "xy", lambda: _ours(P20, *P, (10,), bone_gap_mm=0.5, bone_angle_deg=90.0),
        (np.array([0.0, 0.0, 1.0]), -0.5),
    ),
    "lying": Arrangement(
        pair(10, 0, 0, 0), *P, "x", lambda: _ours(P20, *P, (10,), bone_gap_mm=0.5, bone_angle_deg=0.0),
        (np.array([0.0, 1.0, 0.0]), -0.954),
    ),
    "tined": Arrangement((tined(),), 80.0, 120.0, "y", lambda: _ours("tined-17g", 80.0, 120.0)),
    "depot": replace(
        TILTED_NEEDLE, ball_ml=0.5,
        ours=lambda: _ours(N18, *N, bone_gap_mm=0.5, bone_angle_deg=30.0, saline_ml=0.5),
    ),
    "fat": replace(
        TILTED_NEEDLE, fat_from=4.0, ours=lambda: _ours(N18, *N, bone_gap_mm=0.5, bone_angle_deg=30.0, fat=4.0)
    ),
}  # fmt: skip


def _above(normal: np.ndarray, offset: float, top: float = 400.0) -> Any:
    """The room from a plane up to ``top`` above it."""
    x, y, z = normal
    way = Dir(x, y, z)
    across = Dir(0, 1, 0) if abs(y) < 0.9 else Dir(1, 0, 0)
    base = normal * offset
    axes = Axes(Pnt(*base), way, across)
    return WorkPlane(axes).RectangleC(800, 800).Face().Extrude(top)


def _cylinder(rod: Rod, low: float, high: float) -> Any:
    from_here = rod.at(low)
    return Cylinder(Pnt(*from_here), Dir(*rod.axis), r=rod.radius_mm, h=high - low)


def mesh_of(case: Arrangement, size_mm: float) -> Mesh:
    """Elements of ``size_mm`` on the metal, larger farther away; solids are called by tissue, ``active0``, ``active1`` and ``shaft``."""
    low, high = CENTRE - HALF_MM, CENTRE + HALF_MM
    low[0], low[1] = (0.0 if "x" in case.mirrors else low[0]), (0.0 if "y" in case.mirrors else low[1])
    room = Box(Pnt(*low), Pnt(*high))
    # coarser elements on the metal's curves, or fewer rounds of smoothing, leave elements that curving folds
    metal, wishes = [], meshing.MeshingParameters(maxh=14.0, grading=0.5, curvaturesafety=1.6, optsteps3d=5)
    for number, rods in enumerate(case.meshed):
        active = None
        for rod in rods:
            a = rod.radius_mm
            part = _cylinder(rod, a, rod.active_mm) + Sphere(Pnt(*rod.at(a)), a)
            active = part if active is None else active + part
            _refine(wishes, rod, size_mm, low)
        active = active * room
        active.mat(f"active{number}")
        active.maxh = size_mm
        shaft = _cylinder(rods[0], rods[0].active_mm, 200.0) * room
        shaft.mat("shaft")
        metal += [active, shaft]
    tissue = room
    for piece in metal:
        tissue = tissue - piece
    pieces = {"muscle": tissue}
    if case.bone is not None:
        normal, offset = case.bone
        soft, cortex = _above(normal, offset), _above(normal, offset - CORTEX_MM)
        pieces = {"muscle": tissue * soft, "cortical": (tissue * cortex) - soft, "cancellous": tissue - cortex}
        for spot in np.stack(np.meshgrid(*[np.arange(-9.0, 9.1, 0.6)] * 2), axis=-1).reshape(-1, 2):
            # the bone near the needles
            across = np.cross(normal, [0.0, 1.0, 0.0] if abs(normal[1]) < 0.9 else [1.0, 0.0, 0.0])
            across /= np.linalg.norm(across)
            beside = np.cross(across, normal)
            middle = np.mean([rods[0].at(4.0) for rods in case.electrodes], axis=0)
            foot = middle - (middle @ normal - offset) * normal + spot[0] * across + spot[1] * beside
            near = min(_from_rod(foot, rod) for rods in case.electrodes for rod in rods)
            _wish(wishes, foot, max(1.6 * size_mm, 0.5 * near), low)
    if case.fat_from is not None:
        fat = _above(case.bone[0], case.fat_from)
        pieces["fat"], pieces["muscle"] = pieces["muscle"] * fat, pieces["muscle"] - fat
    if case.ball_ml:
        ball = Sphere(Pnt(*case.electrodes[0][0].tip), case.ball_mm)
        pieces["saline"], pieces["muscle"] = pieces["muscle"] * ball, pieces["muscle"] - ball
        pieces["saline"].maxh = 4.0 * size_mm
    for name, piece in pieces.items():
        piece.mat(name)
    mesh = Mesh(OCCGeometry(Glue([*pieces.values(), *metal])).GenerateMesh(wishes))
    mesh.Curve(2)
    folded = _folded(mesh)
    if folded:
        raise RuntimeError(f"{folded} elements of the mesh of {size_mm:g} mm are folded: choose another size")
    return mesh


def _folded(mesh: Mesh) -> int:
    """How many elements curving turned inside out. The gradient is singular in them: one at a tip once made a hundredth of all heat."""
    points = mesh.MapToAllElements(IntegrationRule(TET, 12), VOL)
    determinants = np.asarray(Det(specialcf.JacobianMatrix(3))(points)).reshape(mesh.ne, -1)
    return int((determinants.min(axis=1) <= 0.0).sum())


def _wish(wishes: Any, place: np.ndarray, h: float, low: np.ndarray) -> None:
    if (place >= low - 1e-9).all():
        wishes.RestrictH(x=float(place[0]), y=float(place[1]), z=float(place[2]), h=float(h))


def _refine(wishes: Any, rod: Rod, size_mm: float, low: np.ndarray) -> None:
    a = rod.radius_mm
    fine = min(size_mm, 1.1 * a)
    across = np.cross(rod.axis, [0.0, 1.0, 0.0])
    across /= np.linalg.norm(across)
    beside = np.cross(rod.axis, across)
    for angle in np.linspace(0.0, 2.0 * np.pi, 13)[:-1]:
        way = np.cos(angle) * across + np.sin(angle) * beside
        for along in np.arange(-1.0, rod.active_mm + (3.0 if rod.shaft else 0.0), 0.5):
            for away, coarser in ((0.3, 1.0), (1.0, 1.8), (2.5, 3.0)):
                _wish(wishes, rod.at(along) + (a + away) * way, fine * coarser, low)
        if rod.shaft:
            _wish(wishes, rod.at(rod.active_mm) + a * way, 0.35 * size_mm, low)


def _from_rod(place: np.ndarray, rod: Rod) -> float:
    along = np.clip((place - rod.tip) @ rod.axis, rod.radius_mm, rod.active_mm)
    return max(float(np.linalg.norm(place - rod.at(along))) - rod.radius_mm, 0.0)


def solve(case: Arrangement, size_mm: float, first_s: float = 0.375, longest_s: float = 3.0) -> dict[str, float]:
    """Sizes, impedance, temperatures and seconds."""
    began = time.perf_counter()
    mesh = mesh_of(case, size_mm)
    space = H1(mesh, order=2)
    free_v, free_t, metal = _free(case, mesh, space)
    tissues = {name: row for name, row in TISSUES.items() if name in mesh.GetMaterials()}
    steel = {name: (0.0, STEEL_HEAT, STEEL_CAPACITY, 0.0) for name in mesh.GetMaterials() if name not in TISSUES}
    table = tissues | steel
    heat_k, heat_c, blood = (mesh.MaterialCF({name: row[n] for name, row in table.items()}) for n in (1, 2, 3))
    warm, before, ahead, free, unit, phi = (GridFunction(space) for _ in range(6))
    sigma = mesh.MaterialCF(
        {
            name: row[0] * (1.0 + SLOPES.get(name, 0.0) * (ahead + START_C - 37.0)) if name in tissues else 0.0
            for name, row in table.items()
        }
    )
    u, v = space.TnT()
    mass = BilinearForm(heat_c * u * v * dx).Assemble()
    stiff = BilinearForm((heat_k * grad(u) * grad(v) + blood * u * v) * dx).Assemble()
    for number, volts in enumerate(case.volts):
        for vertex in range(mesh.nv):
            # of the hierarchical basis only the functions of the vertices carry a constant
            if metal[number][vertex]:
                phi.vec[vertex] = volts
    couples = [mesh(*(rods[0].at(rods[0].radius_mm) + [0.0, 1e-9, 0.0])) for rods in case.meshed]
    whole = 2.0 ** len(case.mirrors)
    matrix = mass.mat.CreateMatrix()

    def heat_matrix(rate: float) -> Any:
        matrix.AsVector().data = rate * mass.mat.AsVector() + stiff.mat.AsVector()
        return matrix

    electric = None
    thermal = heat_matrix(1.5 / 1.5).Inverse(free_t, "sparsecholesky")
    last, now, conductance, squared = 0.0, 0.0, 1.0, 0.0
    lengths = [(n == 0, step) for n, step in enumerate(steps(RAMP_S, first_s, 0.5 * longest_s))]
    lengths += [(n == 0, step) for n, step in enumerate(steps(case.time_s - RAMP_S, first_s, longest_s))]
    for anew, step in lengths:
        now += step
        ahead.vec.data = warm.vec + (step / last if last else 0.0) * (warm.vec - before.vec)
        form = BilinearForm(sigma * grad(u) * grad(v) * dx, check_unused=False).Assemble()
        electric = electric or form.mat.Inverse(free_v, "sparsecholesky")
        residual = (-form.mat * phi.vec).Evaluate()
        phi.vec.data += CGSolver(mat=form.mat, pre=electric, tol=1e-5, maxiter=100) * residual
        joule = LinearForm(sigma * grad(phi) * grad(phi) * v * dx).Assemble()
        conductance = whole * InnerProduct(phi.vec, (form.mat * phi.vec).Evaluate())
        # backward differences of second order; of first order where the generator has just changed its ways
        ratio = 0.0 if anew else step / last
        rate, one, two = (1 + 2 * ratio) / (1 + ratio), 1 + ratio, ratio**2 / (1 + ratio)
        heat = heat_matrix(rate / step)
        history = (mass.mat * ((one / step) * warm.vec - (two / step) * before.vec).Evaluate()).Evaluate()
        free.vec.data = ahead.vec - squared * unit.vec
        for answer, right in ((free, history), (unit, joule.vec)):
            off = (right - heat * answer.vec).Evaluate()
            answer.vec.data += CGSolver(mat=heat, pre=thermal, tol=1e-6, maxiter=100) * off
        target = (case.set_c - START_C) * min(1.0, now / RAMP_S)
        squared = max(0.0, min((target - free(couple)) / unit(couple) for couple in couples))
        before.vec.data = warm.vec
        warm.vec.data = free.vec + squared * unit.vec
        last = step
    answer = {
        "unknowns": 2.0 * space.ndof,
        "impedance": 1.0 / conductance,
        "power": squared * conductance,
        "couple": max(warm(couple) for couple in couples) + START_C,
    }
    answer |= measured(case, mesh, warm)
    answer["seconds"] = time.perf_counter() - began
    return answer


def _free(case: Arrangement, mesh: Mesh, space: Any) -> tuple[BitArray, BitArray, list[BitArray]]:
    """Unknowns of the potential, of the temperature, and those inside every electrode."""
    metal = [BitArray(space.ndof) for _ in case.meshed]
    outer, middle, in_tissue = (BitArray(space.ndof) for _ in range(3))
    for bits in (outer, middle, in_tissue, *metal):
        bits.Clear()
    for face in mesh.Boundaries(".*").Elements():
        corners = np.array([mesh[vertex].point for vertex in face.vertices])
        away = corners - CENTRE
        on_wall = any((np.abs(s * away[:, x] - HALF_MM) < 1e-5).all() for x in range(3) for s in (-1.0, 1.0))
        for dof in space.GetDofNrs(face) if on_wall else ():
            outer.Set(dof)
        for dof in space.GetDofNrs(face) if "x" in case.mirrors and (np.abs(corners[:, 0]) < 1e-7).all() else ():
            middle.Set(dof)
    for element in mesh.Materials(".*").Elements():
        name = element.mat
        bits = in_tissue if name in TISSUES else metal[int(name[-1])] if name.startswith("active") else None
        for dof in space.GetDofNrs(element) if bits is not None else ():
            bits.Set(dof)
    free_v = in_tissue & ~outer & ~middle
    for bits in metal:
        free_v &= ~bits
    return free_v, ~outer, metal


def measured(case: Arrangement, mesh: Mesh, warm: GridFunction) -> dict[str, float]:
    """Sizes by the definitions of the documentation, from samples; temperatures between the needles of a pair; radii beside bone."""

    def rise(points: np.ndarray) -> np.ndarray:
        at = points.reshape(-1, 3).copy()
        for axis, name in enumerate("xy"):
            if name in case.mirrors:
                at[:, axis] = np.maximum(np.abs(at[:, axis]), 1e-9)
        return np.asarray(warm(mesh(*at.T))).reshape(points.shape[:-1]) + START_C

    def height(points: np.ndarray) -> np.ndarray:
        return np.full(points.shape[:-1], np.inf) if case.bone is None else points @ case.bone[0] - case.bone[1]

    reach = np.array([18.0, 14.0, 0.0])
    lows, highs = -reach + [0.0, 0.0, -12.0], reach + [0.0, 0.0, 20.0]
    for axis, name in enumerate("xy"):
        if name in case.mirrors:
            lows[axis] = 0.0
    grid = np.stack(np.meshgrid(*[np.arange(a, b, SAMPLE_MM) for a, b in zip(lows, highs, strict=True)], indexing="ij"), -1)  # fmt: skip
    # roughly where it is warm, to look up no more points than needed
    rough = grid[::6, ::6, ::6]
    hot = rough[(rise(rough) > 43.0) & (height(rough) > -2.0)]
    box = ((grid >= hot.min(axis=0) - 1.6) & (grid <= hot.max(axis=0) + 1.6)).all(axis=-1)
    shape = [len(np.unique(grid[box][:, axis])) for axis in range(3)]
    points = grid[box].reshape(*shape, 3)
    values, bone = rise(points), height(points)
    sheet = None if case.bone is None else _sheet(*case.bone, np.unique(points[..., 2].round(9)))
    on_sheet = None if sheet is None else rise(sheet)
    tip = min(float(rods[0].tip[2]) for rods in case.electrodes)
    found: dict[str, float] = {}
    for isotherm in ISOTHERMS:
        excess = np.minimum(values - isotherm, 5.0 * bone)
        edges = [_edge(points, excess, axis) for axis in range(3)]
        if sheet is not None:
            # where the isotherm meets the bone the region has a sharp edge, which the lines of the samples miss
            edges += [_edge(sheet, on_sheet - isotherm, axis) for axis in range(2)]
        edge = np.concatenate(edges)
        widest = 0.0
        for z in np.unique(points[0, 0, :, 2]):
            ring = edge[np.abs(edge[:, 2] - z) < 1e-6][:, :2]
            for axis, name in enumerate("xy"):
                if name in case.mirrors:
                    ring = np.concatenate([ring, ring * np.where(np.arange(2) == axis, -1.0, 1.0)])
            if len(ring) >= 3 and np.ptp(ring, axis=0).min() > 0.05:
                widest = max(widest, float(pdist(ring[ConvexHull(ring).vertices]).max()))
        found[f"width {isotherm:g}"], found[f"length {isotherm:g}"] = widest, float(np.ptp(edge[:, 2]))
        found[f"beyond {isotherm:g}"] = tip - float(edge[:, 2].min())
        for name, way in case.rays.items():
            s = np.arange(case.electrodes[0][0].radius_mm + 0.1, 16.0, 0.02)
            line = rise(np.array([0.0, 0.0, 5.0]) + s[:, None] * way) - isotherm
            n = int(np.flatnonzero(line < 0.0)[0])
            found[f"{name} {isotherm:g}"] = float(s[n - 1] + 0.02 * line[n - 1] / (line[n - 1] - line[n]))
    if len(case.electrodes) == 2:
        middle = np.mean([rods[0].at(0.5 * rods[0].active_mm) for rods in case.electrodes], axis=0)
        line = middle + np.linspace(-15.0, 15.0, 601)[:, None] * np.array([0.0, 0.0, 1.0])
        found["midpoint"], found["midline"] = float(rise(middle[None])[0]), float(rise(line).max())
    return found


def _sheet(normal: np.ndarray, offset: float, slices: np.ndarray) -> np.ndarray:
    """(t, s, 3) samples of a plane, those of one t at one z where the plane is not level."""
    level = np.cross([0.0, 0.0, 1.0], normal) if abs(normal[2]) < 0.99 else np.array([1.0, 0.0, 0.0])
    level = level / np.linalg.norm(level)
    rising = np.cross(normal, level)
    foot = normal * (offset - normal @ CENTRE) + CENTRE
    s = np.arange(-18.0, 18.0, 0.1)
    t = (slices - foot[2]) / rising[2] if abs(rising[2]) > 0.1 else s
    return foot + t[:, None, None] * rising + s[None, :, None] * level


def _edge(points: np.ndarray, excess: np.ndarray, axis: int) -> np.ndarray:
    """(n, 3) where the excess changes its sign on the lines of the samples along an axis."""
    p, e = np.moveaxis(points, axis, 0), np.moveaxis(excess, axis, 0)
    a, b = e[:-1], e[1:]
    change = (a >= 0.0) != (b >= 0.0)
    part = (a[change] / (a[change] - b[change]))[:, None]
    return p[:-1][change] + part * (p[1:][change] - p[:-1][change])


def ours(case: Arrangement, accuracy: str) -> dict[str, float]:
    """The same with rfplan, without its store."""
    from rfplan.lesion.solve import solve_lesion

    began = time.perf_counter()
    lesion = solve_lesion(**case.ours(), accuracy=accuracy, stored=False)
    seconds = time.perf_counter() - began
    answer = {
        "unknowns": 2.0 * float(np.prod(lesion.shape)),
        "impedance": float(lesion.history.impedance_ohm[-1]),
        "power": float(lesion.history.power_w[-1]),
        "couple": lesion.thermocouple_c,
    }
    for isotherm in ISOTHERMS:
        size = lesion.size(isotherm)
        answer[f"width {isotherm:g}"], answer[f"length {isotherm:g}"] = size.width_mm, size.length_mm
        answer[f"beyond {isotherm:g}"] = size.beyond_tip_mm
        for name in case.rays:
            answer[f"{name} {isotherm:g}"] = lesion.radii_mm[isotherm][name]
    if lesion.pair is not None:
        answer["midpoint"], answer["midline"] = lesion.pair.midpoint_c, lesion.pair.midline_max_c
    answer["seconds"] = seconds
    return answer


def tell(columns: dict[str, dict[str, float]]) -> None:
    """A table on standard output: a row for every quantity."""
    print(f"{'':14}" + "".join(f"{name:>18}" for name in columns))
    for key in next(iter(columns.values())):
        print(f"{key:14}" + "".join(f"{column[key]:18.3f}" for column in columns.values()), flush=True)


def main(name: str, runs: Sequence[str]) -> None:
    """One arrangement on meshes of the sizes named, or with rfplan."""
    SetNumThreads(1)
    case = ARRANGEMENTS[name]
    columns: dict[str, dict[str, float]] = {}
    for run in runs:
        if run == "ours":
            columns |= {f"rfplan {accuracy}": ours(case, accuracy) for accuracy in ("fast", "standard")}
        else:
            size, _, finer = run.partition("/")
            part = float(finer or 1.0)
            columns[f"{name} {run}"] = solve(case, float(size), 0.375 / part, 3.0 / part)
    tell(columns)


if __name__ == "__main__":
    if len(sys.argv) < 3 or sys.argv[1] not in ARRANGEMENTS:
        sys.exit(f"usage: ngsolve_arrangements.py {'|'.join(ARRANGEMENTS)} mesh size, mm[/finer in time] ... | ours")
    main(sys.argv[1], sys.argv[2:])
