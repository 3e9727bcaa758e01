"""A patient from the bones of a real person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from rfplan.anatomy.import_checks import MM_PER_UNIT, check_arrangement
from rfplan.anatomy.import_cuts import flat_cuts
from rfplan.anatomy.import_label_table import read_label_table
from rfplan.anatomy.import_labels import has_masks, import_labels, import_masks
from rfplan.anatomy.import_mesh_file import MESH_SUFFIXES, InputFrame
from rfplan.anatomy.import_meshes import ImportedBones, import_meshes
from rfplan.anatomy.import_nifti import is_nifti
from rfplan.anatomy.landmark_file import GivenFeatures, read_landmark_file
from rfplan.anatomy.landmarks import Landmark
from rfplan.anatomy.patient import Patient
from rfplan.errors import InputError
from rfplan.figures import figures
from rfplan.geometry.distance import DistanceField
from rfplan.geometry.frames import ApFrame
from rfplan.geometry.mesh import Mesh


def import_patient(
    source: Path | str,
    landmarks: Path | str | None = None,
    frame: InputFrame | None = None,
    unit: str | None = None,
    labels: Path | str | None = None,
    seed: int | None = None,
) -> Patient:
    """The patient whose bones are in ``source``, a folder of meshes or a NIfTI label map.

    Parameters
    ----------
    landmarks : file of positions that override what is found on the bone
    frame : ``LPS`` or ``RAS``, where the files do not say or say it wrongly
    unit : ``mm``, ``cm`` or ``m``
    labels : table of the numbers in a label map; TotalSegmentator ``total`` without it
    seed : draws the nerves from the population; the typical set without it

    Raises
    ------
    InputError : anything in the files that cannot be right or cannot be repaired
    """
    path = Path(source)
    _check_choices(frame, unit)
    given = GivenFeatures() if landmarks is None else read_landmark_file(Path(landmarks))
    imported = import_bones(path, frame, unit, labels)
    unchecked = check_arrangement(imported.bones, str(path), imported.provenance.get("frame", "LPS"))
    check_given(given, imported.bones, str(landmarks))
    imported = replace(
        imported, warnings=(*imported.warnings, *unchecked, *_cut_warnings(imported.bones, imported.warnings))
    )
    return _read_and_assembled(path, imported, given, seed)


def import_bones(
    path: Path, frame: InputFrame | None = None, unit: str | None = None, labels: Path | str | None = None
) -> ImportedBones:
    """The bones in a folder or label map, closed, patient LPS, mm; see :func:`import_patient`."""
    if not path.exists():
        raise InputError(
            f"{path}: there is no such file or folder; give a folder with sacrum{'|'.join(MESH_SUFFIXES)} and the other bones, "
            "or a label map .nii or .nii.gz"
        )
    if path.is_dir():
        maps = [entry for entry in sorted(path.iterdir()) if is_nifti(entry)]
        meshes = [entry for entry in path.iterdir() if entry.suffix.lower() in MESH_SUFFIXES]
        if not maps or meshes:
            if labels is not None:
                raise InputError(
                    f"--labels {labels}: a label table belongs to a NIfTI label map, but {path} holds meshes"
                )
            return import_meshes(path, frame, unit)
        if has_masks(path):
            return import_masks(path, frame, unit)
        if len(maps) > 1:
            raise InputError(f"{path}: holds {len(maps)} NIfTI files; give the label map itself")
        path = maps[0]
    if path.stat().st_size == 0:
        raise InputError(f"{path}: the file is empty (zero bytes)")
    if not is_nifti(path):
        hint = f"; give the folder {path.parent} instead" if path.suffix.lower() in MESH_SUFFIXES else ""
        with path.open("rb") as stream:
            if stream.read(4) == b"PK\x03\x04":
                hint = f" but a patient file or another archive; a patient file goes to --anatomy {path} as it is"
        raise InputError(
            f"{path}: not something to import{hint}; accepted are a folder with sacrum"
            f"{'|'.join(MESH_SUFFIXES)} and the other bones, or a label map .nii or .nii.gz"
        )
    table = None if labels is None else read_label_table(Path(labels))
    return import_labels(path, frame, unit, table)


def _check_choices(frame: str | None, unit: str | None) -> None:
    if frame not in (None, "LPS", "RAS"):
        raise InputError(f"--frame {frame!r} is not known; accepted are LPS and RAS")
    if unit is not None and unit not in MM_PER_UNIT:
        raise InputError(f"--unit {unit!r} is not known; accepted are {', '.join(MM_PER_UNIT)}")


def check_given(given: GivenFeatures, bones: Mapping[str, Mesh], source: str) -> None:
    """Refuse stated positions that lie far from every bone or on the other side of the body."""
    if not given.points_mm:
        return
    from scipy.spatial import cKDTree

    tree = cKDTree(np.concatenate([mesh.vertices_mm for mesh in bones.values()]))
    limits = figures("import_limits")
    farthest, across = limits["given.farthest"].value, limits["given.across"].value
    middle = float(bones["sacrum"].bounds_mm.mean(axis=0)[0])
    for name, point in given.points_mm.items():
        gap = float(tree.query(point)[0])
        if gap > farthest:
            flipped = float(tree.query(point * np.array([-1.0, -1.0, 1.0]))[0])
            hint = "; in the other of LPS and RAS it would fit" if flipped < 0.5 * farthest else ""
            raise InputError(
                f"{source}: {name} at ({', '.join(f'{v:.1f}' for v in point)}) mm lies {gap:.0f} mm from the nearest bone; "
                f"at most {farthest:.0f} mm is accepted{hint}"
            )
        lateral = float(point[0]) - middle
        if (name.endswith("_left") and lateral < -across) or (name.endswith("_right") and lateral > across):
            side = "right" if lateral < 0 else "left"
            raise InputError(
                f"{source}: {name} at x = {point[0]:.1f} mm lies on the patient's {side} of the sacrum; "
                "sides are the patient's own, and +x is left in LPS"
            )


def _cut_warnings(bones: Mapping[str, Mesh], said: Iterable[str]) -> tuple[str, ...]:
    """Flat ends of the sacrum and L5; a hip may end anywhere above the joint."""
    warnings = []
    for name in ("sacrum", "vertebrae_L5"):
        if name not in bones:
            continue
        for cut in flat_cuts(bones[name]):
            place = ", ".join(f"{value:.0f}" for value in cut.centre_mm)
            warnings.append(f"{name}: is cut flat at its {cut.side} end ({cut.area_mm2:.0f} mm2 around ({place}) mm)")
    return tuple(warnings)


def _read_and_assembled(path: Path, imported: ImportedBones, given: GivenFeatures, seed: int | None) -> Patient:
    from rfplan.anatomy.assemble import assemble_patient
    from rfplan.anatomy.body_skin import skin_over
    from rfplan.anatomy.reading import read_bones

    try:
        reading = read_bones(imported.bones, given)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    bones = dict(imported.bones)
    estimated: tuple[str, ...] = ()
    if "vertebrae_L5" not in bones:
        bones["vertebrae_L5"] = _estimated_l5(bones["sacrum"], reading.frame, reading.landmarks)
        estimated = ("vertebrae_L5",)
    spines = [mark.position_mm for name, mark in reading.landmarks.items() if name.startswith("psis_")]
    present = [foramen for foramen in reading.foramina if foramen.status != "absent"]
    return assemble_patient(
        name=path.name.removesuffix(".gz").removesuffix(".nii"),
        source=str(path),
        bones=bones,
        chart=reading.chart,
        foramina=reading.foramina,
        landmarks=reading.landmarks,
        curves=reading.curves,
        skin=skin_over(reading.frame, present, cover_mm=np.array(spines) if spines else None),
        seed=seed,
        repairs=imported.repairs,
        warnings=(*imported.warnings, *reading.warnings),
        provenance={"import": dict(imported.provenance), "estimated_bones": list(estimated)},
    )


def _estimated_l5(sacrum: Mesh, frame: ApFrame, landmarks: Mapping[str, Landmark]) -> Mesh:
    """The parametric vertebra on this endplate, scaled to its depth, clear of this sacrum."""
    from rfplan.anatomy.lumbar import lumbar_parameters, lumbar_vertebra

    front, back = landmarks.get("promontory"), landmarks.get("endplate_posterior")
    values = lumbar_parameters()
    scale = 1.0
    if front is not None and back is not None:
        depth = float(np.linalg.norm(front.position_mm - back.position_mm))
        # an endplate outside this range was misread, and the vertebra must not follow
        scale = float(np.clip(depth / values["lumbar.measured.endplate_depth"], 0.8, 1.25))
    top = sacrum.bounds_mm + np.array([[-5.0, -5.0, -5.0], [5.0, 5.0, 25.0]])
    around = DistanceField.of([sacrum], top, 1.0, 8.0)
    return lumbar_vertebra(
        frame,
        endplate_width_mm=scale * values["lumbar.measured.endplate_width"],
        endplate_depth_mm=scale * values["lumbar.measured.endplate_depth"],
        sacrum_mm=around,
        spacing_mm=1.0,
    )
