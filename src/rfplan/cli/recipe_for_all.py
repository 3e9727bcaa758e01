"""``rfplan optimise --patients N``: one recipe for all, kept as a file that others can load."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

from rfplan.errors import InputError
from rfplan.planning.optimiser.request import Request
from rfplan.planning.techniques.chart_recipe import MOST_MARGIN_MM

_WORKERS = 2
_FEWEST, _MOST = 10, 5000
_FLAGS = {
    "objective": "--objective, --criterion, --target, --tail or --weights",
    "refine": "--no-refine",
    "published": "--no-published",
}
_BY = (
    "one recipe for all is found by the mean part of the branches cut through, on ten courses of each patient, for an exact hand; it takes "
    "--mode, --electrode, --applications, --seed, --at-stop and --margin-mm"
)


def find_recipe(
    request: Request,
    patients: int,
    folder: Path | None,
    *,
    at_stop: float | None = None,
    margin_mm: float | None = None,
    json: bool,
) -> None:
    """Search the recipe over ``patients`` drawn with the seed of the request, and write ``recipe.toml``.

    Parameters
    ----------
    at_stop : part of the patients in whom it may break a hard limit; None for that of ``anatomy/optimiser.toml``
    margin_mm : how far its lesions, as shapes, stay within the limits; None for that of ``anatomy/optimiser.toml``

    Raises
    ------
    InputError : too few or too many patients, a part or a margin out of range, no folder, an electrode of several contacts, or a request
        for what no recipe is found by
    """
    known = Request(request.electrode, request.mode, request.applications, seed=request.seed)
    for entry in fields(Request):
        if getattr(request, entry.name) != getattr(known, entry.name):
            raise InputError(
                f"{_FLAGS.get(entry.name, '--' + entry.name.replace('_', '-'))} does not go with --patients; {_BY}"
            )
    if not _FEWEST <= patients <= _MOST:
        raise InputError(f"--patients is {patients}; it must be a whole number from {_FEWEST} to {_MOST}")
    for flag, value, most in (("--at-stop", at_stop, 1.0), ("--margin-mm", margin_mm, MOST_MARGIN_MM)):
        if value is not None and not 0.0 <= value <= most:
            raise InputError(f"{flag} is {value!r}; it must be a number from 0 to {most:g}")
    if folder is None:
        raise InputError("--patients makes a file; give a folder for it with --out")
    if len(request.electrode.contacts_mm) > 1:
        raise InputError(f"electrode {request.electrode.name!r} has several contacts; a recipe takes needles")

    from rfplan.cli.console import people, print_json
    from rfplan.cli.progress import progress_bar
    from rfplan.lesion import solved
    from rfplan.planning.optimiser.watch import Watch
    from rfplan.planning.techniques.chart_recipe import recipe_toml
    from rfplan.study.one_recipe import best_recipe
    from rfplan.study.recipe_search import searched_table
    from rfplan.whole_file import write_whole

    with progress_bar(1) as tell:
        watch = Watch(float("inf"), tell())
        watch.stage(0.95)
        table = searched_table(
            request.electrode,
            request.mode,
            request.applications,
            patients,
            request.seed,
            watch,
            _WORKERS,
            at_stop,
            margin_mm,
        )
        found = best_recipe(table, request.electrode, request.mode, request.applications, watch, at_stop)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "recipe.toml"
    write_whole(path, recipe_toml(found.recipe).encode("utf-8"))
    choice = found.choice
    if json:
        print_json(
            {
                "recipe": str(path),
                "applications": len(choice.chosen),
                "patients": patients,
                "places": len(table.takes),
                "left_out": found.left_out,
                "complete": found.complete,
                "at_stop": {
                    "patients": found.at_stop,
                    "part": found.at_stop / patients,
                    "part_ci95": list(found.at_stop_ci95),
                    "most_patients": found.most_at_stop,
                    "most_part": found.most_part_at_stop,
                    "assumed": at_stop is None,
                },
                "margin_mm": {"value": found.recipe.margin_mm, "assumed": margin_mm is None},
                "lesion_model": solved.LABEL,
                "certificate": {
                    "objective": choice.objective,
                    "bound": choice.bound,
                    "gap": choice.gap,
                    "status": choice.status,
                },
            }
        )
        return
    console = people()
    console.print(
        f"{found.recipe.name}: takes {choice.objective:.1%} of the branches of {patients} virtual patients, each lesion on its own "
        f"({solved.LABEL}); no choice of {len(table.takes)} places takes more than {choice.bound:.1%} ({choice.status})"
    )
    _, high = found.at_stop_ci95
    share, margin = (", an assumption" if given is None else "" for given in (at_stop, margin_mm))
    console.print(
        f"  every branch in {found.complete:.1%} of the courses; a hard safety limit broken in {found.at_stop} of these patients "
        f"(allowed in at most {found.most_part_at_stop:.3g} of them, here {found.most_at_stop}{share}); {found.left_out:.1%} of its places "
        "left out"
    )
    console.print(
        f"  lesions as shapes stay {found.recipe.margin_mm:g} mm within the limits{margin}; in other people one may be broken in up "
        f"to {high:.1%} (95 % interval), or more, as the recipe was chosen on these"
    )
    console.print(f"  {path}")
