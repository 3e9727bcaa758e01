"""Draw the parametric pelvis for docs/anatomy-pelvis.md: four views, a hip from both sides, sections of the joint.

python docs/pictures/pelvis.py [folder for the pictures]
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pyvista as pv
from matplotlib.collections import LineCollection

from rfplan.anatomy.reference import ParametricPelvis, parametric_pelvis
from rfplan.geometry.mesh import Mesh

UP = np.array([0.0, 0.0, 1.0])
SECTIONS_MM = (10.0, 30.0, 45.0, 58.0)


def surface(mesh: Mesh) -> pv.PolyData:
    """The mesh as VTK has it."""
    return pv.PolyData.from_regular_faces(mesh.vertices_mm, mesh.faces)


def draw(
    plotter: pv.Plotter, bones: dict[str, Mesh], title: str, away: np.ndarray, up: np.ndarray, half_mm: float
) -> None:
    """Bones in parallel view from ``away``."""
    for name, mesh in bones.items():
        plotter.add_mesh(surface(mesh), color="#e9dfc8" if name == "sacrum" else "#c9b48c", smooth_shading=True)
    plotter.add_text(title, font_size=9, color="black")
    low, high = np.min([b.bounds_mm[0] for b in bones.values()], 0), np.max([b.bounds_mm[1] for b in bones.values()], 0)
    plotter.camera.focal_point = 0.5 * (low + high)
    plotter.camera.position = 0.5 * (low + high) + 600.0 * np.asarray(away) / np.linalg.norm(away)
    plotter.camera.up = up
    plotter.camera.parallel_projection = True
    plotter.camera.parallel_scale = half_mm
    plotter.reset_camera_clipping_range()


def views(pelvis: ParametricPelvis, path: Path) -> None:
    """The pelvis from four directions."""
    frame = pelvis.sacrum.frame()
    plotter = pv.Plotter(off_screen=True, shape=(2, 2), border=False, window_size=(1100, 900))
    plotter.background_color = "white"
    for number, (title, away, up) in enumerate(
        [
            ("true AP, from behind", frame.posterior, -frame.caudal),
            ("oblique", np.array([-0.8, 0.8, 0.2]), UP),
            ("from the side", np.array([1.0, 0.0, 0.0]), UP),
            ("from in front", np.array([0.0, -1.0, 0.3]), UP),
        ]
    ):
        plotter.subplot(number // 2, number % 2)
        draw(plotter, dict(pelvis.bones), title, away, up, 125.0)
    plotter.screenshot(path)
    plotter.close()


def hip(pelvis: ParametricPelvis, path: Path) -> None:
    """The left hip from both sides."""
    plotter = pv.Plotter(off_screen=True, shape=(1, 2), border=False, window_size=(1000, 480))
    plotter.background_color = "white"
    for number, (title, sign) in enumerate(
        [("left hip, inner side with the auricular face", -1.0), ("left hip, outer side", 1.0)]
    ):
        plotter.subplot(0, number)
        draw(plotter, {"hip_left": pelvis.bones["hip_left"]}, title, np.array([sign, 0.0, 0.0]), UP, 110.0)
    plotter.screenshot(path)
    plotter.close()


def sections(pelvis: ParametricPelvis, path: Path) -> None:
    """Cuts across the true AP view at four levels of the joint."""
    frame = pelvis.sacrum.frame()
    figure, axes = plt.subplots(1, len(SECTIONS_MM), figsize=(13, 3.2))
    for axis, level in zip(axes, SECTIONS_MM, strict=True):
        for name, colour in (("hip_left", "#355f8d"), ("hip_right", "#355f8d"), ("sacrum", "#a5813c")):
            cut = surface(pelvis.bones[name]).slice(
                normal=frame.caudal, origin=frame.to_patient(np.array([[0.0, level, 0.0]]))[0]
            )
            points, ends = frame.to_chart(np.asarray(cut.points)), np.asarray(cut.lines).reshape(-1, 3)[:, 1:]
            axis.add_collection(LineCollection(points[ends][:, :, [0, 2]], colors=colour, linewidths=1.0))
        axis.set(xlim=(80.0, -80.0), ylim=(-60.0, 40.0), aspect="equal")
        axis.set_title(f"{level:.0f} mm below the S1 endplate", fontsize=8)
        axis.set_xlabel("lateral, mm (left positive)", fontsize=7)
        axis.tick_params(labelsize=7)
    axes[0].set_ylabel("posterior, mm", fontsize=7)
    figure.tight_layout()
    figure.savefig(path, dpi=100)


def main() -> None:
    """Write the three pictures."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent
    pelvis = parametric_pelvis()
    views(pelvis, folder / "pelvis_views.png")
    hip(pelvis, folder / "pelvis_hip.png")
    sections(pelvis, folder / "pelvis_joint.png")


if __name__ == "__main__":
    main()
