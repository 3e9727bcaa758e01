"""Study files are read strictly."""

from pathlib import Path

import pytest

from rfplan.errors import InputError
from rfplan.study.design import StudyDesign, checked, design_from, read_design

PLAIN = {"strategies": [{"technique": "palisade"}]}


def test_defaults_and_names():
    design = checked(design_from(PLAIN))
    assert design.strategies[0].name == "palisade"
    assert (design.patients, design.seed, design.side, design.operator) == (1000, 1, "right", None)


def test_equal_designs_have_equal_hashes_and_others_not():
    assert design_from(PLAIN).hash == design_from(PLAIN).hash
    assert design_from(PLAIN | {"seed": 2}).hash != design_from(PLAIN).hash
    assert (
        design_from(design_from(PLAIN | {"operator": {}}).to_json()).hash == design_from(PLAIN | {"operator": {}}).hash
    )


def test_a_strategy_can_have_its_own_operator():
    hand = {"along_bone_mm": 3.0}
    own = {"technique": "palisade", "name": "own", "operator": hand}
    exact = {
        "technique": "palisade",
        "name": "exact",
        "operator": dict.fromkeys(("along_bone_mm", "depth_mm", "axis_deg"), 0.0),
    }
    document = {"strategies": [PLAIN["strategies"][0], own, exact], "operator": {}}
    design = checked(design_from(document))
    usual, wide, none = (design.error_of(strategy) for strategy in design.strategies)
    assert (usual.along_bone_mm, usual.axis_deg) == (1.5, 3.0)
    # what is not named stays as usual
    assert (wide.along_bone_mm, wide.depth_mm, wide.axis_deg) == (3.0, 1.0, 3.0)
    assert none is None
    assert design_from(design.to_json()).hash == design.hash
    other = design_from(
        document | {"strategies": [PLAIN["strategies"][0], own | {"operator": {"along_bone_mm": 2.9}}, exact]}
    )
    assert other.hash != design.hash


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"patient": 3}, "did you mean 'patients'"),
        ({"strategies": [{"technique": "palisade", "option": {}}]}, r"strategies\[0\].option'; did you mean 'options'"),
        ({"strategies": [{"technique": "palisad"}]}, "did you mean 'palisade'"),
        ({"strategies": [{"technique": "palisade", "electrode": "conventional-22"}]}, "conventional-22g-5mm"),
        ({"strategies": [{"technique": "cooled-classic", "electrode": "conventional-20g-10mm"}]}, "it takes: cooled"),
        ({"strategies": [{"technique": "palisade", "options": {"spacing": 8.0}}]}, "spacing_mm"),
        (
            {"strategies": [{"technique": "palisade", "options": {"spacing_mm": -8.0}}]},
            "'palisade'.*spacing_mm is -8.0.*at least 2",
        ),
        ({"strategies": [{"technique": "palisade", "options": {"offset_mm": float("nan")}}]}, "offset_mm is nan"),
        ({"strategies": [{"technique": "palisade", "options": {"set_c": 140.0}}]}, "'palisade'.*set_c is 140.0"),
        ({"strategies": [{"name": "mine"}]}, r"key 'strategies\[0\].technique' is missing"),
        ({"strategies": "palisade"}, r"'strategies\[0\]' is not a table"),
        ({"strategies": []}, "no strategies"),
        ({"strategies": [{"technique": "palisade"}, {"technique": "palisade"}]}, "two strategies"),
        ({"patients": 0}, "at least 1"),
        ({"patients": "many"}, "whole number"),
        ({"patients": True}, "whole number"),
        ({"seed": -1}, "at least 0"),
        ({"side": "both"}, "'left' or 'right'"),
        ({"lesion_model": "solid"}, "judges with: solved, shapes"),
        ({"operator": {"axis_deg": -3.0}}, "between 0 and 45"),
        (
            {"strategies": [{"technique": "palisade", "operator": {"along_mm": 2.0}}]},
            r"operator.along_mm'; did you mean 'along_bone_mm'",
        ),
        (
            {"strategies": [{"technique": "palisade", "operator": {"depth_mm": 21.0}}]},
            "strategy 'palisade'.*depth_mm is 21",
        ),
        ({"strategies": [{"technique": "palisade", "operator": 3}]}, r"strategies\[0\].operator"),
    ],
)
def test_what_is_wrong_is_named(changes, words):
    with pytest.raises(InputError, match=words):
        checked(design_from(PLAIN | changes))


def test_a_file_is_named_with_its_fault(tmp_path):
    path = tmp_path / "study.toml"
    path.write_text('patients = 5\nseeds = 1\n[[strategies]]\ntechnique = "palisade"\n')
    with pytest.raises(InputError, match=r"study\.toml: unknown key 'seeds'; did you mean 'seed'"):
        read_design(path)
    # an editor that begins with a byte order mark is no fault
    path.write_text('patients = 5\n[[strategies]]\ntechnique = "palisade"\n', encoding="utf-8-sig")
    assert read_design(path).patients == 5
    path.write_text("patients = [")
    with pytest.raises(InputError, match="not valid TOML"):
        read_design(path)
    with pytest.raises(InputError, match="No such file"):
        read_design(tmp_path / "none.toml")


def test_flags_replace_what_the_file_says(tmp_path):
    path = tmp_path / "study.toml"
    path.write_text('patients = 5\n[[strategies]]\ntechnique = "palisade"\noptions = { spacing_mm = 8 }\n')
    design = read_design(path, {"patients": 7})
    assert isinstance(design, StudyDesign)
    assert design.patients == 7
    assert design.strategies[0].options == {"spacing_mm": 8.0}


@pytest.mark.parametrize(
    "path", sorted((Path(__file__).parents[2] / "examples").glob("study_*.toml")), ids=lambda path: path.stem
)
def test_studies_of_the_examples_can_be_carried_out(path):
    design = read_design(path)
    assert design.patients >= 200
    assert len(design.strategies) >= 3
