"""Positions stated by a user."""

import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rfplan.anatomy.landmark_file import FORAMEN_NAMES, LANDMARK_NAMES, read_landmark_file
from rfplan.errors import InputError

quick = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
positions = st.lists(st.floats(-500, 500), min_size=3, max_size=3)
foramina = st.dictionaries(st.sampled_from(FORAMEN_NAMES), positions)
landmarks = st.dictionaries(st.sampled_from(LANDMARK_NAMES), positions)
FLIP = {"LPS": np.ones(3), "RAS": np.array([-1.0, -1.0, 1.0])}
FACTOR = {"mm": 1.0, "cm": 10.0, "m": 1000.0}


def written(tmp_path, document, name="landmarks.json"):
    path = tmp_path / name
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return path


@given(
    foramina=foramina,
    landmarks=landmarks,
    frame=st.sampled_from(list(FLIP)),
    unit=st.sampled_from(list(FACTOR)),
)
@quick
def test_what_is_stated_comes_back_in_lps_and_mm(tmp_path, foramina, landmarks, frame, unit):
    document = {
        "frame": frame,
        "unit": unit,
        "foramina": foramina,
        "landmarks": landmarks,
        "true_ap": {"lao_deg": 1.5, "cranial_deg": -20},
    }
    found = read_landmark_file(written(tmp_path, document))
    assert found.true_ap == ((1.5, -20.0))
    for stated, read in ((foramina, found.foramina), (landmarks, found.landmarks)):
        assert set(stated) == set(read)
        for name, position in stated.items():
            assert np.allclose(read[name], np.array(position) * FACTOR[unit] * FLIP[frame])


@given(
    points=st.dictionaries(st.sampled_from(FORAMEN_NAMES + LANDMARK_NAMES), positions, min_size=1),
    frame=st.sampled_from(list(FLIP)),
)
@quick
def test_slicer_markups(tmp_path, points, frame):
    control = [
        {"id": str(k), "label": name, "position": position, "positionStatus": "defined"}
        for k, (name, position) in enumerate(points.items())
    ]
    control.append({"label": "F-9", "position": [0.0, 0.0, 0.0], "positionStatus": "undefined"})
    document = {
        "@schema": "https://raw.githubusercontent.com/slicer/slicer/master/Modules/Loadable/Markups/Resources/Schema/markups-schema-v1.0.3.json#",
        "markups": [{"type": "Fiducial", "coordinateSystem": frame, "coordinateUnits": "mm", "controlPoints": control}],
    }
    found = read_landmark_file(written(tmp_path, document, "F.mrk.json"))
    assert set(found.points_mm) == set(points)
    for name, position in points.items():
        assert np.allclose(found.points_mm[name], np.array(position) * FLIP[frame])


def test_a_centre_may_be_copied_from_the_summary(tmp_path):
    found = read_landmark_file(written(tmp_path, {"foramina": {"S1_left": {"centre_mm": [1, 2, 3]}}}))
    assert found.foramina["S1_left"].tolist() == [1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("", "is empty"),
        ("{", "not valid JSON"),
        ("[1]", "is a JSON object"),
        ("{}", "states no foramen"),
        ({"foramena": {}}, r"key 'foramena' is not known; did you mean 'foramina'\?"),
        (
            {"foramina": {"S1_lefft": [1, 2, 3]}},
            r"foramina\.S1_lefft is not known; did you mean 'S1_left'\?",
        ),
        ({"landmarks": {"PSIS_right": [1, 2, 3]}}, r"did you mean 'psis_right'"),
        (
            {"foramina": {"S1_left": [1, 2]}},
            r"foramina\.S1_left must be three finite numbers \[x, y, z\], not \[1, 2\]",
        ),
        ({"foramina": {"S1_left": [1, 2, "3"]}}, "three finite numbers"),
        ('{"foramina": {"S1_left": [1, 2, NaN]}}', "three finite numbers"),
        ('{"foramina": {"S1_left": [1, 2, 1e999]}}', "three finite numbers"),
        (
            '{"foramina": {"S1_left": [1, 2, 3], "S1_left": [3, 2, 1]}}',
            "'S1_left' is stated twice in one object; leave only one",
        ),
        ({"foramina": [1]}, "foramina must be an object"),
        ({"frame": "LAS", "foramina": {}}, "frame is 'LAS'; accepted are 'LPS' and 'RAS'"),
        ({"frame": ["LPS"], "foramina": {}}, "accepted are"),
        ({"unit": "inch", "foramina": {}}, "unit is 'inch'; accepted are mm, cm, m"),
        ({"true_ap": {"cranial": 30}}, r"true_ap\.cranial is not known; did you mean 'cranial_deg'"),
        ({"true_ap": {"lao_deg": 0, "cranial_deg": 300}}, r"true_ap\.cranial_deg is 300"),
        ({"true_ap": {"lao_deg": 0}}, r"true_ap\.cranial_deg is None"),
        ({"markups": {}}, "'markups' must be a list"),
        (
            {"markups": [{"controlPoints": [{"label": "F-1", "position": [1, 2, 3]}]}]},
            r"markups\[0\]\.controlPoints\[0\] has the label 'F-1'",
        ),
        (
            {"markups": [{"controlPoints": [{"label": "S1_left", "position": [1, 2, 3]}] * 2}]},
            "S1_left is stated twice",
        ),
        ({"markups": [{"coordinateSystem": "IJK", "controlPoints": []}]}, "coordinateSystem is 'IJK'"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, document, message):
    with pytest.raises(InputError, match=message) as caught:
        read_landmark_file(written(tmp_path, document))
    assert "landmarks.json" in str(caught.value)


def test_a_file_that_is_not_there_or_not_text(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_landmark_file(tmp_path / "none.json")
    (tmp_path / "picture.json").write_bytes(b"\xff\xd8\xff\xe0")
    with pytest.raises(InputError, match="not a text file"):
        read_landmark_file(tmp_path / "picture.json")


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "frame",
                    "unit",
                    "foramina",
                    "landmarks",
                    "true_ap",
                    "markups",
                    "controlPoints",
                    "label",
                    "position",
                    "S1_left",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(json_values)
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_json_is_read_or_refused(tmp_path, document):
    try:
        found = read_landmark_file(written(tmp_path, document))
    except InputError as error:
        assert "landmarks.json" in str(error)
    else:
        assert all(np.all(np.isfinite(point)) for point in found.points_mm.values())


def test_a_byte_order_mark_is_no_fault(tmp_path):
    path = tmp_path / "landmarks.json"
    path.write_text('{"foramina": {"S1_left": [1, 2, 3]}}', encoding="utf-8-sig")
    assert read_landmark_file(path).foramina["S1_left"].tolist() == [1.0, 2.0, 3.0]
