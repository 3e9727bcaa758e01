"""Writing the report and its pictures into a folder, each file complete or not at all."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, Protocol

from rfplan.anatomy.patient import Patient
from rfplan.anatomy.sides import Side
from rfplan.errors import RfplanError
from rfplan.lesion.lesion import Lesion
from rfplan.planning.evaluation import evaluate
from rfplan.planning.plan import Plan
from rfplan.report.bone_model import bone_surfaces
from rfplan.report.branch_state import branch_states
from rfplan.report.chart_figure import chart_figure
from rfplan.report.drawing import data_uri, png_bytes
from rfplan.report.lesion_surfaces import lesion_surfaces, plan_lesions
from rfplan.report.page import Still, report_page
from rfplan.report.radiographs import radiographs_of
from rfplan.report.stills import still
from rfplan.whole_file import write_whole

STILL_PX: Final = (900, 680)
"""Width and height of the pictures beside the report."""
WARM_C: Final = 45.0
"""Isotherm outside which tissue is taken to be unharmed, degC."""


class Judgement(Protocol):
    """An evaluation as the report needs it."""

    def to_json(self) -> Mapping[str, Any]:
        """The content of ``evaluation.json``."""


def report_views(side: Side) -> tuple[str, ...]:
    """Names of the four views of the report of a plan for ``side``."""
    other = "left" if side == "right" else "right"
    return ("true_ap", f"oblique_{other}_30", f"lateral_{side}", "caudal")


def write_report(
    folder: Path,
    patient: Patient,
    plan: Plan,
    evaluation: Judgement,
    lesions: Sequence[Lesion] | None = None,
    date: datetime.date | None = None,
    optimisation: Mapping[str, Any] | None = None,
) -> list[Path]:
    """Write ``report.html``, ``chart.svg``, ``chart.png``, one ``view_<name>.png`` per view and the radiographs ``xray_<name>.png``.

    The folder must exist.

    Parameters
    ----------
    lesions : one per application; those of the model that judged without them
    date : that stands on the report; today without it
    optimisation : as ``optimisation.json``, where the plan was optimised

    Returns
    -------
    the files written, the report first

    Raises
    ------
    RfplanError : a file cannot be written
    """
    judged = evaluation.to_json()
    model, bone = str(judged["lesion_model"]), judged.get("lesion_bone")
    accuracy = judged.get("provenance", {}).get("lesion_accuracy")
    # pictures show the patient's own branches, whatever courses the plan was judged on
    own = judged
    if int(judged["courses"]) > 1:
        own = evaluate(plan, patient, lesion_model=model, bone=bone or "plane", accuracy=accuracy).to_json()
    states = branch_states(own)
    lethal_c = float(judged.get("lethal_c", 50.0))
    used = plan_lesions(plan, patient, model, bone, accuracy) if lesions is None else lesions
    lethal, warm = lesion_surfaces(used, lethal_c), lesion_surfaces(used, WARM_C)
    bones = bone_surfaces(patient)
    views = report_views(plan.side)

    def drawn() -> tuple[str, bytes]:
        chart = chart_figure(patient, plan, states, lethal, warm, lethal_c, bones)
        return chart.svg(), chart.png()

    # the kernels that draw let other threads run, so two pictures are drawn at a time
    with ThreadPoolExecutor(2) as pool:
        chart = pool.submit(drawn)
        taken = pool.submit(radiographs_of, patient, plan)
        seen = pool.map(
            lambda view: png_bytes(still(patient, view, plan, states, lethal, STILL_PX, bones=bones)), views
        )
        pictures = dict(zip(views, seen, strict=True))
        (svg, png), xrays = chart.result(), taken.result()
    files = {"chart.svg": svg.encode("utf-8"), "chart.png": png}
    files |= {f"view_{view}.png": picture for view, picture in pictures.items()}
    files |= {f"xray_{picture.name}.png": picture.png for picture in xrays}
    stills = [Still(view, data_uri(picture), *STILL_PX) for view, picture in pictures.items()]
    page = report_page(patient, plan, judged, svg, stills, used, date or datetime.date.today(), xrays, optimisation)
    files = {"report.html": page.encode("utf-8"), **files}
    return [write_picture(folder / name, content) for name, content in files.items()]


def write_picture(path: Path, content: bytes) -> Path:
    """Write a file complete or not at all; RfplanError where it cannot be written."""
    try:
        write_whole(path, content)
    except OSError as error:
        raise RfplanError(f"{path}: cannot be written: {error.strerror or error}") from error
    return path
