"""Probes with several contacts, layers and depots with finite elements of second order (NGSolve), an independent code.

    pip install 'rfplan[verification]'
    python benchmarks/peers/ngsolve_surroundings.py

Prints the figures that tests/lesion/test_around.py holds rfplan against. Units: mm, W, K, V, S, as in ngsolve_lesion.py.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
from netgen.meshing import MeshingParameters
from netgen.occ import Face, Glue, OCCGeometry, WorkPlane
from ngsolve import (
    H1,
    BilinearForm,
    GridFunction,
    Integrate,
    LinearForm,
    Mesh,
    SetNumThreads,
    dx,
    grad,
    x,
)
from scipy.optimize import brentq

sys.path.insert(0, str(Path(__file__).parent))
from ngsolve_lesion import CANCELLOUS, CORTICAL, MUSCLE, SLOPE, STEEL_CAPACITY, STEEL_HEAT, steps

FAT = (0.0437e-3, 0.2115e-3, 911 * 2348.3e-9, 1886e-9)
SALINE = (1.85e-3, 0.6045e-3, 994.04 * 4178e-9, 0.0)
TABLE = {"muscle": MUSCLE, "fat": FAT, "fluid": SALINE, "cortical": CORTICAL, "cancellous": CANCELLOUS}
SLOPES = {"muscle": SLOPE, "fat": 0.015, "fluid": 0.02, "cortical": 0.0, "cancellous": 0.0}
START_C, RAMP_S, FAR_MM = 37.0, 15.0, 60.0


@dataclass(frozen=True)
class Case:
    """A probe: radius, contacts as (from, to, volts); where tissues begin along it; a ball of fluid (height, ml)."""

    radius_mm: float
    contacts: tuple[tuple[float, float, float], ...]
    set_c: float
    time_s: float
    floors: tuple[tuple[float, str], ...] = ((-FAR_MM, "muscle"),)
    depot: tuple[float, float] | None = None
    isolated: bool = False
    isotherms: tuple[float, ...] = field(default=(45.0, 50.0, 60.0))


CASES = {
    "first two contacts": Case(0.75, ((0.0, 10.0, 0.5), (20.0, 30.0, -0.5)), 85.0, 90.0, isolated=True),
    "three contacts": Case(0.75, ((0.0, 10.0, 0.5), (20.0, 30.0, 0.5), (40.0, 50.0, -0.5)), 85.0, 90.0, isolated=True),
    "fat above the tip": Case(0.635, ((0.0, 10.0, 1.0),), 80.0, 90.0, ((-FAR_MM, "muscle"), (5.0, "fat"))),
    "saline": Case(0.635, ((0.0, 10.0, 1.0),), 80.0, 90.0, depot=(0.0, 0.5)),
    "bone, saline and fat": Case(
        0.635,
        ((0.0, 10.0, 1.0),),
        80.0,
        90.0,
        ((-FAR_MM, "cancellous"), (-2.5, "cortical"), (-1.0, "muscle"), (12.0, "fat")),
        (2.0, 0.5),
    ),
}


def depot_radius(case: Case) -> float:
    """Radius of the ball whose part above the bone has the volume."""
    assert case.depot is not None
    centre, volume_ml = case.depot
    floor = next((low for low, name in case.floors if low > -FAR_MM and name == "muscle"), -FAR_MM)

    def lacks(radius: float) -> float:
        cap = max(0.0, radius - (centre - floor))
        return 4.0 / 3.0 * np.pi * radius**3 - np.pi * cap**2 * (radius - cap / 3.0) - 1e3 * volume_ml

    return float(brentq(lacks, 1.0, 20.0))


def section_mesh(case: Case, surface_mm: float, edge_mm: float, far_mm: float, grading: float) -> Mesh:
    """The half section r > 0: slices of the probe, tissues between heights, the fluid."""
    a, top = case.radius_mm, case.contacts[-1][1] + FAR_MM

    def slab(low: float, high: float, width: float) -> Face:
        return WorkPlane().MoveTo(0.0, low).Rectangle(width, high - low).Face()

    half = slab(-FAR_MM, top, FAR_MM + a)
    ends = sorted({z for low, high, _ in case.contacts for z in (low, high) if z > 0.0} | {a, top})
    probe = [WorkPlane().Circle(0.0, a, a).Face() * slab(0.0, a, a)]
    probe += [slab(low, high, a) for low, high in pairwise(ends)]
    whole = probe[0]
    for part in probe[1:]:
        whole = whole + part
    bounds = [*(low for low, _ in case.floors), top]
    tissues = [
        (name, slab(low, high, FAR_MM + a) - whole)
        for (_, name), low, high in zip(case.floors, bounds[:-1], bounds[1:], strict=True)
    ]
    pieces: list[Face] = []
    if case.depot is not None:
        ball = WorkPlane().Circle(0.0, case.depot[0], depot_radius(case)).Face() * half
        bone = [face for name, face in tissues if name in ("cortical", "cancellous")]
        fluid = ball - whole
        for face in bone:
            fluid = fluid - face
        tissues = [(name, face if name in ("cortical", "cancellous") else face - fluid) for name, face in tissues]
        tissues.append(("fluid", fluid))
    for name, face in tissues:
        face.faces.name = name
        pieces.append(face)
    for part in probe:
        part.faces.name = "metal"
        part.faces.maxh = 0.6
        pieces.append(part)
    joined = Glue(pieces)
    for edge in joined.edges:
        r, z = edge.center.x, edge.center.y
        vertical = abs(edge.bounding_box[0].x - edge.bounding_box[1].x) < 1e-5
        edge.name = "inner"
        on_probe = (vertical and abs(r - a) < 1e-6) or (z < a and abs(np.hypot(r, z - a) - a) < 0.15 * a and r > 1e-6)
        if on_probe and not (abs(z - a) < 1e-9 and not vertical):
            contact = next(
                (n for n, (low, high, _) in enumerate(case.contacts) if low - 1e-6 <= z <= high + 1e-6), None
            )
            edge.name = "shaft" if contact is None else f"contact{contact}"
            if contact is not None:
                edge.maxh = surface_mm
        elif r > FAR_MM + a - 1e-6 or z < -FAR_MM + 1e-6 or z > top - 1e-6:
            edge.name = "outer"
        elif r < 1e-6:
            edge.name = "axis"
    wishes = MeshingParameters(maxh=far_mm, grading=grading)
    for low, high, _ in case.contacts:
        for z in (low, high):
            if z > 0.0:
                wishes.RestrictH(x=a, y=z, z=0.0, h=edge_mm)
    mesh = Mesh(OCCGeometry(joined, dim=2).GenerateMesh(wishes))
    mesh.Curve(3)
    return mesh


def solve(
    case: Case,
    surface_mm: float,
    edge_mm: float,
    first_s: float,
    longest_s: float,
    far_mm: float = 6.0,
    grading: float = 0.25,
) -> dict[str, float]:
    """Sizes, impedance, temperatures between contacts and seconds."""
    began = time.perf_counter()
    a = case.radius_mm
    mesh = section_mesh(case, surface_mm, edge_mm, far_mm, grading)
    soft = [name for name in TABLE if name in mesh.GetMaterials()]
    contacts = "|".join(f"contact{n}" for n in range(len(case.contacts)))
    space_v = H1(mesh, order=2, definedon="|".join(soft), dirichlet=contacts if case.isolated else f"{contacts}|outer")
    space_t = H1(mesh, order=2, dirichlet="outer")

    def material(column: int, steel: float) -> object:
        return mesh.MaterialCF({**{name: TABLE[name][column] for name in soft}, "metal": steel})

    heat_k, heat_c, blood = material(1, STEEL_HEAT), material(2, STEEL_CAPACITY), material(3, 0.0)
    sigma37 = mesh.MaterialCF({name: TABLE[name][0] for name in soft}, default=0.0)
    slope = mesh.MaterialCF({name: SLOPES[name] for name in soft}, default=0.0)
    u, v = space_v.TnT()
    s, t = space_t.TnT()
    warm, before, ahead, free, unit = (GridFunction(space_t) for _ in range(5))
    phi = GridFunction(space_v)
    sigma = sigma37 * (1.0 + slope * (ahead + START_C - 37.0))
    mass = BilinearForm(heat_c * s * t * x * dx).Assemble()
    stiff = BilinearForm((heat_k * grad(s) * grad(t) + blood * s * t) * x * dx).Assemble()
    phi.Set(
        mesh.BoundaryCF({f"contact{n}": volts for n, (_, _, volts) in enumerate(case.contacts)}, default=0.0),
        definedon=mesh.Boundaries(contacts),
    )
    couples = [mesh(1e-9, low + a) for low, _, _ in case.contacts]
    within = mesh.Materials("|".join(soft))
    factors: dict[float, object] = {}
    now, last, conductance, squared = 0.0, 0.0, 1.0, 0.0
    for step in (*steps(RAMP_S, first_s, 0.5 * longest_s), *steps(case.time_s - RAMP_S, first_s, longest_s)):
        now += step
        ahead.vec.data = warm.vec + (step / last if last else 0.0) * (warm.vec - before.vec)
        form = BilinearForm(sigma * grad(u) * grad(v) * x * dx(definedon=within), symmetric=True).Assemble()
        residual = (-form.mat * phi.vec).Evaluate()
        phi.vec.data += form.mat.Inverse(space_v.FreeDofs(), "sparsecholesky") * residual
        joule = LinearForm(sigma * grad(phi) * grad(phi) * t * x * dx(definedon=within, bonus_intorder=2)).Assemble()
        conductance = 2.0 * np.pi * Integrate(sigma * grad(phi) * grad(phi) * x, mesh, definedon=within)
        key = round(step, 9)
        if key not in factors:
            matrix = mass.mat.CreateMatrix()
            matrix.AsVector().data = (1.0 / step) * mass.mat.AsVector() + stiff.mat.AsVector()
            factors[key] = matrix.Inverse(space_t.FreeDofs(), "sparsecholesky")
        free.vec.data = factors[key] * ((1.0 / step) * (mass.mat * warm.vec)).Evaluate()
        unit.vec.data = factors[key] * joule.vec
        target = (case.set_c - START_C) * min(1.0, now / RAMP_S)
        squared = max(0.0, min((target - free(couple)) / unit(couple) for couple in couples))
        before.vec.data = warm.vec
        warm.vec.data = free.vec + squared * unit.vec
        last = step
    answer = {
        "seconds": time.perf_counter() - began,
        "unknowns": float(space_v.ndof + space_t.ndof),
        "impedance": 1.0 / conductance,
        "volts": float(np.sqrt(squared)),
    }
    answer |= sizes(case, mesh, warm)
    for n, ((_, low, _), (high, _, _)) in enumerate(zip(case.contacts[:-1], case.contacts[1:], strict=True)):
        rows = [max(warm(mesh(r, z)) for r in a + np.array([1e-6, 0.5, 1.0, 2.0])) for z in np.arange(low, high, 0.1)]
        answer[f"joined {n + 1}-{n + 2}"] = min(rows) + START_C
        answer[f"middle {n + 1}-{n + 2}"] = warm(mesh(a + 1e-6, 0.5 * (low + high))) + START_C
    return answer


def sizes(case: Case, mesh: Mesh, warm: GridFunction) -> dict[str, float]:
    """Width, length and reach past the tip end of every isotherm, above the bone."""
    a, top = case.radius_mm, case.contacts[-1][1]
    floor = max((low for low, name in case.floors if name == "muscle"), default=-FAR_MM)
    answer = {}
    for isotherm in case.isotherms:

        def above(r: float, z: float, isotherm: float = isotherm) -> float:
            return float(warm(mesh(r, z))) + START_C - isotherm

        width = 0.0
        for z in np.arange(max(-6.0, floor + 0.01), top + 6.0, 0.1):
            line = a + 0.05 + np.arange(0.0, 22.0, 0.25)
            hot = [n for n, r in enumerate(line) if above(r, z) > 0.0]
            if hot:
                low = line[hot[-1]]
                width = max(width, brentq(lambda r, z=z: above(r, z), low, low + 0.25, xtol=1e-5))
        lows, highs = [], []
        for r in (*np.arange(1e-6, 4.0, 0.1), a + 1e-4):
            heights = np.arange(max(-20.0, floor + 1e-6), top + 20.0, 0.1)
            outside = [z for z in heights if np.hypot(r, min(z - a, 0.0)) > a or z < 0.0]
            hot = [z for z in outside if above(r, z) > 0.0]
            if not hot:
                continue
            first, final = hot[0], hot[-1]
            lows.append(
                floor if first - 0.1 < floor else brentq(lambda z, r=r: above(r, z), first - 0.1, first, xtol=1e-5)
            )
            if r > a:
                highs.append(brentq(lambda z, r=r: above(r, z), final, final + 0.1, xtol=1e-5))
        answer[f"width {isotherm:g}"] = 2.0 * width
        answer[f"length {isotherm:g}"] = max(highs) - min(lows)
        answer[f"beyond {isotherm:g}"] = -min(lows)
    return answer


def main() -> None:
    SetNumThreads(1)
    chosen = sys.argv[1:] or list(CASES)
    for name in chosen:
        for title, sizes_mm in (("coarse", (0.2, 0.05, 0.75, 3.0)), ("fine", (0.08, 0.004, 0.25, 1.0, 1.5, 0.1))):
            answer = solve(CASES[name], *sizes_mm)
            print(f"{name}, {title}: " + ", ".join(f"{key} {value:.3f}" for key, value in answer.items()), flush=True)


if __name__ == "__main__":
    main()
