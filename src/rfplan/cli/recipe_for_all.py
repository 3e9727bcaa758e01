"""``rfplan optimise --patients N``: one recipe for all, kept as a file that others can load."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

from rfplan.errors import InputError
from rfplan.planning.optimiser.request import Request

_WORKERS = 2
_FEWEST, _MOST = 10, 5000
_FLAGS = {
    "objective": "--objective, --criterion, --target, --tail or --weights",
    "refine": "--no-refine",
    "published": "--no-published",
}
_BY = (
    "one recipe for all is found by the mean part of the branches cut through, on ten courses of each patient, for an exact hand; it takes "
    "--mode, --electrode, --applications and --seed"
)


def find_recipe(request: Request, patients: int, folder: Path | None, *, json: bool) -> None:
    """Search the recipe over ``patients`` drawn with the seed of the request, and write ``recipe.toml``.

    Raises
    ------
    InputError : too few or too many patients, no folder, an electrode of several contacts, or a request for what no recipe is found by
    """
    known = Request(request.electrode, request.mode, request.applications, seed=request.seed)
    for entry in fields(Request):
        if getattr(request, entry.name) != getattr(known, entry.name):
            raise InputError(
                f"{_FLAGS.get(entry.name, '--' + entry.name.replace('_', '-'))} does not go with --patients; {_BY}"
            )
    if not _FEWEST <= patients <= _MOST:
        raise InputError(f"--patients is {patients}; it must be a whole number from {_FEWEST} to {_MOST}")
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
            request.electrode, request.mode, request.applications, patients, request.seed, watch, _WORKERS
        )
        found = best_recipe(table, request.electrode, request.mode, request.applications, patients, watch)
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
    console.print(f"  {path}")
