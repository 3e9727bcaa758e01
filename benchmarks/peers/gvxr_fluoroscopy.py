"""The same bones in the same beam with gVirtualXRay, an independent code on OpenGL: its paths and its time beside rfplan's.

    pip install 'rfplan[peers]'
    apt-get install libxcb-res0 libxcb-ewmh2 libxcb-composite0 libxcb-xinerama0 libxkbcommon-x11-0 libegl1     # on Debian
    python benchmarks/peers/gvxr_fluoroscopy.py FOLDER_OF_MESHES [SIZE_PX]

Both see every bone with one attenuation coefficient in air and one photon energy. rfplan runs on one thread; gVirtualXRay takes what
OpenGL gives it. Calls of the two alternate, so that a busy machine is as busy for both; the fastest of each counts, by the
clock on the wall and by the time of all processors.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import trimesh

from rfplan.anatomy.patient_file import load_patient
from rfplan.fluoroscopy.c_arm import CArm
from rfplan.fluoroscopy.projector import add_mesh, in_millimetres, joined, path_length_mm
from rfplan.geometry.mesh import Mesh

PER_CM = 0.337  # cancellous bone at 50 keV
KEV = 50.0
ROUNDS = 12
ANGLES = ((0.0, 0.0), (0.0, 30.0), (20.0, 20.0), (90.0, 0.0))


@contextmanager
def quiet():
    """gVirtualXRay tells all it does on the standard streams of the process."""
    sys.stdout.flush()
    kept = os.dup(1), os.dup(2)
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, 1)
    os.dup2(sink, 2)
    try:
        yield
    finally:
        for number, handle in enumerate(kept, start=1):
            os.dup2(handle, number)
            os.close(handle)
        os.close(sink)


class Peer:
    """The scene in gVirtualXRay."""

    def __init__(self, bones: dict[str, Mesh]) -> None:
        from gvxrPython3 import gvxr

        self.gvxr = gvxr
        gvxr.createWindow(-1, 0, "EGL")
        for name, mesh in bones.items():
            with tempfile.TemporaryDirectory() as folder:
                file = Path(folder) / "bone.stl"
                trimesh.Trimesh(mesh.vertices_mm, mesh.faces, process=False).export(file)
                gvxr.loadMeshFile(name, str(file), "mm", True)
            gvxr.setLinearAttenuationCoefficient(name, PER_CM, "cm-1")
        gvxr.setMonoChromatic(KEV, "keV", 1)

    def aim(self, arm: CArm) -> None:
        gvxr, down = self.gvxr, arm.axes[1]
        gvxr.setSourcePosition(*arm.source_mm.tolist(), "mm")
        gvxr.usePointSource()
        gvxr.setDetectorPosition(*arm.receptor_mm.tolist(), "mm")
        gvxr.setDetectorUpVector(*(-down).tolist())
        gvxr.setDetectorNumberOfPixels(arm.size_px, arm.size_px)
        gvxr.setDetectorPixelSize(arm.pixel_mm, arm.pixel_mm, "mm")

    def image(self) -> np.ndarray:
        return np.asarray(self.gvxr.computeXRayImage())

    def path_mm(self) -> np.ndarray:
        white = np.asarray(self.gvxr.getWhiteImage(), dtype=float)
        return -np.log(np.asarray(self.image(), dtype=float) / white) / (0.1 * PER_CM)


def spent_ms(work: Callable[[], object]) -> tuple[float, float]:
    """Time on the wall and of all processors that ``work`` takes, ms."""
    wall, processors = time.perf_counter(), time.process_time()
    work()
    return 1e3 * (time.perf_counter() - wall), 1e3 * (time.process_time() - processors)


def main() -> None:
    """Print accuracy and time, view by view."""
    folder, size = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 512
    patient = load_patient(folder)
    bones = dict(patient.bones)
    vertices, faces = joined(list(bones.values()))
    weights = np.ones(len(faces), dtype=np.float32)
    with quiet():
        peer = Peer(bones)
    print(f"{folder.name}: {len(faces)} triangles, {size} x {size} pixels")
    for lao, cranial in ANGLES:
        arm = CArm(lao, cranial, patient.frame.to_patient([0.0, 40.0, -10.0]), size_px=size)
        with quiet():
            peer.aim(arm)
            other = peer.path_mm()
        ours = path_length_mm(arm, bones)
        # the picture of the peer may be mirrored top to bottom or left to right
        views = {"as is": other, "flipped": other[::-1], "mirrored": other[:, ::-1], "turned": other[::-1, ::-1]}
        best = min(views, key=lambda way: float(np.abs(views[way] - ours).mean()))
        error = np.abs(views[best] - ours)

        def own(arm: CArm = arm) -> None:
            image = np.zeros((size, size), dtype=np.float32)
            add_mesh(arm, vertices, faces, weights, image)
            in_millimetres(arm, image)

        own()
        mine, theirs = [], []
        for _ in range(ROUNDS):
            mine.append(spent_ms(own))
            with quiet():
                theirs.append(spent_ms(peer.image))
        (fast, fast_cpu), (slow, slow_cpu) = np.min(mine, axis=0), np.min(theirs, axis=0)
        print(
            f"LAO {lao:g}, cranial {cranial:g} ({best}): apart by {np.quantile(error, 0.99):.4f} mm at the 99th percentile, "
            f"{np.quantile(error, 0.9999):.3f} at the 99.99th; rfplan {fast:.1f} ms, gVirtualXRay {slow:.1f} ms: {slow / fast:.1f} times; "
            f"processor time {fast_cpu:.1f} and {slow_cpu:.1f} ms: {slow_cpu / fast_cpu:.1f} times"
        )
    # its own way out ends the process with an error where there is no display
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
