"""Place a published technique on the reference patient and judge it: the main job in five lines."""

import rfplan


def main() -> float:
    patient = rfplan.reference_patient()
    plan = rfplan.technique("cooled-clockface").plan(patient, side="right")
    evaluation = rfplan.evaluate(plan, patient)
    captured = evaluation.coverage["transection"].captured_fraction
    print(
        f"{len(plan.applications)} applications, {len(plan.needles)} needles: {captured:.0%} of the branches are cut through"
    )
    return captured


if __name__ == "__main__":
    main()
