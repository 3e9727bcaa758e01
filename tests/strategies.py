"""What property tests draw from: motions, spheroids, plans; and a slab of bone whose answers are known in closed form."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from hypothesis import strategies as st

from rfplan.anatomy.chart import DorsalChart
from rfplan.anatomy.foramen import Foramen
from rfplan.anatomy.landmarks import Curve
from rfplan.anatomy.nerve import Nerve
from rfplan.anatomy.patient import Patient
from rfplan.anatomy.skin import SkinSurface
from rfplan.devices.catalogue import electrode, electrodes
from rfplan.devices.electrode import Electrode, IsothermSurface, LesionShape
from rfplan.devices.protocol import Protocol
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.distance import DistanceField
from rfplan.geometry.frames import ApFrame, Isometry
from rfplan.geometry.mesh import Mesh
from rfplan.planning.evaluation import Evaluation, evaluate
from rfplan.planning.needle import Needle
from rfplan.planning.plan import Application, Plan

PROTOCOL = Protocol(80.0, 120.0)
SLAB_SKIN_MM = 60.0
FRAME = ApFrame([0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0])


def numbers(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(low, high, allow_nan=False, allow_infinity=False)


@st.composite
def unit_vectors(draw: st.DrawFn) -> np.ndarray:
    z, turn = draw(numbers(-1.0, 1.0)), draw(numbers(0.0, 2.0 * np.pi))
    across = np.sqrt(1.0 - z * z)
    return np.array([across * np.cos(turn), across * np.sin(turn), z])


def points(reach_mm: float = 20.0) -> st.SearchStrategy[np.ndarray]:
    return st.tuples(*[numbers(-reach_mm, reach_mm)] * 3).map(np.array)


@st.composite
def rigid_motions(draw: st.DrawFn) -> Isometry:
    turn = Isometry.rotation(draw(unit_vectors()), draw(numbers(-180.0, 180.0)))
    return Isometry.translation(draw(points(300.0))).after(turn)


@st.composite
def motions(draw: st.DrawFn) -> Isometry:
    """Rigid motions, and their combinations with the mirror image."""
    motion = draw(rigid_motions())
    return motion.after(Isometry.mirror_left_right()) if draw(st.booleans()) else motion


@st.composite
def spheroids(draw: st.DrawFn, reach_mm: float = 10.0) -> np.ndarray:
    """One row of the spheroid kernels: needles, discs and balls."""
    across, along = draw(numbers(0.5, 8.0)), draw(numbers(0.5, 8.0))
    return np.concatenate([draw(points(reach_mm)), draw(unit_vectors()), [across, along]])


@st.composite
def polylines(draw: st.DrawFn, most: int = 14) -> np.ndarray:
    return np.array(draw(st.lists(points(12.0), min_size=2, max_size=most)))


def device(
    width_mm: float, length_mm: float, beyond_tip_mm: float | None = None, waist_mm: float | None = None
) -> Electrode:
    """An electrode whose 50 degC surface has the given size for :data:`PROTOCOL`; without ``beyond_tip_mm`` it is centred on the tip."""
    beyond = 0.5 * length_mm if beyond_tip_mm is None else beyond_tip_mm
    surfaces = tuple(
        IsothermSurface(
            c,
            scale * width_mm,
            scale * length_mm,
            scale * beyond,
            None if waist_mm is None else scale * waist_mm,
            None if waist_mm is None else 20.0 * scale,
        )
        for c, scale in ((45.0, 1.25), (50.0, 1.0), (55.0, 0.8), (60.0, 0.6))
    )
    modes = ("monopolar", "bipolar") if waist_mm is not None else ("monopolar",)
    shapes = tuple(
        LesionShape(
            mode,
            PROTOCOL,
            37.0,
            surfaces,
            0.0,
            "rfplan_assumption",
            "A",
            reference_spacing_mm=10.0 if waist_mm else None,
        )
        for mode in modes
    )
    return Electrode("made-up", "made up", 1.0, 10.0, modes, dict.fromkeys(modes, PROTOCOL), shapes)


def needle(
    tip_mm: object,
    axis: object = (0.0, 1.0, 0.0),
    with_device: Electrode | None = None,
    depth_mm: float = 60.0,
) -> Needle:
    tip, direction = np.asarray(tip_mm, dtype=float), np.asarray(axis, dtype=float)
    return Needle(with_device or device(10.0, 14.0), tip, direction, tip + depth_mm * direction)


def evaluate_shapes(plan: Plan, patient: Patient, **settings: Any) -> Evaluation:
    """Judged with lesions as shapes, whose lengths and distances have closed forms."""
    return evaluate(plan, patient, **{"lesion_model": "shapes", **settings})


def monopolar(*needles: Needle, side: str = "left") -> Plan:
    return Plan(side, "by hand", tuple(Application("monopolar", PROTOCOL, (entry,)) for entry in needles))


def straight_nerve(
    start_mm: object,
    end_mm: object,
    level: str = "S1",
    ordinal: int = 1,
    side: str = "left",
    pieces: int = 40,
) -> Nerve:
    t = np.linspace(0.0, 1.0, pieces + 1)[:, None]
    start, end = np.asarray(start_mm, dtype=float), np.asarray(end_mm, dtype=float)
    return Nerve(level, side, ordinal, (1.0 - t) * start + t * end, 1.0)


def slab_patient(nerves: tuple[Nerve, ...] = (), foramina: tuple[Foramen, ...] | None = None) -> Patient:
    """Bone is the slab -20 <= y <= 0, 160 mm wide and high; skin is the plane y = 60; foramina are bored straight through."""
    bone, chart, distance, holes, joints = _slab()
    skin = SkinSurface([0.0, 0.0, 0.0], FRAME.axes, 10.0, -200.0, -200.0, np.full((41, 41), SLAB_SKIN_MM))
    return Patient(
        "slab",
        "tests",
        {"sacrum": bone},
        chart,
        holes if foramina is None else foramina,
        {},
        joints,
        nerves,
        skin,
        distance,
    )


def foramen(
    level: str, side: str, lateral_mm: float, caudal_mm: float, radius_mm: float = 4.0, status: str = "given"
) -> Foramen:
    centre = np.array([lateral_mm, 0.0, -caudal_mm])
    turn = np.linspace(0.0, 2.0 * np.pi, 24, endpoint=False)
    rim = centre + radius_mm * np.stack([np.sin(turn), np.zeros(24), np.cos(turn)], axis=1)
    canal = centre - np.linspace(0.0, 20.0, 6)[:, None] * np.array([0.0, 1.0, 0.0])
    return Foramen(level, side, centre, [0.0, 1.0, 0.0], rim, canal, 2.0 * radius_mm, status, 1.0)


@cache
def _slab() -> tuple[Mesh, DorsalChart, DistanceField, tuple[Foramen, ...], dict[str, Curve]]:
    corners = np.array([[x, y, z] for x in (-80.0, 80.0) for y in (-20.0, 0.0) for z in (-80.0, 80.0)])
    quads = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    faces = np.array([t for a, b, c, d in quads for t in ((a, b, c), (a, c, d))])
    bone = Mesh(corners, faces)
    assert bone.volume_mm3 > 0
    distance = DistanceField.of([bone], np.array([[-70.0, -30.0, -70.0], [70.0, 30.0, 70.0]]))
    holes = tuple(
        foramen(level, side, sign * 24.0, caudal)
        for side, sign in (("left", 1.0), ("right", -1.0))
        for level, caudal in (("S1", -20.0), ("S2", 0.0), ("S3", 20.0))
    )
    joints = {}
    for side, sign in (("left", 1.0), ("right", -1.0)):
        line = np.array([[sign * 45.0, 0.0, 40.0], [sign * 45.0, 0.0, -40.0]])
        joints[f"sij_posterior_line_{side}"] = Curve(f"sij_posterior_line_{side}", line, "given", 1.0)
    return bone, DorsalChart.of(bone, FRAME), distance, holes, joints


@st.composite
def slab_nerves(draw: st.DrawFn, side: str = "left") -> tuple[Nerve, ...]:
    """A few straight or kinked branches lateral of the foramina of one side, just above the slab."""
    sign = 1.0 if side == "left" else -1.0
    found = []
    for level in draw(st.lists(st.sampled_from(["L5", "S1", "S2", "S3"]), min_size=1, max_size=5)):
        ordinal = 1 + sum(nerve.level == level for nerve in found)
        stops = [
            [sign * draw(numbers(24.0, 34.0)), draw(numbers(0.0, 4.0)), draw(numbers(-30.0, 30.0))],
            [sign * draw(numbers(34.0, 40.0)), draw(numbers(0.0, 4.0)), draw(numbers(-30.0, 30.0))],
            [sign * draw(numbers(40.0, 50.0)), draw(numbers(0.0, 4.0)), draw(numbers(-30.0, 30.0))],
        ]
        found.append(Nerve(level, side, ordinal, stops, 1.5))
    return tuple(found)


@st.composite
def _needles(draw: st.DrawFn, with_device: Electrode, sign: float) -> Needle:
    tip = np.array([sign * draw(numbers(26.0, 44.0)), draw(numbers(0.5, 3.0)), draw(numbers(-30.0, 30.0))])
    lean = np.array([draw(numbers(-0.6, 0.6)), 1.0, draw(numbers(-0.6, 0.6))])
    axis = lean / np.linalg.norm(lean)
    return Needle(with_device, tip, axis, tip + (SLAB_SKIN_MM - tip[1]) / axis[1] * axis)


@st.composite
def plans(draw: st.DrawFn, side: str | None = None, most: int = 5) -> Plan:
    """Plans with electrodes of the catalogue on one side of the slab."""
    chosen = draw(st.sampled_from(["left", "right"])) if side is None else side
    sign = 1.0 if chosen == "left" else -1.0
    applications = []
    for _ in range(draw(st.integers(1, most))):
        used = draw(st.sampled_from(electrodes()))
        mode = draw(st.sampled_from(used.modes))
        count = 2 if mode == "bipolar" else 1
        protocol = Protocol(draw(numbers(55.0, 95.0)), draw(numbers(30.0, 240.0)), 10.0)
        needles = tuple(draw(_needles(used, sign)) for _ in range(count))
        if count == 2 and np.linalg.norm(needles[0].tip_mm - needles[1].tip_mm) < 1.0:
            continue
        applications.append(Application(mode, protocol, needles, draw(st.sampled_from(["", "S1 4:30"]))))
    if not applications:
        lone = electrode("conventional-18g-10mm")
        applications.append(Application("monopolar", lone.protocol_for("monopolar"), (draw(_needles(lone, sign)),)))
    return Plan(chosen, draw(st.sampled_from(["by hand", "palisade"])), tuple(applications), {"name": "slab"})


@st.composite
def lines(draw: st.DrawFn, reach_mm: float = 14.0) -> np.ndarray:
    """Polylines of a few long pieces."""
    return np.array(draw(st.lists(points(reach_mm), min_size=2, max_size=6)))


@dataclass(frozen=True, eq=False)
class SpheroidField:
    """Isotherms are spheroids about z round ``centre_mm``, that of 50 degC with semi-axes ``across_mm`` and ``along_mm``."""

    across_mm: float
    along_mm: float
    centre_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def at(self, name: str, points_mm: FloatArray) -> FloatArray:
        assert name == "end_c"
        x, y, z = np.moveaxis(np.asarray(points_mm) - self.centre_mm, -1, 0)
        reach = np.sqrt((x**2 + y**2) / self.across_mm**2 + z**2 / self.along_mm**2)
        return 37.0 + 13.0 / np.maximum(reach, 0.1)

    def row(self, isotherm_c: float) -> FloatArray:
        scale = 13.0 / (isotherm_c - 37.0)
        return np.array([*self.centre_mm, 0.0, 0.0, 1.0, scale * self.across_mm, scale * self.along_mm])
