"""The nerves cannot be seen: judge a plan on two hundred courses that they may follow, not on one."""

import rfplan


def main() -> float:
    patient = rfplan.reference_patient()
    plan = rfplan.technique("cooled-clockface").plan(patient, side="right")
    evaluation = rfplan.evaluate(plan, patient, courses=200, seed=1, lesion_model="shapes")
    coverage = evaluation.coverage["transection"]
    print(
        f"captured on average: {coverage.captured_fraction:.0%}; every branch captured in {coverage.complete_fraction:.0%}"
    )
    for level, missed in coverage.missed_by_level.items():
        print(f"  {level}: {missed:.0%} of its branches missed")
    return coverage.captured_fraction


if __name__ == "__main__":
    main()
