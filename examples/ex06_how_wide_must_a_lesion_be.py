"""How far from the foramen may a row of needles stand? Shift a palisade sideways and watch the capture."""

import numpy as np

import rfplan
from rfplan.geometry.frames import Isometry


def main() -> float:
    patient = rfplan.reference_patient()
    plan = rfplan.technique("palisade").plan(patient, side="right")
    captured = {}
    for shift_mm in np.arange(-8.0, 9.0, 4.0):
        # the right side is the negative side of the chart: a positive shift is away from the midline
        moved = plan.moved(Isometry.translation(-shift_mm * patient.frame.lateral))
        coverage = rfplan.evaluate(moved, patient, courses=50, seed=2, lesion_model="shapes").coverage["ap_projection"]
        captured[float(shift_mm)] = coverage.captured_fraction
        print(f"{shift_mm:+5.0f} mm lateral: {coverage.captured_fraction:6.1%} of the branches, AP view")
    return max(captured, key=lambda shift: captured[shift])


if __name__ == "__main__":
    main()
