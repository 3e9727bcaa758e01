"""The plan as a list of applications in the order in which they are made."""

from __future__ import annotations

from rfplan.planning.plan import Plan
from rfplan.report.html import Html, element, number, table


def plan_section(plan: Plan) -> Html:
    """One row per application, one line per needle in it."""
    numbers = {needle.pose_key: n for n, needle in enumerate(plan.needles, start=1)}
    rows = []
    for n, application in enumerate(plan.applications, start=1):
        protocol = application.protocol
        rows.append(
            (
                str(n),
                application.target or "–",
                application.mode,
                _lines(element("b", str(numbers[needle.pose_key]), class_="needle") for needle in application.needles),
                _lines(needle.electrode.name for needle in application.needles),
                f"{protocol.set_c:g} °C, {protocol.time_s:g} s",
                _lines(" / ".join(number(x) for x in needle.tip_mm) for needle in application.needles),
                _lines(number(needle.depth_mm, 0) for needle in application.needles),
            )
        )
    return element(
        "section",
        element("h2", "Plan", id="plan"),
        table(
            "Applications in order",
            ("No.", "Target", "Mode", "Needle", "Electrode", "Set", "Tip x / y / z, mm", "Depth, mm"),
            rows,
            numeric=(6, 7),
            class_="wide",
        ),
        element(
            "p",
            "Needle numbers are those of the pictures. Coordinates are in the patient's frame (LPS: x to the patient's left, y to the "
            "back, z to the head). Depth is the length of shaft under the skin.",
            class_="note",
        ),
        [element("p", note, class_="note") for note in plan.notes],
        aria_labelledby="plan",
    )


def _lines(pieces: object) -> list[Html]:
    return [element("div", piece) for piece in pieces]  # type: ignore[attr-defined]
