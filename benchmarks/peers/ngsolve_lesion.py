# ruff: noqa: B023 - every closure is used up before its loop goes on
"""The same lesions with finite elements of second order (NGSolve), an independent code: its answers and its time beside rfplan's.

    pip install 'rfplan[verification]'
    python benchmarks/peers/ngsolve_lesion.py flat     # one needle, axisymmetric: the three reference solutions
    python benchmarks/peers/ngsolve_lesion.py bone     # a needle along bone, in three dimensions
    python benchmarks/peers/ngsolve_lesion.py pair     # a bipolar pair

Units: mm, W, K, V, S, as in the solver, so that conductivities are per mm. NGSolve runs on one thread, rfplan
on two in three dimensions: CPU time counts both. Either code takes the same two-stage steps, and NGSolve keeps its factors.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import netgen.meshing as meshing
import numpy as np
from netgen.geom2d import SplineGeometry
from netgen.occ import Box, Cylinder, Glue, OCCGeometry, Pnt, Sphere, Z
from ngsolve import (
    CF,
    H1,
    BilinearForm,
    BitArray,
    CGSolver,
    GridFunction,
    IfPos,
    Integrate,
    LinearForm,
    Mesh,
    Projector,
    SetNumThreads,
    dx,
    grad,
    x,
    y,
)
from scipy.optimize import brentq

from rfplan import Protocol, Surroundings
from rfplan.lesion.accuracy import ACCURACIES, Accuracy
from rfplan.lesion.pair_pose import PairPose
from rfplan.lesion.problem import LesionProblem
from rfplan.lesion.solve import solve_problem

MUSCLE = (0.4425e-3, 0.495e-3, 1090.4 * 3421.2e-9, 2535e-9)
CORTICAL = (0.0221e-3, 0.32e-3, 1908 * 1312.8e-9, 1207e-9)
CANCELLOUS = (0.0866e-3, 0.3125e-3, 1178.3 * 2274e-9, 2237e-9)
STEEL_HEAT, STEEL_CAPACITY = 15e-3, 4e-3
SLOPE = 0.015
FAR_MM = 60.0


@dataclass(frozen=True)
class Case:
    """One needle in uniform muscle: radius and tip, generator, start, whether blood flows, exchange with coolant (W/(m2 K), degC)."""

    radius_mm: float
    tip_mm: float
    set_c: float
    time_s: float
    start_c: float
    perfused: bool
    cooling: tuple[float, float] | None = None


FLAT = {
    "20g": Case(0.454, 10.0, 80.0, 120.0, 22.0, False),
    "18g": Case(0.635, 10.0, 80.0, 120.0, 37.0, False),
    "cooled": Case(0.7365, 4.0, 60.0, 150.0, 37.0, True, (1000.0, 25.0)),
}


STAGE = 1.0 - np.sqrt(0.5)


def steps(length_s: float, first_s: float, longest_s: float) -> Iterator[float]:
    """Steps that double every third time and fill the length; few different ones, as each costs a factorisation."""
    size, left, count = first_s, length_s, 0
    while left > 1e-9:
        while size > left * (1.0 + 1e-9) and size > first_s:
            size *= 0.5
        step = min(size, left)
        yield step
        left -= step
        count += 1
        if count % 3 == 0 and 2.0 * size <= min(longest_s, left):
            size *= 2.0


@dataclass
class Electric:
    """The potential: conjugate gradients on a factor made once, from the potential before."""

    form: BilinearForm
    phi: GridFunction
    free: BitArray
    factor: object = None

    def solve(self) -> None:
        self.form.Assemble()
        if self.factor is None:
            self.factor = self.form.mat.Inverse(self.free, "sparsecholesky")
        residual = (Projector(self.free, True) * (-self.form.mat * self.phi.vec)).Evaluate()
        self.phi.vec.data += CGSolver(mat=self.form.mat, pre=self.factor, tol=1e-7, maxiter=100) * residual


@dataclass
class Heat:
    """Matrices and fields of the heat equation."""

    mass: object
    stiff: object
    free_dofs: BitArray
    cold: object
    warm: GridFunction
    before: GridFunction
    ahead: GridFunction
    free: GridFunction
    unit: GridFunction


def follow(
    heat: Heat,
    heat_source: Callable[[], float],
    load: LinearForm,
    at_couple: Callable[[GridFunction], float],
    course: tuple[float, float, float, float],
) -> float:
    """Heat as the generator wants it, with the two implicit stages a step that rfplan takes; the conductance at the end.

    ``course``: rise of the set point, seconds, first and longest step. A step's matrix is factored once for every length.
    """
    rise, time_s, first_s, longest_s = course
    factors: dict[float, object] = {}
    heat_source()
    source = load.vec.CreateVector()
    source.data = load.vec
    here, known, right = (source.CreateVector() for _ in range(3))
    now, last, squared, conductance = 0.0, 0.0, 0.0, 1.0
    for step in (*steps(15.0, first_s, 0.5 * longest_s), *steps(time_s - 15.0, first_s, longest_s)):
        heat.ahead.vec.data = heat.warm.vec + (step / last if last else 0.0) * (heat.warm.vec - heat.before.vec)
        heat.before.vec.data = heat.warm.vec
        conductance = heat_source()
        size = STAGE * step
        key = round(step, 9)
        if key not in factors:
            matrix = heat.mass.CreateMatrix()
            matrix.AsVector().data = (1.0 / size) * heat.mass.AsVector() + heat.stiff.AsVector()
            factors[key] = matrix.Inverse(heat.free_dofs, "sparsecholesky")
        known.data = heat.before.vec
        for part in (STAGE, 1.0):
            here.data = (1.0 - part) * source + part * load.vec
            right.data = (1.0 / size) * (heat.mass * known)
            if heat.cold is not None:
                right.data += heat.cold
            heat.free.vec.data = factors[key] * right
            heat.unit.vec.data = factors[key] * here
            target = rise * min(1.0, (now + part * step) / 15.0)
            squared = max(0.0, (target - at_couple(heat.free)) / at_couple(heat.unit))
            heat.warm.vec.data = heat.free.vec + squared * heat.unit.vec
            ratio = (1.0 - STAGE) / STAGE
            known.data = (1.0 - ratio) * heat.before.vec + ratio * heat.warm.vec
        source.data = load.vec
        now += step
        last = step
    return conductance


def flat_mesh(case: Case, edge_mm: float, surface_mm: float, grading: float = 0.25) -> Mesh:
    """Half section: needle with its round end, tissue; ``edge_mm`` at the end of the active part, ``surface_mm`` on it."""
    a, tip, top = case.radius_mm, case.tip_mm, case.tip_mm + FAR_MM
    shape = SplineGeometry()

    def point(r: float, z: float, size: float = 1e9) -> int:
        return shape.AppendPoint(r, z, maxh=size)

    bottom, corner, roof = point(0, -FAR_MM), point(FAR_MM, -FAR_MM), point(FAR_MM, top)
    shaft_end, edge, shoulder = point(a, top), point(a, tip, edge_mm), point(a, a, surface_mm)
    control, end = point(a, 0, surface_mm), point(0, 0, surface_mm)
    couple, axis_end = point(0, a, surface_mm), point(0, top)
    below, above = point(a, tip - 0.5, surface_mm), point(a, tip + 0.5, surface_mm)
    for line in ((bottom, corner), (corner, roof), (roof, shaft_end)):
        shape.Append(["line", *line], bc="outer", leftdomain=1, rightdomain=0)
    shape.Append(["line", shaft_end, above], bc="shaft", leftdomain=1, rightdomain=2, maxh=0.5)
    shape.Append(["line", above, edge], bc="shaft", leftdomain=1, rightdomain=2, maxh=surface_mm)
    for line in ((edge, below), (below, shoulder)):
        shape.Append(["line", *line], bc="active", leftdomain=1, rightdomain=2, maxh=surface_mm)
    shape.Append(["spline3", shoulder, control, end], bc="active", leftdomain=1, rightdomain=2, maxh=surface_mm)
    shape.Append(["line", end, bottom], bc="axis", leftdomain=1, rightdomain=0)
    shape.Append(["line", end, couple], bc="axis", leftdomain=0, rightdomain=2, maxh=surface_mm)
    shape.Append(["line", couple, axis_end], bc="axis", leftdomain=0, rightdomain=2, maxh=0.5)
    shape.Append(["line", axis_end, shaft_end], bc="outer", leftdomain=0, rightdomain=2)
    shape.SetMaterial(1, "tissue")
    shape.SetMaterial(2, "metal")
    mesh = Mesh(shape.GenerateMesh(maxh=8.0, grading=grading))
    mesh.Curve(3)
    return mesh


def solve_flat(
    case: Case, edge_mm: float, surface_mm: float, first_s: float, longest_s: float, grading: float = 0.25
) -> dict[str, float]:
    """Sizes, impedance and seconds of one needle in uniform muscle."""
    began, worked = time.perf_counter(), time.process_time()
    a, tip = case.radius_mm, case.tip_mm
    mesh = flat_mesh(case, edge_mm, surface_mm, grading)
    space_v = H1(mesh, order=2, definedon="tissue", dirichlet="active|outer")
    space_t = H1(mesh, order=2, dirichlet="outer")
    sigma0, k, capacity, blood = MUSCLE
    heat_k = mesh.MaterialCF({"tissue": k, "metal": STEEL_HEAT})
    heat_c = mesh.MaterialCF({"tissue": capacity, "metal": STEEL_CAPACITY})
    perfusion = mesh.MaterialCF({"tissue": blood if case.perfused else 0.0, "metal": 0.0})
    exchange, coolant_c = case.cooling or (0.0, case.start_c)
    sink = IfPos(tip - y, mesh.MaterialCF({"tissue": 0.0, "metal": 2.0 * exchange * 1e-6 / a}), 0.0)
    u, v = space_v.TnT()
    s, t = space_t.TnT()
    warm, before, ahead, free, unit = (GridFunction(space_t) for _ in range(5))
    phi = GridFunction(space_v)
    sigma = sigma0 * (1.0 + SLOPE * (ahead + case.start_c - 37.0))
    mass = BilinearForm(heat_c * s * t * x * dx).Assemble()
    stiff = BilinearForm(
        (heat_k * grad(s) * grad(t) + (perfusion + sink) * s * t) * x * dx(bonus_intorder=2)
    ).Assemble()
    cold = LinearForm((sink * (coolant_c - case.start_c) + CF(1e-30) * x) * t * x * dx).Assemble()
    form = BilinearForm(sigma * grad(u) * grad(v) * x * dx, symmetric=True)
    load = LinearForm(sigma * grad(phi) * grad(phi) * t * x * dx("tissue", bonus_intorder=2))
    phi.Set(1.0, definedon=mesh.Boundaries("active"))
    electric = Electric(form, phi, space_v.FreeDofs())

    def heat_source() -> float:
        electric.solve()
        load.Assemble()
        power = Integrate(sigma * grad(phi) * grad(phi) * x, mesh, definedon=mesh.Materials("tissue"))
        return 2.0 * np.pi * power

    couple = mesh(1e-9, a)
    conductance = follow(
        Heat(mass.mat, stiff.mat, space_t.FreeDofs(), cold.vec, warm, before, ahead, free, unit),
        heat_source,
        load,
        lambda field: field(couple),
        (case.set_c - case.start_c, case.time_s, first_s, longest_s),
    )
    seconds, cpu = time.perf_counter() - began, time.process_time() - worked

    def at(r: float, z: float) -> float:
        return warm(mesh(r, z)) + case.start_c

    answer = {
        "seconds": seconds,
        "cpu": cpu,
        "impedance": 1.0 / conductance,
        "unknowns": float(space_v.ndof + space_t.ndof),
    }
    for isotherm in (50.0, 60.0):
        width = max(
            _crossing(lambda r, z=z: at(r, z) - isotherm, 1.8 * a, 15.0) for z in np.arange(-1.0, tip + 2.0, 0.05)
        )
        radii = a + np.array([1e-7, 0.05, 0.1, 0.3, 0.6, 1.0])
        top = max(_crossing(lambda z, r=r: at(r, z) - isotherm, tip + 0.3, tip + 15.0) for r in radii)
        low = brentq(lambda z: at(1e-9, z) - isotherm, -15.0, -1e-3)
        answer[f"width {isotherm:g}"], answer[f"length {isotherm:g}"] = 2.0 * width, top - low
        answer[f"beyond {isotherm:g}"] = -low
    return answer


def _crossing(function: Callable[[float], float], low: float, high: float) -> float:
    """Where a function goes from above 0 to below; -inf where it is not above 0 at ``low``."""
    return float(brentq(function, low, high, xtol=1e-5)) if function(low) > 0.0 > function(high) else -np.inf


def solid_mesh(
    pair: bool,
    size_mm: float,
    gap_mm: float,
    spacing_mm: float,
    a: float,
    tip: float,
    far: float,
    grading: float = 0.35,
) -> Mesh:
    """The half (bone) or quarter (pair) of the domain; bone lies beyond ``gap_mm`` towards -x."""
    at = 0.5 * spacing_mm if pair else 0.0
    whole = Cylinder(Pnt(0, 0, -far), Z, r=far + at, h=2 * far + tip)
    part = Box(Pnt(0 if pair else -200, 0, -200), Pnt(200, 200, 200))
    active = (Cylinder(Pnt(at, 0, a), Z, r=a, h=tip - a) + Sphere(Pnt(at, 0, a), a)) * part
    shaft = Cylinder(Pnt(at, 0, tip), Z, r=a, h=far) * part
    active.mat("active")
    shaft.mat("shaft")
    active.maxh = size_mm
    around = whole * part - active - shaft
    if pair:
        around.mat("muscle")
        pieces = [around]
    else:
        bone, deep = -(a + gap_mm), -(a + gap_mm + 1.5)
        pieces = [
            around * Box(Pnt(bone, -1, -200), Pnt(200, 200, 200)),
            around * Box(Pnt(deep, -1, -200), Pnt(bone, 200, 200)),
            around * Box(Pnt(-200, -1, -200), Pnt(deep, 200, 200)),
        ]
        for piece, name in zip(pieces, ("muscle", "cortical", "cancellous"), strict=True):
            piece.mat(name)
    wishes = meshing.MeshingParameters(maxh=10.0, grading=grading)
    for z in np.arange(-1.0, tip + 3.0, 0.5):
        for away, coarser in ((0.3, 1.0), (1.0, 1.8)):
            for angle in np.linspace(0.0, np.pi, 7):
                r = a + away
                wishes.RestrictH(x=at + r * np.cos(angle), y=abs(r * np.sin(angle)), z=z, h=size_mm * coarser)
    for angle in np.linspace(0.0, np.pi, 9):
        wishes.RestrictH(x=at + a * np.cos(angle), y=abs(a * np.sin(angle)), z=tip, h=0.35 * size_mm)
    if not pair:
        for z in np.arange(-2.0, tip + 3.0, 0.7):
            for across in np.arange(0.0, 5.0, 0.5):
                wishes.RestrictH(x=-(a + gap_mm), y=across, z=z, h=1.6 * size_mm)
    mesh = Mesh(OCCGeometry(Glue([*pieces, active, shaft])).GenerateMesh(wishes))
    mesh.Curve(2)
    return mesh


def solve_solid(
    pair: bool,
    size_mm: float,
    first_s: float,
    longest_s: float,
    grading: float,
    gap_mm: float = 0.5,
    spacing_mm: float = 10.0,
) -> dict[str, float]:
    """Sizes, impedance and seconds of an 18 gauge needle along bone, or of a 20 gauge pair; perfused, from 37 degC."""
    began, worked = time.perf_counter(), time.process_time()
    a, tip, far = (0.454, 10.0, FAR_MM) if pair else (0.635, 10.0, FAR_MM)
    set_c, time_s, start_c = (90.0, 180.0, 37.0) if pair else (80.0, 90.0, 37.0)
    at = 0.5 * spacing_mm if pair else 0.0
    mesh = solid_mesh(pair, size_mm, gap_mm, spacing_mm, a, tip, far, grading)
    space = H1(mesh, order=2)
    soft = {"muscle"} if pair else {"muscle", "cortical", "cancellous"}
    outer, active, middle, in_tissue = (BitArray(space.ndof) for _ in range(4))
    for bits in (outer, active, middle, in_tissue):
        bits.Clear()
    for face in mesh.Boundaries(".*").Elements():
        corners = np.array([mesh[vertex].point for vertex in face.vertices])
        on_wall = (np.hypot(corners[:, 0], corners[:, 1]) > far + at - 1e-3).all()
        on_lid = (np.abs(corners[:, 2] + far) < 1e-6).all() or (np.abs(corners[:, 2] - tip - far) < 1e-6).all()
        for dof in space.GetDofNrs(face) if on_wall or on_lid else ():
            outer.Set(dof)
        for dof in space.GetDofNrs(face) if pair and (np.abs(corners[:, 0]) < 1e-7).all() else ():
            middle.Set(dof)
    for element in mesh.Materials(".*").Elements():
        bits = in_tissue if element.mat in soft else active if element.mat == "active" else None
        for dof in space.GetDofNrs(element) if bits is not None else ():
            bits.Set(dof)
    free_v, free_t = in_tissue & ~active & ~outer & ~middle, ~outer
    names = {"muscle": MUSCLE, "cortical": CORTICAL, "cancellous": CANCELLOUS}
    steel = {"active": (0.0, STEEL_HEAT, STEEL_CAPACITY, 0.0), "shaft": (0.0, STEEL_HEAT, STEEL_CAPACITY, 0.0)}
    table = {name: names[name] for name in soft} | steel
    heat_k, heat_c, blood = (mesh.MaterialCF({name: row[n] for name, row in table.items()}) for n in (1, 2, 3))
    warm, before, ahead, free, unit, phi = (GridFunction(space) for _ in range(6))
    sigma = mesh.MaterialCF(
        {
            name: row[0] * (1.0 + (SLOPE if name == "muscle" else 0.0) * (ahead + start_c - 37.0))
            for name, row in table.items()
        }
    )
    u, v = space.TnT()
    mass = BilinearForm(heat_c * u * v * dx).Assemble()
    stiff = BilinearForm((heat_k * grad(u) * grad(v) + blood * u * v) * dx).Assemble()
    for vertex in range(mesh.nv):
        # of the hierarchical basis only the functions of the vertices carry a constant
        if active[vertex]:
            phi.vec[vertex] = 0.5 if pair else 1.0
    form = BilinearForm(sigma * grad(u) * grad(v) * dx, check_unused=False)
    load = LinearForm(sigma * grad(phi) * grad(phi) * v * dx)
    electric = Electric(form, phi, free_v)

    def heat_source() -> float:
        electric.solve()
        load.Assemble()
        return (4 if pair else 2) * Integrate(sigma * grad(phi) * grad(phi), mesh)

    couple = mesh(at, 1e-9, a)
    conductance = follow(
        Heat(mass.mat, stiff.mat, free_t, None, warm, before, ahead, free, unit),
        heat_source,
        load,
        lambda field: field(couple),
        (set_c - start_c, time_s, first_s, longest_s),
    )
    seconds, cpu = time.perf_counter() - began, time.process_time() - worked

    def above(isotherm: float, px: float, py: float, pz: float) -> float:
        return warm(mesh(px, max(py, 1e-9), pz)) + start_c - isotherm

    answer = {"seconds": seconds, "cpu": cpu, "impedance": 1.0 / conductance, "unknowns": 2.0 * space.ndof}
    for isotherm in (45.0, 50.0, 60.0):
        if pair:
            starts = np.arange(2.0, 9.0, 0.5)
            answer[f"width {isotherm:g}"] = 2.0 * max(
                _crossing(lambda s, z=z: above(isotherm, s, 0.0, z), at + 2.0 * a, at + 20.0) for z in starts
            )
            lows = [
                _crossing(lambda d, px=px: above(isotherm, px, 0.0, -d), 0.05, 15.0) for px in np.arange(0.5, 8.0, 0.5)
            ]
        else:
            answer[f"away {isotherm:g}"] = _crossing(lambda s: above(isotherm, s, 0.0, 5.0), 1.5 * a, 20.0)
            answer[f"lateral {isotherm:g}"] = _crossing(lambda s: above(isotherm, 0.0, s, 5.0), 1.5 * a, 20.0)
            answer[f"width {isotherm:g}"] = 2.0 * max(
                _crossing(lambda s, px=px, z=z: above(isotherm, px, s, z), 1.5 * a, 20.0)
                for z in np.arange(3.0, 8.0, 0.5)
                for px in np.arange(-1.1, 2.5, 0.2)
            )
            lows = [
                _crossing(lambda d, px=px: above(isotherm, px, 0.0, -d), -0.3, 15.0) for px in np.arange(-1.0, 2.0, 0.2)
            ]
        answer[f"beyond {isotherm:g}"] = max(lows)
    if pair:
        answer["midpoint"] = above(0.0, 1e-9, 0.0, 0.5 * tip)
    return answer


def ours_flat(case: Case, accuracy: Accuracy) -> dict[str, float]:
    """The same with rfplan, compiled and without its store."""
    exchange, coolant = case.cooling or (0.0, None)
    problem = LesionProblem(
        2.0 * case.radius_mm,
        ((0.0, case.tip_mm),),
        Protocol(case.set_c, case.time_s),
        accuracy,
        Surroundings(case.start_c, case.perfused),
        coolant_c=coolant,
        exchange_w_m2k=exchange,
    )
    return _told(problem, 7)


def ours_solid(pair: bool, accuracy: Accuracy) -> dict[str, float]:
    """The same with rfplan, compiled and without its store."""
    if pair:
        return _told(LesionProblem(0.908, ((0.0, 10.0),), Protocol(90.0, 180.0), accuracy, pair=PairPose(10.0)), 3)
    around = Surroundings(bone_gap_mm=0.5, bone_angle_deg=0.0)
    return _told(LesionProblem(1.270, ((0.0, 10.0),), Protocol(80.0, 90.0), accuracy, around), 3)


def _told(problem: LesionProblem, rounds: int) -> dict[str, float]:
    """Sizes and the least of the times of several rounds, the first of which compiles."""
    times = []
    for _ in range(rounds + 1):
        began, worked = time.perf_counter(), time.process_time()
        lesion = solve_problem(problem)
        times.append((time.perf_counter() - began, time.process_time() - worked))
    seconds, cpu = (min(column) for column in zip(*times[1:], strict=True))
    answer = {"seconds": seconds, "cpu": cpu, "impedance": float(lesion.history.impedance_ohm[-1])}
    answer["unknowns"] = 2.0 * float(np.prod(lesion.shape))
    for isotherm, size in lesion.isotherms.items():
        answer[f"width {isotherm:g}"], answer[f"length {isotherm:g}"] = size.width_mm, size.length_mm
        answer[f"beyond {isotherm:g}"] = size.beyond_tip_mm
        for name, radius in (lesion.radii_mm or {}).get(isotherm, {}).items():
            answer[f"{name} {isotherm:g}"] = radius
    if lesion.pair is not None:
        answer["midpoint"] = lesion.pair.midpoint_c
    return answer


def tell(name: str, rows: dict[str, dict[str, float]], limit: float) -> None:
    """Errors in W50 against ``limit``, and times, of several runs."""
    print(f"\n{name}: W50 {limit:.4f} mm is taken as exact")
    print(f"{'':30}{'unknowns':>10}{'W50':>10}{'error':>9}{'wall s':>9}{'CPU s':>9}{'ohm':>9}{'beyond':>9}")
    for run, row in rows.items():
        print(
            f"{run:30}{row['unknowns']:10.0f}{row['width 50']:10.4f}{row['width 50'] - limit:+9.4f}{row['seconds']:9.3f}"
            f"{row['cpu']:9.3f}{row['impedance']:9.2f}{row['beyond 50']:9.3f}",
            flush=True,
        )


def ratios(theirs: list[dict[str, float]], ours: list[dict[str, float]], limit: float) -> Iterator[str]:
    """How many times longer they take for the error in W50 that each of our runs has, by CPU and by wall time."""
    for key in ("cpu", "seconds"):
        front = _front(theirs, limit, key)
        for run in ours:
            error = abs(run["width 50"] - limit)
            if error < front[0][0]:
                yield f"{key}: error {error:.4f}: below every run of theirs"
                continue
            taken = float(
                np.exp(np.interp(np.log(error), np.log([e for e, _ in front]), np.log([t for _, t in front])))
            )
            beyond = " (their fastest run, which is better than that)" if error > front[-1][0] else ""
            yield f"{key}: error {error:.4f}: {run[key]:.3f} s against {taken:.3f} s{beyond}: {taken / run[key]:.1f} times"


def _front(runs: list[dict[str, float]], limit: float, key: str) -> list[tuple[float, float]]:
    """(error, time) of the runs that none beats in both, by rising error; an error below 0.0005 mm counts as that."""
    best: list[tuple[float, float]] = []
    for error, taken in sorted((max(abs(run["width 50"] - limit), 5e-4), run[key]) for run in runs):
        if not best or taken < best[-1][1]:
            best.append((error, taken))
    return best


# edge of the active part, surface, first and longest step, grading; the finest is the limit that is taken as exact
FLAT_RUNS = (
    (0.5, 0.6, 2.0, 20.0, 0.5),
    (0.2, 0.4, 2.0, 20.0, 0.4),
    (0.1, 0.3, 2.0, 20.0, 0.3),
    (0.03, 0.2, 1.5, 16.0, 0.3),
    (0.01, 0.12, 1.5, 16.0, 0.25),
    (0.002, 0.04, 0.5, 4.0, 0.2),
)
# size at the needle, first and longest step, grading
SOLID_RUNS = ((2.0, 2.0, 20.0, 0.7), (1.0, 2.0, 20.0, 0.5), (0.5, 1.5, 16.0, 0.35), (0.3, 1.0, 8.0, 0.3))
OUR_RUNS = (
    ACCURACIES["fast"],
    ACCURACIES["fast"].refined(space=1.4),
    ACCURACIES["standard"],
    ACCURACIES["standard"].refined(space=1.5),
)


def main(which: str) -> None:
    """Run one of the comparisons."""
    SetNumThreads(1)
    cases = FLAT if which == "flat" else {which: None}
    for name, case in cases.items():
        if case is not None:
            theirs = {f"NGSolve {run}": solve_flat(case, *run) for run in FLAT_RUNS}
            ours = {f"rfplan {run.name}": ours_flat(case, run) for run in OUR_RUNS}
        else:
            theirs = {f"NGSolve {run}": solve_solid(which == "pair", *run) for run in SOLID_RUNS}
            ours = {f"rfplan {run.name}": ours_solid(which == "pair", run) for run in OUR_RUNS}
        *measured, finest = theirs.values()
        limit = finest["width 50"]
        tell(name, theirs | ours, limit)
        for line in ratios(measured, list(ours.values()), limit):
            print("   ", line, flush=True)


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in ("flat", "bone", "pair"):
        sys.exit("usage: ngsolve_lesion.py flat|bone|pair")
    main(sys.argv[1])
