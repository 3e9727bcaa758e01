"""Plans as files: what is written is read back; what is wrong is refused with its place."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfplan.errors import InputError
from rfplan.planning.plan import Plan
from rfplan.planning.plan_file import load_plan, plan_from_json, plan_to_json, save_plan
from strategies import SLAB_SKIN_MM, plans, slab_patient

GOOD: dict[str, Any] = {
    "schema": "rfplan/plan/1",
    "frame": "LPS",
    "unit": "mm",
    "patient": {"name": "somebody"},
    "side": "right",
    "technique": "palisade",
    "applications": [
        {
            "mode": "bipolar",
            "protocol": {"set_c": 90, "time_s": 180, "ramp_s": 15},
            "needles": [
                {"electrode": "conventional-18g-10mm", "tip_mm": [0, 0, 0], "axis": [0, 1, 0], "entry_mm": [0, 60, 0]},
                {
                    "electrode": "conventional-18g-10mm",
                    "tip_mm": [0, 0, 10],
                    "axis": [0, 1, 0],
                    "entry_mm": [0, 60, 10],
                },
            ],
        },
        {
            "mode": "cooled",
            "protocol": {"set_c": 60.0, "time_s": 150.0},
            "target": "S1 4:30",
            "needles": [
                {"electrode": "cooled-17g-4mm", "tip_mm": [1, 2, 3], "axis": [0, 1, 0], "entry_mm": [1, 60, 3]}
            ],
        },
    ],
}


def changed(path: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    """GOOD with one value set, or removed where ``value`` is ``...``."""
    document = copy.deepcopy(GOOD)
    place: Any = document
    for key in path[:-1]:
        place = place[key]
    if value is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return document


def test_a_good_plan() -> None:
    plan = plan_from_json(GOOD)
    assert (plan.side, plan.technique, len(plan.applications)) == ("right", "palisade", 2)
    assert plan.applications[1].protocol.ramp_s == 15.0
    assert plan.applications[1].target == "S1 4:30"
    assert plan.applications[0].needles[1].tip_mm.tolist() == [0.0, 0.0, 10.0]
    assert plan.patient["name"] == "somebody"


@given(plans())
def test_what_is_written_is_read_back_exactly(plan: Plan) -> None:
    text = json.dumps(plan_to_json(plan), allow_nan=False)
    again = plan_from_json(json.loads(text))
    assert plan_to_json(again) == plan_to_json(plan)
    for one, other in zip(plan.applications, again.applications, strict=True):
        assert (one.mode, one.protocol, one.target) == (other.mode, other.protocol, other.target)
        for needle, same in zip(one.needles, other.needles, strict=True):
            assert needle.electrode == same.electrode
            for name in ("tip_mm", "axis", "entry_mm"):
                assert np.array_equal(getattr(needle, name), getattr(same, name))


NEEDLE = ("applications", 0, "needles", 1)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("schema",), "rfplan/plan/2", 'schema is "rfplan/plan/2"; this version of rfplan reads "rfplan/plan/1"'),
        (("schema",), ..., "schema is missing; needed here: schema, frame, unit, side, technique, applications"),
        (("technique",), "palisad", "technique 'palisad' is not known; did you mean 'palisade'?"),
        (("technique",), "Cooled Clock-face", "did you mean 'cooled-clockface'?"),
        (("frame",), "RAS", 'frame is "RAS"; it must be "LPS"'),
        (("unit",), "m", 'unit is "m"; it must be "mm"'),
        (("side",), "Left", "side is \"Left\"; did you mean 'left'?"),
        (("side",), 3, 'side is 3; it must be "left" or "right"'),
        (("sides",), "left", "sides is not a known key; did you mean 'side'?"),
        (("applications",), {}, "applications is {}; it must be an array"),
        (("applications",), ..., "applications is missing"),
        (("applications", 1), 7, "applications[1] is 7; it must be an object"),
        (("applications", 0, "mode"), "bipola", "applications[0].mode is \"bipola\"; did you mean 'bipolar'?"),
        (("applications", 0, "protocol", "set_c"), "90", 'applications[0].protocol.set_c is "90"; it must be a number'),
        (("applications", 0, "protocol", "set_c"), True, "applications[0].protocol.set_c is true; it must be a number"),
        (("applications", 0, "protocol", "set_c"), 300, "applications[0].protocol: protocol set_c is 300"),
        (
            ("applications", 0, "protocol", "times"),
            9,
            "applications[0].protocol.times is not a known key; did you mean 'time_s'?",
        ),
        (
            ("applications", 0, "needles"),
            [GOOD["applications"][0]["needles"][0]],
            "applications[0].needles has 1 needle(s); a bipolar",
        ),
        (
            (*NEEDLE, "axis"),
            [0, 1, 1],
            "applications[0].needles[1].axis is [0.0, 1.0, 1.0], of length 1.41421; it must be a unit vector",
        ),
        (
            (*NEEDLE, "axis"),
            [0, float("nan"), 1],
            "applications[0].needles[1].axis is [0, NaN, 1]; it must be three finite numbers",
        ),
        ((*NEEDLE, "tip_mm"), [0, 1], "applications[0].needles[1].tip_mm is [0, 1]; it must be three numbers"),
        ((*NEEDLE, "tip_mm"), [0, 1, "2"], "applications[0].needles[1].tip_mm"),
        ((*NEEDLE, "tip"), [0, 1, 2], "applications[0].needles[1].tip is not a known key; did you mean 'tip_mm'?"),
        (
            (*NEEDLE, "electrode"),
            "conventional-18g-10",
            "applications[0].needles[1].electrode: electrode 'conventional-18g-10'",
        ),
        ((*NEEDLE, "electrode"), "cooled-17g-4mm", "cannot be used in mode 'bipolar'; accepted for it: cooled"),
        (
            (*NEEDLE, "entry_mm"),
            ...,
            "applications[0].needles[1].entry_mm is missing; give it, or read the plan together with a patient",
        ),
        ((*NEEDLE, "tip_mm"), [0, 0, 0], "both needles of a bipolar application are at the same place"),
        (("patient",), "somebody", 'patient is "somebody"; it must be an object'),
    ],
)
def test_what_is_wrong_is_named_with_its_place(
    path: tuple[str | int, ...], value: Any, message: str, tmp_path: Path
) -> None:
    file = tmp_path / "mine.json"
    file.write_text(json.dumps(changed(path, value)))
    with pytest.raises(InputError) as caught:
        load_plan(file)
    assert str(caught.value).startswith(str(file))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        ("  \n", "the file is empty"),
        ('{"schema": "rfplan/plan/1",\n "side": right}', "not valid JSON at line 2, column 10"),
        (json.dumps(GOOD)[:200], "not valid JSON at line 1, column"),
        ("[]", "the document is []; it must be an object"),
        ("null", "the document is null; it must be an object"),
        ('{"side": "left", "side": "right"}', "key 'side' is stated twice"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_files_that_are_no_plan(text: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.json"
    file.write_text(text)
    with pytest.raises(InputError, match=r"mine\.json") as caught:
        load_plan(file)
    assert message in str(caught.value)


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_bytes(b"\x1f\x8b\x08\x00\xff")
    with pytest.raises(InputError, match="not UTF-8 text"):
        load_plan(tmp_path / "mine.json")
    with pytest.raises(InputError, match="there is no such file"):
        load_plan(tmp_path / "yours.json")
    with pytest.raises(InputError, match="is a folder"):
        load_plan(tmp_path)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def _places(draw: st.DrawFn) -> tuple[str | int, ...]:
    place, path = GOOD, []
    while isinstance(place, dict | list) and place and (not path or draw(st.booleans())):
        key = draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        path.append(key)
        place = place[key]
    return tuple(path)


@given(_places(), JSON_VALUES)
def test_any_value_anywhere_is_accepted_or_refused_in_one_line(path: tuple[str | int, ...], value: Any) -> None:
    try:
        plan = plan_from_json(changed(path, value), "mine.json")
    except InputError as error:
        assert str(error).startswith("mine.json: ")
    else:
        assert plan_from_json(plan_to_json(plan)).side == plan.side


def test_a_missing_entry_is_found_on_the_patients_skin() -> None:
    document = changed((*NEEDLE, "entry_mm"), ...)
    plan = plan_from_json(document, patient=slab_patient())
    assert plan.applications[0].needles[1].entry_mm == pytest.approx([0.0, SLAB_SKIN_MM, 10.0])
    inward = changed(NEEDLE, {"electrode": "conventional-18g-10mm", "tip_mm": [0, 0, 10], "axis": [0, -1, 0]})
    with pytest.raises(InputError, match=r"applications\[0\].needles\[1\]: entry_mm is missing and cannot be found"):
        plan_from_json(inward, patient=slab_patient())


def test_writing_is_all_or_nothing(tmp_path: Path) -> None:
    plan = plan_from_json(GOOD)
    save_plan(plan, tmp_path / "plan.json")
    assert plan_to_json(load_plan(tmp_path / "plan.json")) == plan_to_json(plan)
    assert [entry.name for entry in tmp_path.iterdir()] == ["plan.json"]
    with pytest.raises(InputError, match="cannot be written"):
        save_plan(plan, tmp_path / "nowhere" / "plan.json")
    with pytest.raises(InputError, match="cannot be written"):
        save_plan(plan, tmp_path / "plan.json" / "plan.json")
    assert [entry.name for entry in tmp_path.iterdir()] == ["plan.json"]


@pytest.mark.parametrize("key", ["tip_mm", "entry_mm"])
@pytest.mark.parametrize("far", [5000.0, 1e300])
def test_a_needle_far_from_the_patient_is_refused(key: str, far: float) -> None:
    document = changed((*NEEDLE, key), [far, 0.0, 0.0])
    with pytest.raises(InputError, match=rf"needles\[1\]\.{key} is .* at most 1,000 mm is accepted"):
        plan_from_json(document, "mine.json", slab_patient())


def test_without_a_patient_only_a_needle_out_of_all_range_is_refused() -> None:
    plan_from_json(changed((*NEEDLE, "tip_mm"), [5000.0, 0.0, 0.0]))
    with pytest.raises(InputError, match=r"1e\+300 mm from the origin; at most 1,000,000 mm is accepted"):
        plan_from_json(changed((*NEEDLE, "tip_mm"), [1e300, 0.0, 0.0]))
