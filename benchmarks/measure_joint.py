"""Measure the sacral face of the sacroiliac joint on the real sets beside the project.

The face is where the sacrum and the hip look at each other from less than a reach. It is laid out in the coordinates of
each sacrum's own axis (s along it, t dorsal), scaled to the reference endplate, so that sets of different size can be
averaged; the lower end is compared with the S3 foramen in the true AP view.

    python benchmarks/measure_joint.py [folder of the real sets]
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import trimesh
from scipy.spatial import cKDTree

from measure_sacra import FOLDER, Sacrum
from rfplan.anatomy.sacrum_auricular import PLACES, SHARES
from rfplan.anatomy.sacrum_parameters import sacrum_parameters

# equivalent diameter of the S3 foramen, mean of both sides, as measured through the bone
S3_HEIGHT_MM = {"hra_female": 6.2, "artisynth_male": 5.9}
REACH_MM = 2.5


class Face:
    """Triangles of one side of a sacrum that face its hip within ``reach_mm``."""

    def __init__(self, bone: Sacrum, side: str, folder: Path, reach_mm: float) -> None:
        hip = trimesh.load(folder / bone.name / f"hip_{side}.ply")
        points, faces = trimesh.sample.sample_surface(hip, 120_000, seed=1)
        away, index = cKDTree(points).query(bone.mesh.triangles_center)
        facing = np.sum(bone.mesh.face_normals * hip.face_normals[faces[index]], axis=1) < -0.3
        keep = (away < reach_mm) & facing
        self.middles = bone.mesh.triangles_center[keep]
        self.areas = bone.mesh.area_faces[keep]
        self.gap_mm = away[keep]
        self.axis_mm = bone.axis.to_axis(self.middles)
        angle = np.deg2rad(bone.beam_deg)
        down = np.array([np.sin(angle), -np.cos(angle)])
        self.caudal_mm = (self.middles[:, 1:] - bone.posterior) @ down

    def border(self, scale: float, along_mm: float) -> float:
        """t of the dorsal border where s is ``along_mm``, mm of the reference; nan where the face is not met."""
        row = np.abs(self.axis_mm[:, 1] - along_mm) < 2.5
        return float(scale * np.percentile(self.axis_mm[row, 2], 97)) if row.sum() > 5 else np.nan


def measures(bone: Sacrum, side: str, folder: Path) -> dict[str, float]:
    """What is measured on one joint."""
    face = Face(bone, side, folder, REACH_MM)
    angle = np.deg2rad(bone.beam_deg)
    down = np.array([np.sin(angle), -np.cos(angle)])
    s3 = float((bone.axis.to_patient(bone.foramina["S3"])[1:] - bone.posterior) @ down)
    top, end = np.percentile(face.caudal_mm, [0.5, 99.5])
    low = face.middles[face.caudal_mm > end - 2.0]
    first, last = np.percentile(face.axis_mm[:, 1], [0.5, 99.5])
    scale = sacrum_parameters()["endplate_ap"] / bone.endplate_mm
    found = {
        "area, cm2": face.areas.sum() / 100.0,
        "height in the true AP view": end - top,
        "auricular.above_s3": s3 - 0.5 * S3_HEIGHT_MM[bone.name] - end,
        "lower end from midline": float(np.abs(low[:, 0]).mean()),
    }
    for place, share in zip(PLACES, SHARES, strict=True):
        found[f"auricular.dorsal.{place}"] = face.border(scale, first + np.clip(share, 0.03, 0.97) * (last - first))
    return found


def main() -> None:
    """Print every measure, per set (both sides averaged) and averaged over the sets."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    people = []
    for name in S3_HEIGHT_MM:
        bone = Sacrum(name, folder)
        sides = [measures(bone, side, folder) for side in ("left", "right")]
        print(name, {key: [round(side[key], 1) for side in sides] for key in sides[0]})
        people.append({key: float(np.nanmean([side[key] for side in sides])) for key in sides[0]})
    for key in people[0]:
        values = np.array([person[key] for person in people])
        print(
            f"{key:32s} mean {values.mean():6.2f}  low {values.min():6.2f}  high {values.max():6.2f}  n {len(values)}"
        )


if __name__ == "__main__":
    main()
