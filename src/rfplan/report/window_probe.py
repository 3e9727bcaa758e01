"""Whether VTK can draw on this machine, found out in a child process, because where it cannot it kills its process."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Final

from rfplan.errors import RfplanError

WINDOW_VARIABLE: Final = "VTK_DEFAULT_OPENGL_WINDOW"
_CLASSES: Final = ("", "vtkEGLRenderWindow", "vtkOSOpenGLRenderWindow")
_TIMEOUT_S: Final = 90.0
_ATTEMPT: Final = """
import pyvista
plotter = pyvista.Plotter(off_screen=True, window_size=(64, 64))
plotter.add_mesh(pyvista.Sphere(), color="red")
plotter.background_color = "white"
image = plotter.screenshot(return_img=True)
assert image.min() < image.max()
print("drawn", plotter.render_window.GetClassName())
"""
REMEDY: Final = "apt-get install libegl1 libgl1 (or libosmesa6)"


@dataclass(frozen=True)
class WindowProbe:
    """``window_class`` draws, as VTK names it; ``setting`` is what :data:`WINDOW_VARIABLE` must be for it, empty for the default.

    ``window_class`` is None where nothing draws; ``reason`` then says what was tried.
    """

    window_class: str | None
    setting: str
    reason: str = ""

    @property
    def works(self) -> bool:
        """True if some window class draws."""
        return self.window_class is not None


def probe_window() -> WindowProbe:
    """Try the window classes one after the other, each in a child process."""
    tried = []
    for setting in _CLASSES:
        environment = dict(os.environ)
        if setting:
            environment[WINDOW_VARIABLE] = setting
        try:
            child = subprocess.run(
                [sys.executable, "-c", _ATTEMPT],
                env=environment,
                capture_output=True,
                text=True,
                timeout=_TIMEOUT_S,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            tried.append(f"{setting or 'default'}: {type(error).__name__}")
            continue
        drawn = [line for line in child.stdout.splitlines() if line.startswith("drawn ")]
        if child.returncode == 0 and drawn:
            return WindowProbe(drawn[-1].removeprefix("drawn "), setting)
        tried.append(f"{setting or 'default'}: ended with status {child.returncode}")
    return WindowProbe(None, "", "; ".join(tried))


def check_display() -> None:
    """Refuse a window where nobody could see it, before any work is done for it.

    Raises
    ------
    RfplanError : no display; the message says what to do instead
    """
    if not has_display():
        raise RfplanError(
            "--interactive needs a display and there is none (DISPLAY is not set); without --interactive, "
            "'rfplan show --out FILE.png' draws the picture"
        )


def has_display() -> bool:
    """True where a window can be shown to somebody."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
