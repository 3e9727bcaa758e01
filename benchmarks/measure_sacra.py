"""Measure what no paper gives on the real sacra beside the project, and print what is entered as mark M.

Every set is cut across its own curved axis, which is fitted to body centres picked by hand on the median section. Widths are scaled to
the reference breadth and depths to the reference endplate, so that sets of different size can be averaged.

    python benchmarks/measure_sacra.py [folder of the real sets]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import trimesh
from scipy.optimize import least_squares

from rfplan.anatomy.sacrum_axis import SacralAxis
from rfplan.anatomy.sacrum_parameters import STATIONS, sacrum_parameters

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data" / "anatomy"

# (y, z) picked by hand on the median section: promontory, posterior edge of the endplate, centres of the bodies, end of S5
PICKED = {
    "hra_female": {
        "promontory": (-48.5, 15.5),
        "posterior": (-19.0, 37.0),
        "bodies": [(-10, 13.5), (8, 4), (22, -7), (32, -17), (39, -29), (44, -47)],
        "apex": (42.0, -49.5),
    },
    "artisynth_male": {
        "promontory": (-53.0, 43.5),
        "posterior": (-29.0, 63.0),
        "bodies": [(-20, 41), (0, 27), (18, 13), (31, -3), (39, -18), (44, -34)],
        "apex": (43.0, -40.0),
    },
    "jhu_24": {
        "promontory": (-37.0, -2.0),
        "posterior": (-20.5, 21.0),
        "bodies": [(-10, 2), (10, -6), (30, -17)],
        "apex": None,
    },
}


class Sacrum:
    """A real sacrum cut across its axis."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.mesh = trimesh.load(folder / name / "sacrum.ply")
        picked = PICKED[name]
        self.promontory, self.posterior = np.array(picked["promontory"]), np.array(picked["posterior"])
        self.centre = 0.5 * (self.promontory + self.posterior)
        self.endplate_mm = float(np.linalg.norm(self.posterior - self.promontory))
        beam = (self.posterior - self.promontory) / self.endplate_mm
        self.beam_deg = float(np.rad2deg(np.arctan2(beam[1], beam[0])))
        self.axis = self._fit(np.array(picked["bodies"], float))
        hand = json.loads((folder / "foramina.json").read_text())[name]
        self.foramina = self._dorsal(hand)
        self.breadth_mm = float(np.ptp(self.mesh.vertices[:, 0]))

    def _fit(self, bodies: np.ndarray) -> SacralAxis:
        def axis(q: np.ndarray) -> SacralAxis:
            return SacralAxis(self.centre, q[0], q[1], 20.0, 108.0)

        def miss(q: np.ndarray) -> np.ndarray:
            points = np.column_stack([np.zeros(len(bodies)), bodies])
            return np.append(axis(q).to_axis(points)[:, 2], 0.05 * (q[1] - 45.0))

        return axis(least_squares(miss, [30.0, 40.0], diff_step=1e-2).x)

    def _dorsal(self, hand: dict[str, dict[str, object]]) -> dict[str, np.ndarray]:
        result = {}
        for level in ("S1", "S2", "S3", "S4"):
            found = [np.array(hand[key]["centre_mm"]) for key in (f"{level}_left", f"{level}_right") if key in hand]
            if found:
                points = self.axis.to_axis(np.abs(found) * [1, 0, 0] + np.array(found) * [0, 1, 1])
                result[level] = points.mean(axis=0)
        return result

    def section(self, along: float) -> list[np.ndarray]:
        """Outlines (k, 2) in (x, t) across the axis at ``along``."""
        origin = self.axis.to_patient(np.array([0.0, along, 0.0]))
        tangent = self.axis.directions(along, np.array([0.0, 1.0, 0.0]))
        normal = self.axis.directions(along, np.array([0.0, 0.0, 1.0]))
        cut = self.mesh.section(plane_origin=origin, plane_normal=tangent)
        if cut is None:
            return []
        return [np.column_stack([line[:, 0], (line - origin) @ normal]) for line in cut.discrete]

    def crossings(self, along: float, x: float) -> np.ndarray:
        """Sorted depths t at which the section at ``along`` meets the line at ``x``."""
        found = []
        for line in self.section(along):
            a, b = line[:-1], line[1:]
            hit = (a[:, 0] - x) * (b[:, 0] - x) < 0
            share = (x - a[hit, 0]) / (b[hit, 0] - a[hit, 0])
            found += list(a[hit, 1] + share * (b[hit, 1] - a[hit, 1]))
        return np.sort(found)

    def sides(self, along: float, x: float, pick: str) -> float:
        """Mean over left and right of the lowest or highest crossing at +-x."""
        values = [self.crossings(along, side * x) for side in (1, -1)]
        values = [v for v in values if len(v)]
        return float(np.mean([v[0] if pick == "ventral" else v[-1] for v in values])) if values else np.nan


def covered(bone: Sacrum, point: np.ndarray, beam: np.ndarray) -> bool:
    """Whether bone lies on the line through ``point`` along ``beam``."""
    right = np.array([1.0, 0.0, 0.0])
    up = np.cross(beam, right)
    corners = ((bone.mesh.triangles - point) @ np.stack([right, up]).T).reshape(-1, 3, 2)
    a, b, c = np.moveaxis(corners, 1, 0)
    signs = [np.sign(p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0]) for p, q in ((a, b), (b, c), (c, a))]
    return bool(np.any(np.abs(np.sum(signs, axis=0)) == 3))


def slopes(bone: Sacrum) -> dict[str, float]:
    """Caudal shift per mm dorsal of the middle of the rays that pass each foramen in the sagittal plane of its centre."""
    result = {}
    for level, (x, s, t) in bone.foramina.items():
        angles = np.deg2rad(np.arange(-30, 60, 3.0))
        free = []
        for side in (1.0, -1.0):
            start = bone.axis.to_patient(np.array([side * x, s, t]))
            for angle in angles:
                ray = bone.axis.directions(s, np.array([0.0, -np.sin(angle), -np.cos(angle)]))
                shifts = [np.array([side * sideways, 0.0, 0.0]) for sideways in (-2.0, 0.0, 2.0)]
                if any(not covered(bone, start + shift, ray) for shift in shifts):
                    free.append(angle)
        if free:
            result[level] = float(np.tan(np.median(free)))
    return result


def stations(bone: Sacrum) -> dict[str, float]:
    """Positions along the axis: lines of foramina by their dorsal centres carried to the axis along the reference slope."""
    p = sacrum_parameters()
    lines = {}
    for number, level in enumerate(("S1", "S2", "S3", "S4")):
        if level in bone.foramina:
            _, s, t = bone.foramina[level]
            lines[f"line{number + 1}"] = s - p[f"foramen.{level}.slope"] * t
    result = {"top": 1.5, "body1": 0.5 * lines["line1"], **lines}
    if "line2" not in result and "line3" in result:
        result["line2"] = 0.5 * (result["line1"] + result["line3"])
    apex = PICKED[bone.name]["apex"]
    if apex is not None:
        result["apex"] = float(bone.axis.to_axis(np.array([[0.0, *apex]]))[0, 1]) - 4.0
        result.setdefault("line4", result["line3"] + 0.47 * (result["apex"] - result["line3"]))
        result["body5"] = 0.5 * (result["line4"] + result["apex"])
    return {name: result[name] for name in STATIONS if name in result}


def profiles(bone: Sacrum) -> dict[tuple[str, str], float]:
    """Scaled profile values by (profile, station)."""
    p = sacrum_parameters()
    wide, deep = p["breadth"] / bone.breadth_mm, p["endplate_ap"] / bone.endplate_mm
    place = stations(bone)
    result: dict[tuple[str, str], float] = {}
    for station, along in place.items():
        outline = np.concatenate(bone.section(along))
        half = 0.5 * np.ptp(outline[:, 0])
        result["half_width", station] = half * wide
        middle = bone.crossings(along, 1.0)
        if len(middle):
            result["ventral_mid", station] = middle[0] * deep
        outer = outline[np.abs(outline[:, 0]) > 0.6 * half]
        left, right = outer[outer[:, 0] > 0], outer[outer[:, 0] < 0]
        if len(left) and len(right):
            result["ventral_edge", station] = 0.5 * (left[:, 1].min() + right[:, 1].min()) * deep
        # the canal is measured where it is closed, between the lines of foramina
        canals = [c for c in (canal(bone, along + step) for step in (-6.0, -4.0, 4.0, 6.0, 8.0)) if c is not None]
        if canals and station not in ("top", "body1"):
            floor, roof, reach = np.mean(canals, axis=0)
            result["canal_floor", station], result["canal_roof", station] = floor * deep, roof * deep
            result["canal_half_width", station] = reach * wide
        elif station == "body1":
            result["canal_floor", station] = middle[-1] * deep
        number = {
            "top": 1,
            "body1": 1,
            "line1": 1,
            "line2": 2,
            "line3": 3,
            "line4": 4,
            "body5": 4,
            "apex": 4,
        }[station]
        usual = np.array([p[f"foramen.S{number}.lateral"] / wide])
        line_x = min(bone.foramina.get(f"S{number}", usual)[0], 0.75 * half)
        crest_x = min(line_x + 10.0 / wide, 0.8 * half)
        knots = {
            "lamina": 5.0,
            "intermediate": 0.62 * line_x,
            "foramen_line": line_x,
            "lateral_crest": crest_x,
            "alar_rim": crest_x + 0.6 * (half - crest_x),
            "dorsal_edge": 0.97 * half,
        }
        for name, x in knots.items():
            steps = (-7.0, 7.0) if name == "foramen_line" else (-3.0, 0.0, 3.0)
            values = [bone.sides(along + step, x, "dorsal") for step in steps]
            if np.isfinite(values).any():
                result[name, station] = float(np.nanmean(values)) * deep
    return result


def canal(bone: Sacrum, along: float) -> tuple[float, float, float] | None:
    """Floor, roof and half width of the canal where the section shows it closed."""
    for line in bone.section(along):
        small = np.ptp(line[:, 0]) < 45.0 and np.ptp(line[:, 1]) < 20.0
        if small and abs(line[:, 0].mean()) < 5.0 and len(bone.crossings(along, 1.0)) == 4:
            floor, roof = bone.crossings(along, 1.0)[1:3]
            return floor, roof, 0.5 * np.ptp(line[:, 0])
    return None


def processes(bone: Sacrum) -> dict[str, float]:
    """Scaled heights of what stands out."""
    p = sacrum_parameters()
    wide, deep = p["breadth"] / bone.breadth_mm, p["endplate_ap"] / bone.endplate_mm
    points = bone.axis.to_axis(bone.mesh.vertices)
    place = stations(bone)
    result = {}
    ears = points[
        (np.abs(points[:, 0]) * wide > 17) & (np.abs(points[:, 0]) * wide < 32) & (points[:, 1] < place["line1"] - 4)
    ]
    beam = bone.axis.to_patient(ears)[:, 1:] @ np.array(
        [-np.sin(np.deg2rad(bone.beam_deg)), np.cos(np.deg2rad(bone.beam_deg))]
    )
    behind = ears[:, 2] > 18.0 / deep
    tip = ears[behind][np.argmax((beam + 0.3 * ears[:, 2])[behind])]
    result["articular.lateral"], result["articular.along"], result["articular.dorsal"] = (
        abs(tip[0]) * wide,
        tip[1] * deep,
        tip[2] * deep,
    )
    names = [f"line{k}" for k in (1, 2, 3, 4)]
    for k, (above, below) in enumerate(zip(names, [*names[1:], "body5"], strict=True)):
        if above not in place or below not in place or k > 2:
            continue
        rows = np.arange(place[above] - 2.0, place[below], 1.5)
        peaks = [
            (c[-1] - 0.5 * (bone.sides(s, 6.0, "dorsal") + bone.sides(s, 8.0, "dorsal")))
            for s in rows
            if len(c := np.concatenate([bone.crossings(s, x) for x in (-2.0, 0.5, 2.0)]))
            and (c := np.sort(c)) is not None
        ]
        result[f"median_crest.S{k + 1}"] = float(np.nanmax(peaks)) * deep
    for level, (x, s, _) in bone.foramina.items():
        if level == "S4":
            continue
        lateral = np.arange(x + 5.0, x + 18.0, 1.0)
        heights = np.array([[bone.sides(s + step, xx, "dorsal") for xx in lateral] for step in (-6, -3, 0, 3, 6, 9)])
        line = np.nanmean(heights, axis=0)
        result[f"tubercle.{level}.height"] = float(np.nanmax(heights - line)) * deep
    return result


def main() -> None:
    """Print every measure, per set and averaged."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    table: dict[str, list[float]] = {}
    for name in PICKED:
        bone = Sacrum(name, folder)
        print(
            f"{name}: breadth {bone.breadth_mm:.1f}  endplate {bone.endplate_mm:.1f}  beam {bone.beam_deg:.1f} deg  "
            f"axis to beam {bone.axis.heading_deg + bone.beam_deg:.1f} deg  turn {bone.axis.turn_deg:.1f} deg"
        )
        chart_down = np.array([np.sin(np.deg2rad(bone.beam_deg)), -np.cos(np.deg2rad(bone.beam_deg))])
        first = bone.axis.to_patient(bone.foramina["S1"])[1:]
        table.setdefault("foramen.S1.caudal", []).append(float((first - bone.posterior) @ chart_down))
        table.setdefault("axis_to_beam_deg", []).append(bone.axis.heading_deg + bone.beam_deg)
        if PICKED[name]["apex"] is not None:
            table.setdefault("axis_turn_deg", []).append(bone.axis.turn_deg)
        for level, slope in slopes(bone).items():
            table.setdefault(f"foramen.{level}.slope", []).append(slope)
        for (profile, station), value in profiles(bone).items():
            table.setdefault(f"profile.{profile}.{station}", []).append(value)
        for key, value in processes(bone).items():
            table.setdefault(key, []).append(value)
    p = sacrum_parameters().values
    order = {station: number for number, station in enumerate(STATIONS)}
    for key in sorted(table, key=lambda k: (k.rsplit(".", 1)[0], order.get(k.rsplit(".", 1)[-1], 9))):
        values = np.array(table[key])
        values = values[np.isfinite(values)]
        ours = p.get(key)
        inside = "" if ours is None or values.min() - 0.05 <= ours <= values.max() + 0.05 else "  OUTSIDE"
        spread = f"mean {values.mean():6.2f}  low {values.min():6.2f}  high {values.max():6.2f}  n {len(values)}"
        print(f"{key:32s} {spread}  entered {ours}{inside}")


if __name__ == "__main__":
    main()
