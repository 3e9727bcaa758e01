"""All published techniques on the same patient, judged by both capture criteria."""

import rfplan


def main() -> dict[str, tuple[float, float]]:
    patient = rfplan.reference_patient()
    found = {}
    print(f"{'technique':26} {'AP view':>8} {'cut through':>12} {'applications':>13} {'minutes':>8}")
    for technique in rfplan.techniques():
        plan = technique.plan(patient, side="right")
        coverage = rfplan.evaluate(plan, patient, lesion_model="shapes").coverage
        ap, cut = coverage["ap_projection"].captured_fraction, coverage["transection"].captured_fraction
        minutes = plan.energy_time_s / 60
        print(f"{technique.name:26} {ap:8.0%} {cut:12.0%} {len(plan.applications):13d} {minutes:8.1f}")
        found[technique.name] = (ap, cut)
    return found


if __name__ == "__main__":
    main()
