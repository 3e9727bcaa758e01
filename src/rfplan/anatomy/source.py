"""Where ``--anatomy`` leads: the reference patient, a folder of meshes, a label map or a patient file."""

from __future__ import annotations

from pathlib import Path

from rfplan.anatomy.patient import Patient
from rfplan.errors import InputError


def patient_from(anatomy: str) -> Patient:
    """The patient that ``anatomy`` names: ``reference``, or a path to meshes, a labelled CT or a saved patient.

    Raises
    ------
    InputError : nothing of that name exists, or it cannot be read as a patient
    """
    if anatomy == "reference":
        from rfplan.anatomy.reference import reference_patient

        return reference_patient()
    path = Path(anatomy)
    if not anatomy.strip() or not path.exists():
        raise InputError(
            f"--anatomy {anatomy!r}: there is no such file or folder; give 'reference', a folder of meshes "
            "(sacrum.ply, hip_left.ply, ...), a NIfTI label map or a patient file made by 'rfplan import'"
        )
    from rfplan.anatomy.patient_file import load_patient

    return load_patient(path)
