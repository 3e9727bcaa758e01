"""A plan is only as good as the view in which it can be carried out: which needles are seen in AP and lateral, and the pictures."""

import tempfile
from pathlib import Path

import rfplan


def main() -> int:
    patient = rfplan.reference_patient()
    plan = rfplan.technique("conventional-periforaminal").plan(patient, side="right")
    seen = rfplan.operability(plan, patient)
    folder = Path(tempfile.mkdtemp())
    for view in ("true_ap", "lateral"):
        taken = rfplan.CArm.view(view, patient, plan).expose(patient, plan)
        file = taken.save(folder / f"{view}.png", needles=True)
        print(f"{file}: {taken.dose.dap_mgy_cm2:.0f} mGy cm2")
    for entry in seen.needles:
        words = ", ".join(f"{name} {'seen' if look.visible else 'hidden'}" for name, look in entry.views.items())
        print(
            f"  needle {entry.needle}: end on at LAO {entry.end_on.lao_deg:.0f}, cranial {entry.end_on.cranial_deg:.0f}; {words}"
        )
    return sum(all(look.visible for look in entry.views.values()) for entry in seen.needles)


if __name__ == "__main__":
    main()
