"""A window in which the patient can be turned; the only place that loads VTK."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from rfplan.errors import RfplanError
from rfplan.report.camera import Camera
from rfplan.report.scene import Scene, Surface
from rfplan.report.window_probe import REMEDY, WINDOW_VARIABLE, check_display, probe_window


def show_window(scene: Scene, camera: Camera, title: str) -> None:
    """Open a window with ``scene`` and wait until it is closed.

    Raises
    ------
    RfplanError : no display, or VTK cannot draw here; the message says what helps
    """
    check_display()
    probe = probe_window()
    if not probe.works:
        raise RfplanError(f"--interactive: VTK cannot draw on this machine ({probe.reason}); {REMEDY} helps")
    if probe.setting:
        os.environ[WINDOW_VARIABLE] = probe.setting
    plotter_of(scene, camera, off_screen=False).show(title=title)


def plotter_of(scene: Scene, camera: Camera, off_screen: bool) -> Any:
    """The scene in a ``pyvista.Plotter``, seen from ``camera``. Only where :func:`probe_window` says that VTK draws."""
    import pyvista

    # pyvista's own annotations do not survive strict checking
    plotter: Any = pyvista.Plotter(off_screen=off_screen, window_size=[1200, 900])
    plotter.background_color = scene.background
    for surface in scene.surfaces:
        plotter.add_mesh(
            _poly_data(surface),
            color=surface.colour,
            opacity=surface.opacity,
            smooth_shading=True,
            specular=surface.gloss,
            specular_power=surface.sharpness,
        )
    plotter.enable_depth_peeling()
    eye_mm = camera.eye_mm or 620.0
    plotter.camera.position = tuple(camera.target_mm + eye_mm * camera.axes[2])
    plotter.camera.focal_point = tuple(camera.target_mm)
    plotter.camera.up = tuple(camera.axes[1])
    plotter.camera.view_angle = float(np.rad2deg(2.0 * np.arctan(0.5 * 0.75 * camera.width_mm / eye_mm)))
    plotter.reset_camera_clipping_range()
    plotter.add_axes(xlabel="L", ylabel="P", zlabel="H")
    return plotter


def _poly_data(surface: Surface) -> Any:
    import pyvista

    faces = surface.mesh.faces
    padded = np.column_stack([np.full(len(faces), 3, dtype=faces.dtype), faces])
    make: Any = pyvista.PolyData
    return make(np.array(surface.mesh.vertices_mm), padded.ravel())
