"""Measure hips and joints of the real sets beside the project, and print the figures of the iliac blade and of the placement.

Every hip is put into its own axes: origin at the centre of the cup, superior from the pubic tubercle to the anterior superior spine in
the sagittal plane, lateral from the median plane. Right hips are mirrored; both sides of a set are averaged, so that n counts people.

    python benchmarks/measure_pelvis.py [folder of the real sets]
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import trimesh
from numba import njit
from scipy.spatial import cKDTree

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data" / "anatomy"
YAW_DEG = 28.0
CENTRE_ABOVE_MM = 28.0
SHARES = (0.40, 0.75, 0.95)

# (y, z) picked by hand on the left hip seen from its side; endplate: slope in degrees and (y, z) of its back edge
PICKED = {
    "hra_female": {
        "asis": (-130, -2), "summit": (-35, 71), "psis": (36, 10), "piis": (28, -12), "notch": (-32, -30),
        "aiis": (-108, -38), "cup": (-72, -75), "tubercle": (-123, -90), "endplate": (32.0, -16.8, 38.5),
    },
    "artisynth_male": {
        "asis": (-100, 32), "summit": (-15, 104), "psis": (33, 38), "piis": (15, 4), "notch": (-10, -8),
        "aiis": (-88, -15), "cup": (-55, -48), "tubercle": (-112, -58), "endplate": (35.5, -24.9, 69.0),
    },
    "jhu_24": {
        "asis": (-110, -2), "summit": (-20, 36), "psis": (25, 5), "piis": (2, -28), "notch": (-22, -48),
        "aiis": (-97, -35), "cup": (-65, -95), "tubercle": (-125, -98), "endplate": (54.5, -18.0, 27.0),
    },
}  # fmt: skip
CORNERS = ("asis", "summit", "psis", "piis", "notch", "aiis")
BETWEEN = {"asis": 3, "summit": 3, "psis": 1, "piis": 2, "notch": 0, "aiis": 1}


@njit
def heights(vertices, faces, low, step, count_a, count_b):
    """Lowest and highest crossing of the mesh over every node of a grid."""
    lowest, highest = np.full((count_a, count_b), 1e9), np.full((count_a, count_b), -1e9)
    for face in range(faces.shape[0]):
        p, q, r = vertices[faces[face, 0]], vertices[faces[face, 1]], vertices[faces[face, 2]]
        area = (q[0] - p[0]) * (r[1] - p[1]) - (r[0] - p[0]) * (q[1] - p[1])
        if area == 0.0:
            continue
        i0, i1 = (min(p[0], q[0], r[0]) - low[0]) / step, (max(p[0], q[0], r[0]) - low[0]) / step
        j0, j1 = (min(p[1], q[1], r[1]) - low[1]) / step, (max(p[1], q[1], r[1]) - low[1]) / step
        for i in range(max(int(np.ceil(i0)), 0), min(int(i1), count_a - 1) + 1):
            for j in range(max(int(np.ceil(j0)), 0), min(int(j1), count_b - 1) + 1):
                x, y = low[0] + i * step, low[1] + j * step
                u = ((q[0] - x) * (r[1] - y) - (r[0] - x) * (q[1] - y)) / area
                v = ((r[0] - x) * (p[1] - y) - (p[0] - x) * (r[1] - y)) / area
                if u >= 0.0 and v >= 0.0 and u + v <= 1.0:
                    z = u * p[2] + v * q[2] + (1.0 - u - v) * r[2]
                    lowest[i, j], highest[i, j] = min(lowest[i, j], z), max(highest[i, j], z)
    return lowest, highest


class Hip:
    """A real hip bone in its own axes (anterior, superior, lateral)."""

    def __init__(self, name: str, side: str, folder: Path) -> None:
        mesh = trimesh.load(folder / name / f"hip_{side}.ply")
        self.sacrum = trimesh.load(folder / name / "sacrum.ply").vertices
        if side == "right":
            mesh.vertices = mesh.vertices * [-1.0, 1.0, 1.0]
            mesh.invert()
            self.sacrum = self.sacrum * [-1.0, 1.0, 1.0]
        self.mesh = max(mesh.split(only_watertight=False), key=lambda piece: len(piece.faces))
        self.picked = PICKED[name]
        self.cup, self.cup_radius = self._cup()
        place = {key: self._near(self.picked[key]) for key in (*CORNERS, "tubercle")}
        superior = place["asis"][1:] - place["tubercle"][1:]
        superior = superior / np.linalg.norm(superior)
        self.axes = np.array([[0, -superior[1], superior[0]], [0, *superior], [1.0, 0.0, 0.0]])
        self.tilt_deg = float(np.rad2deg(np.arctan2(-superior[0], superior[1])))
        self.corners = {key: self.blade(place[key]) for key in CORNERS}

    def _cup(self):
        vertices, normals = self.mesh.vertices, self.mesh.vertex_normals
        centre, radius = np.array([90.0, *self.picked["cup"]]), 24.0
        for _ in range(60):
            away = centre - vertices
            reach = np.linalg.norm(away, axis=1)
            on = (np.abs(reach - radius) < 5.0) & (np.sum(normals * away, axis=1) / reach > 0.85)
            system = np.column_stack([2 * vertices[on], np.ones(on.sum())])
            found = np.linalg.lstsq(system, np.sum(vertices[on] ** 2, axis=1), rcond=None)[0]
            size = np.clip(np.sqrt(found[3] + found[:3] @ found[:3]), 18.0, 32.0)
            centre, radius = 0.5 * (centre + found[:3]), 0.5 * (radius + size)
        return centre, float(radius)

    def _near(self, picked):
        order = np.argsort(np.linalg.norm(self.mesh.vertices[:, 1:] - picked, axis=1))
        return np.median(self.mesh.vertices[order[:6]], axis=0)

    def blade(self, points):
        """Along, up and out of the plane of the blade."""
        forward, up, lateral = ((np.asarray(points) - self.cup) @ self.axes.T).T
        yaw = np.deg2rad(YAW_DEG)
        return np.stack(
            [
                forward * np.cos(yaw) + lateral * np.sin(yaw),
                up,
                lateral * np.cos(yaw) - forward * np.sin(yaw),
            ],
            -1,
        )

    def joint(self):
        """Centre of the area that is less than 3.5 mm from the sacrum, in hip axes."""
        near = cKDTree(self.sacrum).query(self.mesh.vertices)[0] < 3.5
        faces = near[self.mesh.faces].all(axis=1)
        centre = np.average(self.mesh.triangles_center[faces], axis=0, weights=self.mesh.area_faces[faces])
        return (centre - self.cup) @ self.axes.T

    def sheet(self) -> dict[str, float]:
        """Outline, middle and thickness of the blade by figure name."""
        step, low, count = 0.5, np.array([-160.0, -110.0]), 600
        lowest, highest = heights(
            np.ascontiguousarray(self.blade(self.mesh.vertices)),
            np.asarray(self.mesh.faces),
            low,
            step,
            count,
            count,
        )
        bone = highest > -1e8

        def sampled(place):
            i, j = np.round((place - low) / step).astype(int)
            for reach in range(8):
                here = (slice(i - reach, i + reach + 1), slice(j - reach, j + reach + 1))
                if bone[here].any():
                    bottom, top = np.median(lowest[here][bone[here]]), np.median(highest[here][bone[here]])
                    return 0.5 * (bottom + top), top - bottom
            raise ValueError("no bone near the blade")

        centre = 0.5 * (self.corners["notch"][:2] + self.corners["aiis"][:2]) + [0.0, CENTRE_ABOVE_MM]
        middle, thickness = sampled(centre)
        found = {
            "centre.along": centre[0], "centre.superior": centre[1], "centre.mid": middle, "centre.thickness": thickness,
        }  # fmt: skip
        turns = [np.arctan2(*(self.corners[key][:2] - centre)[::-1]) for key in CORNERS]
        turns = np.unwrap([*turns, turns[0]])
        turns[-1] = turns[0] + 2 * np.pi
        for k, key in enumerate(CORNERS):
            following = CORNERS[(k + 1) % len(CORNERS)]
            for part in range(BETWEEN[key] + 1):
                name = key if part == 0 else f"{key}_{following}_{part}"
                angle = turns[k] + (turns[k + 1] - turns[k]) * part / (BETWEEN[key] + 1)
                direction = np.array([np.cos(angle), np.sin(angle)])
                radius = 0.0
                for reach in np.arange(5.0, 140.0, step):
                    i, j = np.round((centre + reach * direction - low) / step).astype(int)
                    if not bone[max(i - 2, 0) : i + 3, max(j - 2, 0) : j + 3].any():
                        break
                    radius = reach if bone[i, j] else radius
                if name in ("notch", "aiis"):
                    # below these the blade goes over into the bone of the cup
                    radius = float(np.linalg.norm(self.corners[name][:2] - centre))
                found[f"{name}.angle"], found[f"{name}.radius"] = np.rad2deg(angle), radius
                for share in SHARES:
                    middle, thickness = sampled(centre + share * radius * direction)
                    found[f"{name}.mid_{share * 100:.0f}"] = middle
                    found[f"{name}.thickness_{share * 100:.0f}"] = thickness
        return found


def figures_of(hip: Hip) -> dict[str, float]:
    """Everything measured on one hip."""
    slope, back_y, back_z = hip.picked["endplate"]
    down = np.array([np.sin(np.deg2rad(slope)), -np.cos(np.deg2rad(slope))])
    joint = hip.joint()
    found = {f"blade.{key}": value for key, value in hip.sheet().items()}
    found |= {
        "placement.rotation": slope - hip.tilt_deg,
        "placement.joint_anterior": joint[0],
        "placement.joint_superior": joint[1],
        "placement.joint_lateral": joint[2],
        "cup.radius": hip.cup_radius,
        "cup.below_endplate": float((hip.cup[1:] - [back_y, back_z]) @ down),
    }
    return found


def main(folder: Path) -> None:
    people = []
    for name in PICKED:
        sides = [figures_of(Hip(name, side, folder)) for side in ("left", "right")]
        people.append({key: float(np.mean([side[key] for side in sides])) for key in sides[0]})
    for key in people[0]:
        values = np.array([person[key] for person in people])
        each = " ".join(f"{value:7.1f}" for value in values)
        print(f"hip.{key:34s} mean {values.mean():7.1f}  sd {values.std(ddof=1):5.1f}  n {len(values)}   {each}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
