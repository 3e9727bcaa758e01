"""``rfplan optimise``: the best plan, and how far from the best possible it can be."""

from __future__ import annotations

from rfplan.cli.whole_number import WholeNumber


def optimise(
    *,
    anatomy: str = "reference",
    side: str = "right",
    electrode: str | None = None,
    mode: str | None = None,
    applications: WholeNumber = 6,
    needles: WholeNumber | None = None,
    objective: str = "mean",
    criterion: str = "transection",
    target: float = 0.9,
    tail: float = 0.1,
    weights: str | None = None,
    courses: WholeNumber = 500,
    unseen: WholeNumber = 2000,
    seed: WholeNumber = 0,
    operator_error: bool = False,
    spacing_mm: float = 4.0,
    refine: bool = True,
    published: bool = True,
    time_limit_s: float = 120.0,
    gap: float = 0.001,
    confirm: bool = False,
    front: str | None = None,
    patients: WholeNumber | None = None,
    at_stop: float | None = None,
    margin_mm: float | None = None,
    out: str | None = None,
    json: bool = False,
) -> None:
    """Find the placements that take the most branches over the courses that they may follow, with a bound on what any can reach.

    Parameters
    ----------
    anatomy
        "reference", a folder of bone meshes, a labelled CT or a patient file.
    side
        left or right.
    electrode
        Name of an electrode; default is the usual one of the mode. "rfplan devices" lists them.
    mode
        monopolar, bipolar or cooled; default is the electrode's first, or cooled.
    applications
        At most so many applications of energy.
    needles
        At most so many needle placements; default is any number.
    objective
        mean: captured part of the branches; complete: part of the courses with every branch captured; tail: mean captured part over the
        worst courses; fewest: fewest applications, shortest: shortest procedure, with complete capture in the wanted part of the
        courses.
    criterion
        transection or ap_projection: what counts as captured.
    target
        Wanted part of the courses with complete capture, for fewest and shortest.
    tail
        Part of the courses that counts as the worst.
    weights
        Weights of branches by level, such as "L5=0.5,S3=0"; 1 where none is given.
    courses
        Courses of the branches on which the plan is found.
    unseen
        Other courses on which it is judged.
    seed
        Seed of courses and operator error.
    operator_error
        Plan for a hand that misses: 1.5 mm off along the bone, 1 mm in depth, 3 degrees (standard deviations, assumed).
    spacing_mm
        Distance of neighbouring tips among the candidates.
    refine
        Move the chosen needles off the lattice of candidates.
    published
        What the published techniques do with the device is among the candidates.
    time_limit_s
        Wall time after which the best plan so far is given.
    gap
        Relative gap to the bound at which the search may stop.
    confirm
        Solve the plan in the patient's own bone as well, and say what differs; takes minutes.
    front
        Modes, such as "cooled,monopolar,bipolar": also find the best of 1, 2, ... applications in each and draw them beside the published
        techniques (front.json, front.svg and front.png in the folder of --out); takes minutes.
    patients
        One recipe for all: the places round the foramina that together take the most over so many virtual patients, in
        recipe.toml in the folder of --out; "rfplan plan --technique FILE.toml" carries it out. Goes with --mode, --electrode,
        --applications, --seed, --at-stop and --margin-mm alone.
    at_stop
        With --patients: part of them in whom the recipe may break a hard safety limit; default is 0.05, an assumption.
    margin_mm
        With --patients: how far lesions of the recipe, as shapes, stay within the hard limits of distance, as solved lesions are larger;
        default is 1.5, an assumption.
    out
        Folder for plan.json, optimisation.json, evaluation.json, report.html and pictures.
    json
        Print one JSON object and nothing else.
    """
    from rfplan.cli.fronted import modes_named
    from rfplan.cli.results import check_folder
    from rfplan.planning.optimiser.objective import objective_of
    from rfplan.planning.optimiser.request import device_of

    wanted = objective_of(objective, criterion, target, tail, weights)
    device, use = device_of(electrode, mode)
    folder = None if out is None else check_folder(out)
    modes = () if front is None else modes_named(front, folder)

    from rfplan.anatomy.sides import side_named
    from rfplan.planning.operator_error import OperatorError
    from rfplan.planning.optimiser.request import Request

    hand = OperatorError.usual() if operator_error else None
    chosen = side_named(side)
    # refused before a CT is read
    request = Request(
        device,
        use,
        applications,
        needles,
        wanted,
        courses,
        unseen,
        seed,
        spacing_mm,
        hand,
        time_limit_s,
        gap,
        refine,
        published=published,
    )

    from rfplan.errors import InputError

    if patients is None:
        for flag, value in (("--at-stop", at_stop), ("--margin-mm", margin_mm)):
            if value is not None:
                raise InputError(f"{flag} goes with --patients, which looks for one recipe for all")
    else:
        from rfplan.cli.recipe_for_all import find_recipe

        for flag, given in (("--anatomy", anatomy != "reference"), ("--confirm", confirm), ("--front", bool(modes))):
            if given:
                raise InputError(
                    f"{flag} does not go with --patients, which draws the patients that a recipe is found on"
                )
        if chosen != "right":
            raise InputError(
                "--side does not go with --patients: a recipe is found on right sides, which are like the left, and serves either"
            )
        find_recipe(request, patients, folder, at_stop=at_stop, margin_mm=margin_mm, json=json)
        return

    from rfplan.anatomy.source import patient_from
    from rfplan.cli.progress import progress_bar
    from rfplan.planning.optimiser.optimise import optimise as optimised

    patient = patient_from(anatomy)
    with progress_bar(1) as tell:
        found = optimised(
            patient,
            chosen,
            applications,
            courses,
            seed,
            electrode=device,
            mode=use,
            needles=needles,
            objective=wanted,
            unseen=unseen,
            spacing_mm=spacing_mm,
            operator_error=hand,
            time_limit_s=time_limit_s,
            gap=gap,
            refine=refine,
            published=published,
            progress=tell(),
        )

    from rfplan.cli.optimised import deliver_optimised

    deliver_optimised(patient, found, folder, json=json, confirm=confirm)
    if modes and folder is not None:
        from rfplan.cli.fronted import write_front

        write_front(patient, chosen, request, modes, folder, json=json)
