"""What an import found, as the JSON object that programs read."""

from __future__ import annotations

from typing import Any

from rfplan.anatomy.patient import Patient
from rfplan.anatomy.patient_file import SCHEMA
from rfplan.anatomy.sides import LEVELS, SIDES


def patient_summary(patient: Patient) -> dict[str, Any]:
    """The object that ``rfplan import --json`` prints.

    Positions are LPS, mm, with the origin of the input, so that they can be laid over the source data.
    """
    order = {f"{level}_{side}": k for k, (level, side) in enumerate((lv, sd) for lv in LEVELS for sd in SIDES)}
    foramina = sorted(patient.foramina, key=lambda foramen: order.get(foramen.name, len(order)))
    estimated = patient.provenance.get("estimated_bones", ())
    return {
        "schema": SCHEMA,
        "source": patient.source,
        "frame": "LPS",
        "unit": "mm",
        "name": patient.name,
        "repairs": list(patient.repairs),
        "warnings": list(patient.warnings),
        "true_ap": {"lao_deg": patient.frame.lao_deg, "cranial_deg": patient.frame.cranial_deg},
        "foramina": [
            {
                "level": foramen.level,
                "side": foramen.side,
                "centre_mm": foramen.centre_mm.tolist(),
                "axis": foramen.axis.tolist(),
                "diameter_mm": float(foramen.diameter_mm),
                "status": foramen.status,
                "confidence": float(foramen.confidence),
            }
            for foramen in foramina
        ],
        "landmarks": [
            {
                "name": landmark.name,
                "position_mm": landmark.position_mm.tolist(),
                "status": landmark.status,
                "confidence": float(landmark.confidence),
            }
            for _, landmark in sorted(patient.landmarks.items())
        ],
        "bones": {
            name: {
                "status": "estimated" if name in estimated else "found",
                "faces": len(mesh.faces),
                "volume_mm3": mesh.volume_mm3,
            }
            for name, mesh in patient.bones.items()
        },
        "provenance": dict(patient.provenance),
    }
