"""``rfplan optimise --front``: plans of 1, 2, ... applications per mode beside the published techniques."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

from rfplan.anatomy.patient import Patient
from rfplan.anatomy.sides import Side
from rfplan.errors import InputError, did_you_mean
from rfplan.planning.optimiser.request import MODES, Request


def modes_named(text: str, folder: Path | None) -> tuple[str, ...]:
    """Modes of a list with commas; InputError where one is not known or there is no folder for the figure."""
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",")))
    for name in names:
        if name not in MODES:
            raise InputError(f"--front {text!r}: {name!r};{did_you_mean(name, MODES)} accepted: {', '.join(MODES)}")
    if folder is None:
        raise InputError(f"--front {text!r} makes a figure; give a folder for it with --out")
    return names


def write_front(
    patient: Patient, side: Side, request: Request, modes: Sequence[str], folder: Path, *, json: bool
) -> None:
    """Write ``front.json``, ``front.svg`` and ``front.png``."""
    from rfplan.cli.console import aside, people
    from rfplan.cli.progress import progress_bar
    from rfplan.planning.json_file import write_json
    from rfplan.planning.optimiser.front import front
    from rfplan.planning.optimiser.watch import Watch
    from rfplan.report.front_figure import front_figure
    from rfplan.whole_file import write_whole

    with progress_bar(1) as tell:
        points = front(patient, side, request, modes, Watch(request.time_limit_s * len(modes), tell()))
    document = {"schema": "rfplan/front/1", "courses": request.unseen, "points": [point.to_json() for point in points]}
    write_json(document, folder / "front.json")
    figure = front_figure(
        points,
        request.objective.criterion,
        f"{patient.name}, {side} side, {request.unseen} unseen courses of the branches; planned on {request.courses} others",
    )
    for ending in ("svg", "png"):
        picture = BytesIO()
        figure.savefig(picture, format=ending, dpi=150, bbox_inches="tight", facecolor="white")
        write_whole(folder / f"front.{ending}", picture.getvalue())
    (aside() if json else people()).print(f"  {folder / 'front.png'}")
