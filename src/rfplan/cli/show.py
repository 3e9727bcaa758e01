"""``rfplan show``: a 3-D picture of a patient and a plan, or a window."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rfplan.cli.whole_number import WholeNumber

if TYPE_CHECKING:
    from rfplan.anatomy.patient import Patient
    from rfplan.planning.plan import Plan


def show(
    *,
    anatomy: str = "reference",
    plan: str | None = None,
    out: str | None = None,
    view: str = "true_ap",
    size: WholeNumber = 1200,
    interactive: bool = False,
    lesion_model: str = "solved",
    bone: str = "plane",
    json: bool = False,
) -> None:
    """Draw a patient, and a plan with its lesions, in 3-D.

    Parameters
    ----------
    anatomy
        "reference", a folder of bone meshes, a labelled CT or a patient file.
    plan
        A plan, as "rfplan plan" writes it; its branches are coloured by what becomes of them.
    out
        PNG file to write.
    view
        true_ap, AP, lateral, lateral_left, lateral_right, oblique_left_20, oblique_right_20 (or any angle), caudal, cranial,
        anterior; or chart, the AP chart.
    size
        Width of the picture, pixels.
    interactive
        Open a window instead; needs a display.
    lesion_model
        solved: lesions from the solver; shapes: spheroids and strips of catalogue size.
    bone
        plane: solved beside a plane of bone at every needle; patient: in the patient's own bone.
    json
        Print one JSON object and nothing else.
    """
    from rfplan.cli.file_to_write import file_to_write
    from rfplan.errors import InputError
    from rfplan.report.camera import check_view_name

    if view != "chart":
        check_view_name(view, also=("chart",))
    if not 100 <= size <= 6000:
        raise InputError(f"--size {size}: the width of the picture must be from 100 to 6000 pixels")
    if out is None and not interactive:
        raise InputError("nothing to do: give --out FILE.png for a picture, or --interactive for a window")
    path = None if out is None else file_to_write(out, "--out", (".png",))
    if interactive:
        from rfplan.report.window_probe import check_display

        check_display()
    from rfplan.planning.evaluation import check_judging

    check_judging(lesion_model, bone=bone)
    _draw(anatomy, plan, path, view, size, (lesion_model, bone), interactive=interactive, json=json)


def _draw(
    anatomy: str,
    plan_file: str | None,
    path: Path | None,
    view: str,
    size: int,
    model: tuple[str, str],
    *,
    interactive: bool,
    json: bool,
) -> None:
    from rfplan.anatomy.source import patient_from
    from rfplan.cli.console import people, print_json, warn

    patient = patient_from(anatomy)
    plan = None
    if plan_file is not None:
        from rfplan.planning.plan_file import load_plan

        plan = load_plan(plan_file, patient)
    for sentence in patient.warnings:
        warn(sentence)
    if path is not None:
        written = _write_picture(patient, plan, path, view, size, model)
        if json:
            print_json(
                {
                    "file": str(path),
                    "view": view,
                    "size_px": list(written),
                    "patient": patient.name,
                    "lesion_model": model[0],
                }
            )
        else:
            people().print(f"{path}: {view}, {written[0]} x {written[1]} pixels", soft_wrap=True)
    if interactive:
        _open_window(patient, plan, "true_ap" if view == "chart" else view, model)


def _write_picture(
    patient: Patient, plan: Plan | None, path: Path, view: str, size: int, model: tuple[str, str]
) -> tuple[int, int]:
    """Write the picture and return its width and height."""
    from rfplan.report.chart_figure import chart_figure
    from rfplan.report.drawing import png_bytes
    from rfplan.report.lesion_surfaces import judged_surfaces, lesion_surfaces
    from rfplan.report.stills import still
    from rfplan.report.writer import WARM_C, write_picture

    states, lesions, lethal_c = judged_surfaces(plan, patient, *model)
    lethal = lesion_surfaces(lesions, lethal_c)
    if view == "chart":
        chart = chart_figure(patient, plan, states, lethal, lesion_surfaces(lesions, WARM_C), lethal_c)
        image = chart.image(size / chart.width)
    else:
        image = still(patient, view, plan, states, lethal, (size, round(0.76 * size)), legend=True, lethal_c=lethal_c)
    write_picture(path, png_bytes(image))
    return image.shape[1], image.shape[0]


def _open_window(patient: Patient, plan: Plan | None, view: str, model: tuple[str, str]) -> None:
    from rfplan.report.camera import named_camera
    from rfplan.report.lesion_surfaces import judged_surfaces, lesion_surfaces
    from rfplan.report.patient_scene import patient_scene
    from rfplan.report.window import show_window

    states, lesions, lethal_c = judged_surfaces(plan, patient, *model)
    side = plan.side if plan else None
    scene = patient_scene(patient, plan, states, lesion_surfaces(lesions, lethal_c), side)
    camera = named_camera(view, patient, side or "right").framing(scene.framed_mm, 4 / 3)
    show_window(scene, camera, f"rfplan: {patient.name}")
