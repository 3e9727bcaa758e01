"""``rfplan import``: a patient from meshes or a labelled CT."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from rfplan.anatomy.patient import Patient


_OTHER_FORMATS = (".stl", ".ply", ".obj", ".vtp", ".nii", ".nii.gz", ".json")


def import_(
    source: Path,
    /,
    *,
    out: Path | None = None,
    landmarks: Path | None = None,
    frame: Literal["LPS", "RAS"] | None = None,
    unit: Literal["mm", "cm", "m"] | None = None,
    labels: Path | None = None,
    json: bool = False,
) -> None:
    """Make a patient from bone meshes or a labelled CT.

    Parameters
    ----------
    source
        Folder with sacrum, hip_left, hip_right and vertebrae_L5 as STL, PLY, OBJ or VTP; or a NIfTI label map.
    out
        Patient file to write. Without it nothing is written.
    landmarks
        Positions that override what is found: JSON, or markups of 3D Slicer.
    frame
        Frame of the input, whatever its files say. Without it a file is believed; where it says nothing, meshes are taken as
        LPS and NIfTI as RAS.
    unit
        Unit of the input; mm unless given.
    labels
        JSON or CSV table of names and numbers in the label map; TotalSegmentator "total" unless given.
    json
        Print one JSON object and nothing else.
    """
    from rfplan.anatomy.import_patient import import_patient
    from rfplan.anatomy.import_summary import patient_summary
    from rfplan.anatomy.patient_file import save_patient
    from rfplan.cli.console import print_json, warn
    from rfplan.cli.file_to_write import file_to_write
    from rfplan.errors import InputError

    if out is not None:
        # better now than after the work
        file_to_write(out, "--out")
        if out.name.lower().endswith(_OTHER_FORMATS):
            raise InputError(
                f"--out {out}: is written as a patient file, which no other program reads; give it another ending, "
                "such as .rfpatient"
            )
    patient = import_patient(source, landmarks, frame, unit, labels)
    if out is not None:
        save_patient(patient, out)
    if json:
        for sentence in patient.warnings:
            warn(sentence)
        print_json(patient_summary(patient))
    else:
        _tell(patient, out)


def _tell(patient: Patient, out: Path | None) -> None:
    from rich.markup import escape
    from rich.table import Table

    from rfplan.cli.console import people

    console = people()
    console.print(f"[bold]{escape(patient.name)}[/] from {escape(patient.source)}", soft_wrap=True)
    estimated = patient.provenance.get("estimated_bones", ())
    bones = ", ".join(
        f"{name} ({'estimated' if name in estimated else f'{len(mesh.faces):,} faces'})"
        for name, mesh in patient.bones.items()
    )
    console.print(f"Bones: {escape(bones)}", soft_wrap=True)
    frame = patient.frame
    console.print(
        f"True AP view: {frame.cranial_deg:.1f} degrees cranial, {abs(frame.lao_deg):.1f} degrees towards the "
        f"{'left' if frame.lao_deg >= 0 else 'right'}"
    )
    table = Table(title="Dorsal foramina (LPS, mm, origin of the input)", title_justify="left")
    for heading, justify in (
        ("foramen", "left"),
        ("centre", "right"),
        ("diameter", "right"),
        ("status", "left"),
        ("confidence", "right"),
    ):
        table.add_column(heading, justify=justify)  # type: ignore[arg-type]
    for foramen in sorted(patient.foramina, key=lambda entry: (entry.level, entry.side)):
        absent = foramen.status == "absent"
        table.add_row(
            f"{foramen.level} {foramen.side}",
            "" if absent else ", ".join(f"{value:.1f}" for value in foramen.centre_mm),
            "" if absent else f"{foramen.diameter_mm:.1f}",
            foramen.status if foramen.status in ("found", "given") else f"[yellow]{foramen.status}[/]",
            f"{foramen.confidence:.2f}",
        )
    console.print(table)
    by_status = {
        status: sorted(mark.name for mark in patient.landmarks.values() if mark.status == status)
        for status in ("found", "given", "estimated", "absent")
    }
    counted = [f"{len(by_status[status])} {status}" for status in ("found", "given") if by_status[status]]
    named = [f"{status}: {', '.join(by_status[status])}" for status in ("estimated", "absent") if by_status[status]]
    console.print(f"Landmarks: {'; '.join([*counted, *named])}", soft_wrap=True)
    for heading, sentences, colour in (
        ("Repaired", patient.repairs, "cyan"),
        ("Please check", patient.warnings, "yellow"),
    ):
        if sentences:
            console.print(f"[{colour}]{heading}[/]")
            for sentence in sentences:
                console.print(f"  - {escape(sentence)}", soft_wrap=True)
    console.print(
        f"Patient file: {escape(str(out))}" if out else "Nothing was written; give --out FILE to keep the patient"
    )
