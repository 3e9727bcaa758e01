"""``rfplan doctor``: what works on this machine, and what would help where something does not."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from rfplan.cache import cache_folder

Status = Literal["ok", "warn", "broken"]
_PACKAGES: Final = (
    "numpy",
    "scipy",
    "numba",
    "trimesh",
    "nibabel",
    "pydicom",
    "scikit-image",
    "pillow",
    "pyvista",
    "matplotlib",
)
_MEMORY_NEEDED_GB: Final = 1.0
_COMPILED_REMEDY: Final = "set RFPLAN_CACHE_DIR to a folder that can be written"


@dataclass(frozen=True)
class Finding:
    """One line of the doctor: what was looked at, how it is, and what to do where it is not well."""

    name: str
    status: Status
    text: str
    remedy: str = ""


def doctor(*, json: bool = False) -> int:
    """Say what works on this machine.

    Ends with status 1 only where rfplan cannot do its main job here.

    Parameters
    ----------
    json
        Print one JSON object and nothing else.
    """
    from rfplan.cli.console import people, print_json

    findings = examine()
    broken = any(finding.status == "broken" for finding in findings)
    if json:
        print_json(
            {
                "status": "broken" if broken else "ok",
                "checks": [{"name": f.name, "status": f.status, "text": f.text, "remedy": f.remedy} for f in findings],
            }
        )
        return int(broken)
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, show_header=False, pad_edge=False)
    words = {"ok": "[green]ok[/]", "warn": "[yellow]warn[/]", "broken": "[bold red]broken[/]"}
    for finding in findings:
        text = escape(finding.text)
        if finding.remedy:
            text += f"\n[italic]{escape(finding.remedy)}[/]"
        table.add_row(words[finding.status], finding.name, text)
    people().print(table)
    return int(broken)


def examine() -> list[Finding]:
    """Every check; one that fails in itself is a finding too."""
    findings = []
    for name, check in _CHECKS.items():
        try:
            findings.append(check(name))
        except Exception as error:  # a doctor that dies of the patient's disease helps nobody
            findings.append(Finding(name, "broken", f"{type(error).__name__}: {error}"))
    return findings


def _versions(name: str) -> Finding:
    import platform
    from importlib.metadata import PackageNotFoundError, version

    import rfplan

    found, absent = [], []
    for package in _PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            absent.append(package)
    text = f"rfplan {rfplan.__version__}, Python {platform.python_version()}, {', '.join(found)}"
    if absent:
        return Finding(name, "broken", text, f"not installed: {', '.join(absent)}; run: pip install {' '.join(absent)}")
    return Finding(name, "ok", text)


def _figures(name: str) -> Finding:
    from rfplan.figures import anatomy_folder, figures

    tables = sorted(path.stem for path in anatomy_folder().glob("*.toml") if path.stem != "bibliography")
    if not tables:
        return Finding(name, "broken", f"no figures in {anatomy_folder()}", "install rfplan again")
    marks = Counter(figure.mark for table in tables for figure in figures(table).values())
    count = sum(marks.values())
    by_mark = ", ".join(f"{mark} {number}" for mark, number in marks.most_common())
    return Finding(
        name, "ok", f"{count} figures in {len(tables)} tables ({anatomy_folder()}); by trust mark: {by_mark}"
    )


def _catalogues(name: str) -> Finding:
    from rfplan.devices.catalogue import electrodes
    from rfplan.planning.techniques import techniques

    return Finding(name, "ok", f"{len(electrodes())} electrodes, {len(techniques())} techniques")


def _cache(name: str) -> Finding:
    folder = cache_folder()
    if _writable(folder):
        return Finding(name, "ok", f"{folder} can be written")
    return Finding(
        name,
        "warn",
        f"{folder} cannot be written: every run builds its patient anew",
        "set RFPLAN_CACHE_DIR to a folder that can be written",
    )


def _lesions(name: str) -> Finding:
    from rfplan.lesion.store import LARGEST_BYTES, store_state

    state = store_state()
    text = f"{state.lesions} solved lesions, {state.size_bytes / 1e6:.1f} of at most {LARGEST_BYTES / 1e6:.0f} MB in {state.folder}"
    if _writable(state.folder):
        return Finding(name, "ok", text)
    return Finding(
        name,
        "warn",
        f"{state.folder} cannot be written: every lesion is solved anew",
        "set RFPLAN_CACHE_DIR to a folder that can be written",
    )


def _compiled(name: str) -> Finding:
    from rfplan.geometry.compiled import kernel_folder

    folder = kernel_folder()
    if folder is not None:
        return Finding(name, "ok", f"compiled code is kept in {folder}")
    where = f"{cache_folder()} cannot be written"
    return Finding(name, "warn", f"{where}: code is compiled anew in every run, which takes seconds", _COMPILED_REMEDY)


def _pictures(name: str) -> Finding:
    import numpy as np

    from rfplan.geometry.mesh import Mesh
    from rfplan.report.camera import Camera
    from rfplan.report.renderer import render
    from rfplan.report.scene import Scene, Surface

    corners = np.array([[0.0, 0.0, 0.0], [10.0, 0.0, 0.0], [0.0, 10.0, 0.0], [0.0, 0.0, 10.0]])
    mesh = Mesh(corners, np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]]))
    image = render(Scene((Surface(mesh, "#808080"),), corners), Camera(np.eye(3), corners.mean(axis=0), 20.0), (64, 48))
    if image.min() == image.max():
        return Finding(name, "broken", "the rasteriser draws nothing", "install rfplan again")
    return Finding(name, "ok", "drawn by rfplan itself; needs no display and no graphics library")


def _window(name: str) -> Finding:
    from rfplan.report.window_probe import REMEDY, has_display, probe_window

    probe = probe_window()
    if not probe.works:
        return Finding(
            name,
            "warn",
            f"VTK cannot draw here ({probe.reason}); only 'rfplan show --interactive' needs it",
            REMEDY,
        )
    if not has_display():
        return Finding(
            name,
            "warn",
            f"VTK draws ({probe.window_class}), but there is no display for 'rfplan show --interactive'",
            "run it on a desktop, or set DISPLAY; pictures need neither",
        )
    return Finding(name, "ok", f"'rfplan show --interactive' draws with {probe.window_class}")


def _machine(name: str) -> Finding:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    text = f"{sys.platform}, {cores} core{'s' if cores != 1 else ''}"
    memory = _memory_gb()
    if memory is None:
        return Finding(name, "ok", text)
    text += f", {memory[1]:.1f} of {memory[0]:.1f} GB of memory free"
    if memory[1] < _MEMORY_NEEDED_GB:
        return Finding(name, "warn", text, f"'rfplan plan' needs up to {_MEMORY_NEEDED_GB:g} GB: close other programs")
    return Finding(name, "ok", text)


def _memory_gb() -> tuple[float, float] | None:
    """All and free memory; None where the system does not tell."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    entries = {line.split(":")[0]: float(line.split()[1]) / 2**20 for line in lines if len(line.split()) > 1}
    return entries["MemTotal"], entries["MemAvailable"]


def _writable(folder: Path) -> bool:
    """Whether files can be made in ``folder``, or in the nearest folder above that exists."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)


_CHECKS: Final[dict[str, Callable[[str], Finding]]] = {
    "versions": _versions,
    "anatomy figures": _figures,
    "catalogues": _catalogues,
    "cache folder": _cache,
    "lesion store": _lesions,
    "compiled code": _compiled,
    "pictures": _pictures,
    "window": _window,
    "machine": _machine,
}
