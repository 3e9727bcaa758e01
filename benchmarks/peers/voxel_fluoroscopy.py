"""The same bones as voxels in the same beam with plastimatch and DiffDRR: their paths and their time beside rfplan's.

    pip install plastimatch torch && pip install --no-deps diffdrr     # its renderers need nothing but PyTorch
    python benchmarks/peers/voxel_fluoroscopy.py FOLDER_OF_MESHES [SIZE_PX] [VOXEL_MM]

The bones are filled into voxels of 1 mm, 1 inside and 0 outside, so that a line integral is a path in bone. All codes see that volume,
each on one thread: plastimatch its exact ray tracing, DiffDRR its two renderers, rfplan Joseph's method; and rfplan's meshes, which
need no voxels, stand beside them. What is not installed is left out. plastimatch is a program: the time of reading the volume,
that of a picture of one pixel, is taken off.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from rfplan.anatomy.patient_file import load_patient
from rfplan.fluoroscopy.c_arm import CArm
from rfplan.fluoroscopy.projector import add_mesh, in_millimetres, joined
from rfplan.fluoroscopy.voxel_kernels import ray_sums
from rfplan.geometry.mesh import Mesh

ANGLES = ((0.0, 30.0), (90.0, 0.0))
RAYS_AT_ONCE = 8192


class Volume:
    """Bones as voxels: ``values`` (nx, ny, nz), the middle of the first at ``origin_mm``."""

    def __init__(self, meshes: list[Mesh], voxel_mm: float) -> None:
        bounds = np.stack([mesh.bounds_mm for mesh in meshes])
        low, high = bounds[:, 0].min(axis=0) - 2.0 * voxel_mm, bounds[:, 1].max(axis=0) + 2.0 * voxel_mm
        shape = np.ceil((high - low) / voxel_mm).astype(int) + 1
        self.origin_mm, self.voxel_mm = low, voxel_mm
        self.values = np.zeros(shape, dtype=np.float32)
        for mesh in meshes:
            self.values += self._filled(mesh)

    def _filled(self, mesh: Mesh) -> np.ndarray:
        """Inside or outside by parallel rays along z: a sorted list of crossings per column."""
        shape, found = self.values.shape, np.zeros(self.values.shape, dtype=np.float32)
        local = (mesh.vertices_mm - self.origin_mm) / self.voxel_mm + np.array([1.3e-4, 2.7e-4, 0.0])
        crossings: dict[tuple[int, int], list[float]] = {}
        for a, b, c in local[mesh.faces]:
            low, high = np.minimum(np.minimum(a, b), c), np.maximum(np.maximum(a, b), c)
            area = (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])
            for i in range(int(np.ceil(low[0])), int(np.floor(high[0])) + 1):
                for j in range(int(np.ceil(low[1])), int(np.floor(high[1])) + 1):
                    u = ((i - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (j - a[1])) / area
                    v = ((b[0] - a[0]) * (j - a[1]) - (i - a[0]) * (b[1] - a[1])) / area
                    if u >= 0.0 and v >= 0.0 and u + v <= 1.0:
                        crossings.setdefault((i, j), []).append(a[2] + u * (b[2] - a[2]) + v * (c[2] - a[2]))
        for (i, j), heights in crossings.items():
            ordered = sorted(heights)
            for start, stop in zip(ordered[::2], ordered[1::2], strict=False):
                found[i, j, int(np.ceil(start)) : min(int(np.floor(stop)) + 1, shape[2])] = 1.0
        return found

    def index(self, points_mm: np.ndarray) -> np.ndarray:
        """Voxel numbers (..., 3) of points (..., 3)."""
        return np.asarray((points_mm - self.origin_mm) / self.voxel_mm)


def of_voxels(arm: CArm, volume: Volume) -> np.ndarray:
    """rfplan, Joseph's method."""
    axes, middle = arm.axes, 0.5 * arm.size_px - 0.5
    corner = arm.receptor_mm - middle * arm.pixel_mm * (axes[0] + axes[1])
    image = np.zeros((arm.size_px, arm.size_px), dtype=np.float32)
    step = arm.pixel_mm / volume.voxel_mm
    ray_sums(
        volume.values, volume.index(arm.source_mm), axes[0] * step, axes[1] * step, volume.index(corner), 1.0, image
    )
    in_millimetres(arm, image)
    return image


def of_meshes(arm: CArm, meshes: list[Mesh]) -> Callable[[], np.ndarray]:
    vertices, faces = joined(meshes)
    weights = np.ones(len(faces), dtype=np.float32)

    def path() -> np.ndarray:
        image = np.zeros((arm.size_px, arm.size_px), dtype=np.float32)
        add_mesh(arm, vertices, faces, weights, image)
        in_millimetres(arm, image)
        return image

    return path


def of_diffdrr(arm: CArm, volume: Volume, method: str) -> Callable[[], np.ndarray]:
    import torch
    from diffdrr.renderers import Siddon, Trilinear

    torch.set_num_threads(1)
    middle = np.arange(arm.size_px) + 0.5
    pixels = np.stack(np.meshgrid(middle, middle), axis=-1).reshape(-1, 2)
    source, directions = arm.ray(pixels)
    lengths = arm.sid_mm / (directions @ arm.beam)
    ends = volume.index(source + lengths[:, None] * directions)
    values = torch.tensor(volume.values)
    start = torch.tensor(volume.index(source), dtype=torch.float32).reshape(1, 1, 3)
    renderer = Siddon(voxel_shift=0.5) if method == "Siddon" else Trilinear(voxel_shift=0.5)

    def path() -> np.ndarray:
        found = []
        with torch.no_grad():
            for first in range(0, len(ends), RAYS_AT_ONCE):
                chunk = slice(first, first + RAYS_AT_ONCE)
                target = torch.tensor(ends[chunk], dtype=torch.float32)[None]
                length = torch.tensor(lengths[chunk], dtype=torch.float32)[None, None]
                found.append(renderer(values, start.expand_as(target), target, length).reshape(-1).numpy())
        return np.concatenate(found).reshape(arm.size_px, arm.size_px)

    return path


class Plastimatch:
    """The program, its files in a folder of its own."""

    def __init__(self, volume: Volume, folder: Path) -> None:
        from plastimatch import __file__ as package

        self.program, self.folder = Path(package).parent / "bin" / "plastimatch", folder
        nx, ny, nz = volume.values.shape
        spacing, origin = " ".join([str(volume.voxel_mm)] * 3), " ".join(f"{value:.9g}" for value in volume.origin_mm)
        (folder / "bones.raw").write_bytes(volume.values.transpose(2, 1, 0).astype("<f4").tobytes())
        (folder / "bones.mhd").write_text(
            f"ObjectType = Image\nNDims = 3\nDimSize = {nx} {ny} {nz}\nElementSpacing = {spacing}\nOffset = {origin}\n"
            "TransformMatrix = 1 0 0 0 1 0 0 0 1\nElementType = MET_FLOAT\nElementDataFile = bones.raw\n"
        )

    def run(self, arm: CArm, *more: str) -> tuple[np.ndarray, float]:
        """The picture, as the file has it, and the processor time of the program, s."""
        size, middle = arm.size_px, 0.5 * arm.size_px - 0.5

        def words(values: object) -> str:
            return " ".join(f"{value:.12g}" for value in np.asarray(values, dtype=float).ravel())

        command = [
            str(self.program), "drr", "-i", "exact", "-P", "none", "-t", "pfm", "-O", str(self.folder / "out"),
            "--nrm", words(-arm.beam), "--vup", words(-arm.axes[1]), "-o", words(arm.isocentre_mm),
            "--sad", f"{arm.sod_mm:g}", "--sid", f"{arm.sid_mm:g}", "-r", f"{size} {size}", "-c", words([middle, middle]),
            "-z", words([arm.field_mm, arm.field_mm]), *more, "-I", str(self.folder / "bones.mhd"),
        ]  # fmt: skip
        for old in self.folder.glob("out*.pfm"):
            old.unlink()
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, capture_output=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        (made,) = self.folder.glob("out*.pfm")
        header, data = made.read_bytes().split(b"\n", 3)[:3], made.read_bytes().split(b"\n", 3)[3]
        columns, rows = (int(word) for word in header[1].split())
        spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        # its lengths are in cm
        return 10.0 * np.frombuffer(data, dtype="<f4").reshape(rows, columns), spent


def timed(path: Callable[[], np.ndarray], rounds: int) -> tuple[np.ndarray, float]:
    """The picture and the processor time of the fastest of some calls after a first one, or of the first where ``rounds`` is 0, ms."""
    if rounds:
        path()
    times = []
    for _ in range(max(rounds, 1)):
        start = time.process_time()
        found = path()
        times.append(time.process_time() - start)
    return found, 1e3 * min(times)


def tell(name: str, image: np.ndarray, ms: float, joseph: np.ndarray, mesh: np.ndarray, fast_ms: float) -> None:
    ways = (image, image[::-1], image[:, ::-1], image[::-1, ::-1])
    best = min(ways, key=lambda way: float(np.abs(way - joseph).mean()))
    voxels, truth = (np.abs(best - other) for other in (joseph, mesh))
    print(
        f"  {name:26s} {ms:9.1f} ms, {ms / fast_ms:7.1f} times the meshes; from Joseph's mean {voxels.mean():.3f} "
        f"and 99 % {np.quantile(voxels, 0.99):.2f} mm, from the meshes mean {truth.mean():.3f} and 99 % {np.quantile(truth, 0.99):.2f} mm"
    )


def main() -> None:
    """Print accuracy and time, view by view."""
    folder = Path(sys.argv[1])
    size = int(sys.argv[2]) if len(sys.argv) > 2 else 512
    voxel_mm = float(sys.argv[3]) if len(sys.argv) > 3 else 1.0
    patient = load_patient(folder)
    meshes = list(patient.bones.values())
    volume = Volume(meshes, voxel_mm)
    print(
        f"{folder.name}: {size} x {size} pixels, {' x '.join(map(str, volume.values.shape))} voxels of {voxel_mm:g} mm"
    )
    with tempfile.TemporaryDirectory() as scratch:
        for lao, cranial in ANGLES:
            arm = CArm(lao, cranial, patient.frame.to_patient([0.0, 40.0, -10.0]), size_px=size)
            mesh, mesh_ms = timed(of_meshes(arm, meshes), 12)
            joseph, joseph_ms = timed(lambda arm=arm: of_voxels(arm, volume), 2)
            print(f"LAO {lao:g}, cranial {cranial:g}:")
            tell("rfplan, meshes", mesh, mesh_ms, joseph, mesh, mesh_ms)
            tell("rfplan, voxels (Joseph)", joseph, joseph_ms, joseph, mesh, mesh_ms)
            try:
                program = Plastimatch(volume, Path(scratch))
                reading = min(program.run(arm, "-w", "0 0 0 0")[1] for _ in range(3))
                image, spent = min((program.run(arm) for _ in range(3)), key=lambda run: run[1])
                tell("plastimatch, exact", image, 1e3 * (spent - reading), joseph, mesh, mesh_ms)
            except ImportError:
                print("  plastimatch is not installed")
            for method in ("trilinear", "Siddon"):
                try:
                    image, ms = timed(of_diffdrr(arm, volume, method), 0)
                except ImportError:
                    print("  DiffDRR is not installed")
                    break
                tell(f"DiffDRR, {method}", image, ms, joseph, mesh, mesh_ms)


if __name__ == "__main__":
    main()
