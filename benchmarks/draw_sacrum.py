"""Draw the parametric sacrum for docs/anatomy-sacrum.md: four views, and its landmarks.

python benchmarks/draw_sacrum.py [folder for the pictures]
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pyvista as pv

from rfplan.anatomy.sacrum import ParametricSacrum

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "pictures"
BONE = {"color": "#e8e0c8", "smooth_shading": True, "specular": 0.1}

# name, direction from which one looks, what is up
VIEWS = [
    ("posterior, 30 deg cranial", (0.0, np.cos(np.pi / 6), 0.5), (0.0, -0.5, 0.866)),
    ("posterior oblique", (0.64, 0.77, 0.45), (0.0, 0.0, 1.0)),
    ("lateral", (1.0, 0.0, 0.0), (0.0, 0.0, 1.0)),
    ("anterior", (0.0, -1.0, 0.0), (0.0, 0.0, 1.0)),
]


def look(plotter: pv.Plotter, centre: np.ndarray, direction: tuple, up: tuple, scale_mm: float) -> None:
    """Parallel view of ``centre`` from ``direction``."""
    away = np.array(direction) / np.linalg.norm(direction)
    plotter.camera.focal_point = centre
    plotter.camera.position = centre + 400.0 * away
    plotter.camera.up = up
    plotter.camera.parallel_projection = True
    plotter.camera.parallel_scale = scale_mm
    plotter.reset_camera_clipping_range()


def four_views(bone: pv.PolyData, path: Path) -> None:
    plotter = pv.Plotter(off_screen=True, shape=(1, 4), border=False, window_size=(1800, 450))
    plotter.background_color = "white"
    for column, (name, direction, up) in enumerate(VIEWS):
        plotter.subplot(0, column)
        plotter.add_mesh(bone, **BONE)
        plotter.add_text(name, font_size=8, color="black")
        look(plotter, np.array(bone.center), direction, up, 66.0)
    plotter.screenshot(path)
    plotter.close()


def landmarks(sacrum: ParametricSacrum, bone: pv.PolyData, path: Path) -> None:
    plotter = pv.Plotter(off_screen=True, shape=(1, 2), border=False, window_size=(1500, 750))
    plotter.background_color = "white"
    for column, (_, direction, up) in enumerate((VIEWS[0], VIEWS[2])):
        plotter.subplot(0, column)
        plotter.add_mesh(bone, **BONE)
        for foramen in sacrum.foramina():
            ring = foramen.rim_mm + 0.4 * foramen.axis
            plotter.add_mesh(pv.lines_from_points(ring, close=True), color="firebrick", line_width=4)
        for curve in sacrum.curves().values():
            plotter.add_mesh(pv.lines_from_points(curve.points_mm), color="seagreen", line_width=4)
        plotter.add_mesh(pv.lines_from_points(sacrum.auricular_mm("left"), close=True), color="purple", line_width=4)
        marks = {k: v for k, v in sacrum.landmarks().items() if not k.endswith("right")}
        points = np.array([mark.position_mm for mark in marks.values()])
        plotter.add_point_labels(
            points, list(marks), font_size=14, point_size=10, always_visible=True, shape_opacity=0.4
        )
        look(plotter, np.array(bone.center), direction, up, 60.0)
    plotter.screenshot(path)
    plotter.close()


def main() -> None:
    """Write both pictures."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    sacrum = ParametricSacrum()
    mesh = sacrum.mesh()
    bone = pv.PolyData.from_regular_faces(mesh.vertices_mm, mesh.faces)
    four_views(bone, folder / "sacrum_four_views.png")
    landmarks(sacrum, bone, folder / "sacrum_landmarks.png")


if __name__ == "__main__":
    main()
