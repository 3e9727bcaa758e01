"""What a run leaves behind: a folder with plan, evaluation, report and pictures, complete or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rfplan.anatomy.patient import Patient
from rfplan.errors import InputError
from rfplan.planning.json_file import write_json
from rfplan.planning.plan import Plan
from rfplan.planning.plan_file import save_plan

if TYPE_CHECKING:
    from rfplan.report.writer import Judgement

_OURS: Final = (
    "plan.json",
    "optimisation.json",
    "evaluation.json",
    "report.html",
    "chart.svg",
    "chart.png",
    "view_*.png",
    "xray_*.png",
)


def check_folder(out: str) -> Path:
    """The folder that ``--out`` names, before any work is done for it.

    Raises
    ------
    InputError : it is a file, or neither it nor the folder that would hold it can be written
    """
    folder = Path(os.path.abspath(out))  # noqa: PTH100 - resolve() would follow a link that is to be kept
    if not out.strip():
        raise InputError("--out is empty; give the name of a folder")
    if folder.exists() and not folder.is_dir():
        raise InputError(f"--out {out}: is a file; give the name of a folder")
    nearest = folder
    while not nearest.exists():
        nearest = nearest.parent
    if not nearest.is_dir():
        raise InputError(f"--out {out}: {nearest} is a file, which holds no folders; give another place")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise InputError(f"--out {out}: {nearest} cannot be written; give a folder that can")
    return folder


def write_results(
    folder: Path,
    patient: Patient,
    plan: Plan,
    evaluation: Judgement,
    optimisation: Mapping[str, Any] | None = None,
) -> list[Path]:
    """Write ``plan.json``, ``evaluation.json``, ``report.html`` and pictures; the files, plan first.

    With ``optimisation``, what is known of an optimised plan, also ``optimisation.json``, and its section of the report.

    They are made in a hidden folder beside ``folder`` that takes its place at the end. A folder that holds other things as
    well keeps them: then every file is put in its place by itself.

    Raises
    ------
    InputError : the folder cannot be written
    """
    from rfplan.report.writer import write_report

    made: Path | None = None
    missing = [parent for parent in folder.parents if not parent.exists()]
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        save_plan(plan, made / "plan.json")
        write_json(evaluation.to_json(), made / "evaluation.json")
        if optimisation is not None:
            write_json({"plan": str(folder / "plan.json"), **optimisation}, made / "optimisation.json")
        write_report(made, patient, plan, evaluation, optimisation=optimisation)
        names = sorted(entry.name for entry in made.iterdir())
        _give_usual_rights(made)
        _put_in_place(made, folder)
    except OSError as error:
        raise InputError(f"--out {folder}: cannot be written: {error.strerror or error}") from error
    finally:
        if made is not None:
            shutil.rmtree(made, ignore_errors=True)
        if not folder.exists():
            for parent in missing:
                with suppress(OSError):
                    parent.rmdir()
    names.sort(key=lambda name: ("plan.json", "optimisation.json", "evaluation.json", "report.html", name).index(name))
    return [folder / name for name in names]


def _put_in_place(made: Path, folder: Path) -> None:
    present = [entry.name for entry in folder.iterdir()] if folder.exists() else []
    foreign = [name for name in present if not any(fnmatch(name, pattern) for pattern in _OURS)]
    if foreign or folder.is_symlink() or folder == Path.cwd():
        for entry in made.iterdir():
            entry.replace(folder / entry.name)
        return
    if folder.exists():
        # an earlier run's folder goes as a whole, so that no picture of it is left among the new ones
        old = Path(tempfile.mkdtemp(prefix=f".{folder.name}.old.", dir=folder.parent))
        folder.replace(old)
        try:
            made.replace(folder)
        except OSError:
            old.replace(folder)
            raise
        shutil.rmtree(old, ignore_errors=True)
    else:
        made.replace(folder)


def _give_usual_rights(folder: Path) -> None:
    # a temporary folder is private; the finished one gets the rights that any new folder would have
    mask = os.umask(0)
    os.umask(mask)
    folder.chmod(0o777 & ~mask)
