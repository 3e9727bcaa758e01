"""Give it the bones of a person: write four meshes, import the folder, plan on the result.

The bones here are those of the reference patient, written as PLY files as a segmentation tool would leave them.
"""

import tempfile
from pathlib import Path

import trimesh

import rfplan


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        for name, mesh in rfplan.reference_patient().bones.items():
            trimesh.Trimesh(mesh.vertices_mm, mesh.faces, process=False).export(Path(folder) / f"{name}.ply")
        patient = rfplan.import_patient(folder)
    found = [foramen for foramen in patient.foramina if foramen.status == "found"]
    print(f"true AP: {patient.frame.cranial_deg:.0f} degrees cranial; {len(found)} of 8 posterior foramina found")
    plan = rfplan.technique("conventional-periforaminal").plan(patient, side="left")
    evaluation = rfplan.evaluate(plan, patient, lesion_model="shapes")
    print(f"captured in the AP view: {evaluation.coverage['ap_projection'].captured_fraction:.0%}")
    return len(found)


if __name__ == "__main__":
    main()
