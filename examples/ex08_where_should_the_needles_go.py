"""Where should the needles go? The best six cooled lesions, with a bound that no other choice passes, against a published recipe."""

import rfplan


def main() -> tuple[float, float]:
    patient = rfplan.reference_patient()
    best = rfplan.optimise(
        patient,
        side="right",
        electrode="cooled-17g-4mm",
        applications=6,
        courses=100,
        unseen=200,
        seed=1,
        spacing_mm=6.0,
        time_limit_s=3600.0,
    )
    certificate = best.certificate
    print(
        f"{len(best.plan.applications)} lesions take {certificate.objective:.1%} of the branches on the courses they were planned on; "
        f"no choice of {certificate.candidates} candidates takes more than {certificate.bound:.1%} ({certificate.status})"
    )
    for application in best.plan.applications:
        print(f"  {application.target}")
    published = rfplan.technique("cooled-clockface").plan(patient, side="right")
    ours, theirs = (
        rfplan.evaluate(plan, patient, courses=200, seed=99).coverage["transection"] for plan in (best.plan, published)
    )
    print(
        f"on 200 other courses: {ours.captured_fraction:.1%} of the branches, all of them in {ours.complete_fraction:.0%}"
    )
    print(
        f"cooled-clockface, {len(published.applications)} lesions: {theirs.captured_fraction:.1%}, "
        f"all of them in {theirs.complete_fraction:.0%}"
    )
    return ours.captured_fraction, theirs.captured_fraction


if __name__ == "__main__":
    main()
