"""A plan needs no technique: three cooled lesions placed by hand around the right S2 foramen, written, read and judged."""

import tempfile
from pathlib import Path

import numpy as np

import rfplan


def main() -> int:
    patient = rfplan.reference_patient()
    electrode = rfplan.electrode("cooled-17g-4mm")
    lateral, caudal, _ = patient.frame.to_chart(patient.foramen("S2", "right").centre_mm)
    applications = []
    for clock_deg in (75, 120, 165):
        angle = np.deg2rad(clock_deg)
        # right is the negative side of the chart, whose first axis points to the patient's left
        tip = patient.chart.point_mm(lateral - 12 * np.sin(angle), caudal - 12 * np.cos(angle), 1.0)
        axis = patient.frame.posterior
        needle = rfplan.Needle(electrode, tip, axis, patient.skin.entry_mm(tip, axis))
        applications.append(rfplan.Application("cooled", electrode.protocol, (needle,), f"S2 {clock_deg / 30:g} h"))
    plan = rfplan.Plan("right", "by hand", tuple(applications))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plan.json"
        rfplan.save_plan(plan, path)
        evaluation = rfplan.evaluate(rfplan.load_plan(path), patient)
    captured = [nerve.name for nerve in evaluation.nerves if nerve.captured["ap_projection"]]
    print(f"captured in the AP view: {', '.join(captured) or 'none'}")
    return len(captured)


if __name__ == "__main__":
    main()
