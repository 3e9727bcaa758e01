"""What the result rests on: assumptions with their marks, and how everything came about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rfplan.anatomy.patient import Patient
from rfplan.figures import MARKS, Figure, figures
from rfplan.lesion.lesion import Lesion
from rfplan.lesion.solved import SolvedLesion
from rfplan.planning.plan import Plan
from rfplan.planning.techniques import techniques
from rfplan.report.html import Html, element, firm, number, table
from rfplan.report.lesion_surfaces import BONE_WORDS


def assumptions_section(patient: Patient, plan: Plan, statement: str, lesions: Sequence[Lesion]) -> Html:
    """Sentences, sizes of the lesions used, and the assumed figures behind the branches.

    ``statement`` is what the lesion model assumes, ``lesions`` are those of the applications.
    """
    solved = [lesion for lesion in lesions if isinstance(lesion, SolvedLesion)]
    return element(
        "section",
        element("h2", "Assumptions", id="assumptions"),
        element("ul", [element("li", text) for text in [statement, *_of_patient(patient)]]),
        _solved_sizes(plan, solved) if solved else _lesion_sizes(plan),
        _assumed_figures(plan),
        element("p", _marks_in_words(), class_="note"),
        aria_labelledby="assumptions",
    )


def provenance_section(patient: Patient, plan: Plan, evaluation: Mapping[str, Any]) -> Html:
    """Versions, seeds, hashes and sources; repairs and warnings."""
    entries: dict[str, Any] = {"patient": patient.name, "anatomy from": patient.source}
    entries |= _flat("patient", patient.provenance) | _flat("evaluation", evaluation.get("provenance", {}))
    entries |= {
        "lesion model": evaluation.get("lesion_model"),
        "lesions solved": BONE_WORDS.get(evaluation.get("lesion_bone") or ""),
        "courses of the branches": evaluation.get("courses"),
    }
    entries["true AP view"] = (
        f"{number(abs(patient.frame.lao_deg))}° towards the {'left' if patient.frame.lao_deg >= 0 else 'right'}, "
        f"{number(patient.frame.cranial_deg)}° cranial"
    )
    rows = [(key.replace("_", " "), _plain(value)) for key, value in entries.items() if value not in (None, "")]
    return element(
        "section",
        element("h2", "Provenance", id="provenance"),
        table("How this result came about", ("What", "Value"), rows, class_="wide plain"),
        _listed("Repairs made to the bones", patient.repairs),
        _listed("Warnings", patient.warnings),
        aria_labelledby="provenance",
    )


def _of_patient(patient: Patient) -> list[str]:
    said = []
    if patient.skin.status == "estimated":
        said.append(
            "The skin is estimated from the population prior: depths of needles and distances to the skin follow it."
        )
    estimated = [foramen.name for foramen in patient.foramina if foramen.status == "estimated"]
    estimated += [mark.name for mark in patient.landmarks.values() if mark.status == "estimated"]
    estimated += [curve.name for curve in patient.curves.values() if curve.status == "estimated"]
    if estimated:
        names = ", ".join(name.replace("_", " ") for name in estimated)
        said.append(f"Estimated, not seen in the bone: {names}.")
    absent = [foramen.name.replace("_", " ") for foramen in patient.foramina if foramen.status == "absent"]
    if absent:
        said.append(f"Foramina that this sacrum does not have: {', '.join(absent)}.")
    said.append("The branches are drawn by the nerve model, not seen: no imaging of a patient shows them.")
    return said


def _lesion_sizes(plan: Plan) -> Html:
    rows = []
    seen = set()
    for application in plan.applications:
        for needle in application.needles:
            key = (needle.electrode.name, application.mode)
            shape = next((s for s in needle.electrode.shapes if s.mode == application.mode), None)
            if key in seen or shape is None:
                continue
            seen.add(key)
            rows.append(
                (
                    firm(needle.electrode.name),
                    application.mode,
                    firm(f"{number(shape.width_mm)} × {number(shape.length_mm)}"),
                    number(shape.beyond_tip_mm),
                    shape.mark,
                    _prose(shape.source, shape.note),
                )
            )
    if not rows:
        return Html("")
    heads = ("Electrode", "Mode", "50 °C, mm", "Beyond tip, mm", "Mark", "Source")
    return table(
        "Lesion sizes used, width × length at the reference protocol",
        heads,
        rows,
        numeric=(3,),
        class_="wide small",
    )


def _solved_sizes(plan: Plan, lesions: Sequence[SolvedLesion]) -> Html:
    rows = []
    for place, (application, lesion) in enumerate(zip(plan.applications, lesions, strict=True), 1):
        size, around = lesion.size(50.0), lesion.problem.surroundings
        beside = "the patient's" if around.bone is not None else "none near"
        if around.bone_gap_mm is not None:
            beside = f"{around.bone_gap_mm:g} mm, {around.bone_angle_deg:.0f}°"
        rows.append(
            (
                f"{place} {application.target}".strip(),
                firm(application.needles[0].electrode.name),
                firm(f"{number(size.width_mm)} × {number(size.length_mm)}"),
                number(size.beyond_tip_mm),
                beside,
                number(lesion.max_tissue_c),
                number(lesion.peak_tissue_c),
                lesion.status,
            )
        )
    heads = (
        "Application",
        "Electrode",
        "50 °C, mm",
        "Beyond tip, mm",
        "Bone: gap, angle",
        "Hottest at the end, °C",
        "Ever, °C",
        "Status",
    )
    caption = "Solved lesions: width × length in soft tissue when heating ends, of a pair across both needles"
    return table(caption, heads, rows, numeric=(3, 5, 6), class_="wide small")


def _assumed_figures(plan: Plan) -> Html:
    # a plan made by hand or by an optimiser is not in the catalogue
    recipe = next((recipe for recipe in techniques() if recipe.name == plan.technique), None)
    tables = {
        "technique": recipe.figures if recipe else {},
        "branches": figures("nerves"),
        "safety": _but_limits(figures("safety")),
    }
    rows = [
        (
            firm(f"{group}: {_figure_name(key, figure.unit)}"),
            f"{figure.value:g}" + (f" ± {figure.sd:g}" if figure.sd is not None else ""),
            figure.unit.replace("degC", "°C"),
            figure.mark,
            figure.note.replace("degC", "°C") or "–",
        )
        for group, table_of in tables.items()
        for key, figure in table_of.items()
        if figure.is_assumption
    ]
    return table(
        "Figures that no publication gives",
        ("Figure", "Value", "Unit", "Mark", "Note"),
        rows,
        numeric=(1,),
        class_="wide small",
    )


def _but_limits(table_of: Mapping[str, Figure]) -> Mapping[str, Figure]:
    # limits carry their mark in the safety table
    return {key: figure for key, figure in table_of.items() if not key.endswith((".warn", ".stop"))}


def _figure_name(key: str, unit: str) -> str:
    name = key.replace(".", " ").replace("_", " ")
    return name.removesuffix(f" {unit}")


def _marks_in_words() -> str:
    return "Marks: " + "; ".join(f"{mark}, {meaning}" for mark, meaning in MARKS.items()) + "."


def _listed(title: str, sentences: Iterable[str]) -> Html:
    items = [element("li", sentence) for sentence in sentences]
    return element("div", element("h3", title), element("ul", items)) if items else Html("")


def _prose(source: str, note: str) -> str:
    return f"{source.replace('_', ' ')}: {note}" if note else source.replace("_", " ")


def _flat(prefix: str, entries: Mapping[str, Any]) -> dict[str, Any]:
    """Nested entries in one level, their keys joined; a figure as value, unit and mark."""
    flat: dict[str, Any] = {}
    for key, value in entries.items():
        name = f"{prefix} {key}"
        if isinstance(value, Mapping) and "value" in value:
            flat[name] = f"{value['value']:g} {value.get('unit', '')} ({value.get('mark', '')})".replace("degC", "°C")
        elif isinstance(value, Mapping):
            flat |= _flat(name, value)
        else:
            flat[name] = value
    return flat


def _plain(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(str(entry) for entry in value)
    return str(value)
