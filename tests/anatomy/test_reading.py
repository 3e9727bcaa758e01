"""Reading whole sets of bones: statuses, sentences, and what the user states."""

from __future__ import annotations

import numpy as np
import pytest
from bones_to_read import SETS, parametric_reading, reading_of, real_bones, sacrum_mesh

from rfplan.anatomy.landmark_file import GivenFeatures
from rfplan.anatomy.prior import complete_foramina
from rfplan.anatomy.reading import read_bones
from rfplan.anatomy.sides import LEVELS
from rfplan.errors import InputError
from rfplan.figures import bibliography, figures
from rfplan.geometry.mesh import Mesh

ALL_FORAMINA = [f"{level}_{side}" for level in LEVELS for side in ("right", "left")]


@pytest.mark.real
@pytest.mark.parametrize("name", SETS)
def test_there_are_always_eight_foramina_in_order(real_anatomy, name):
    reading = reading_of(real_anatomy / name)
    assert [foramen.name for foramen in reading.foramina] == ALL_FORAMINA
    assert reading.frame is reading.chart.frame


@pytest.mark.real
def test_a_complete_patient_needs_no_warning(real_anatomy):
    assert reading_of(real_anatomy / "hra_female").warnings == ()


@pytest.mark.real
def test_what_is_missing_is_said_in_sentences(real_anatomy):
    male = " ".join(reading_of(real_anatomy / "artisynth_male").warnings)
    assert "S2 left is estimated: only a dimple" in male and "S4 right is estimated" in male
    cut = " ".join(reading_of(real_anatomy / "jhu_24").warnings)
    assert "S3 is absent" in cut and "the sacrum ends at" in cut and "hiatus_apex" in cut


@pytest.mark.real
def test_what_the_user_states_takes_the_place_of_what_is_found(real_anatomy):
    bones = real_bones(real_anatomy / "artisynth_male")
    before = reading_of(real_anatomy / "artisynth_male")
    here = {foramen.name: foramen.centre_mm for foramen in before.foramina}
    stated = {"S1_left": here["S1_left"] + [1.0, 0.5, 0.0], "S4_right": here["S4_right"] + [0.0, 0.0, -4.0]}
    spine = np.array([38.0, 30.0, 20.0])
    after = read_bones(bones, GivenFeatures(stated, {"psis_left": spine}, (1.0, 30.0)))
    by_name = {foramen.name: foramen for foramen in after.foramina}
    for name, point in stated.items():
        assert (by_name[name].status, by_name[name].confidence) == ("given", 1.0)
        assert np.allclose(by_name[name].centre_mm, point)
        assert np.allclose(by_name[name].canal_mm[0], point)
    # the partner of a stated foramen is put opposite it
    partner = after.frame.to_chart(by_name["S4_left"].centre_mm)
    assert np.allclose(partner[:2], after.frame.to_chart(stated["S4_right"])[:2] * [-1.0, 1.0], atol=1e-6)
    assert after.landmarks["psis_left"].status == "given"
    assert np.allclose(after.landmarks["psis_left"].position_mm, spine)
    assert (after.frame.lao_deg, after.frame.cranial_deg) == pytest.approx((1.0, 30.0), abs=1e-6)


def test_the_parametric_patient_is_read_whole():
    reading = parametric_reading(True)
    assert [foramen.status for foramen in reading.foramina] == ["found"] * 8
    for side in ("left", "right"):
        assert reading.landmarks[f"psis_{side}"].status == "found"
        assert reading.curves[f"sij_posterior_line_{side}"].status == "found"


def test_with_nothing_found_the_population_places_all():
    chart = parametric_reading(False).chart
    prior = figures("foramina_prior")
    guessed = complete_foramina((), chart)
    assert [foramen.name for foramen in guessed] == ALL_FORAMINA
    for foramen in guessed:
        place = chart.frame.to_chart(foramen.centre_mm)
        assert foramen.status == "estimated" and foramen.confidence < 0.5
        assert abs(abs(place[0]) - prior[f"lateral.{foramen.level}"].value) < 0.5
        assert chart.height_mm(place[0], place[1]) == pytest.approx(place[2], abs=1e-6)
    rows = [chart.frame.to_chart(foramen.centre_mm)[1] for foramen in guessed if foramen.side == "left"]
    # from centre to centre, not from edge to edge
    assert np.allclose(np.diff(rows)[:2], [23.0, 20.5]) and 15.0 <= np.diff(rows)[2] <= 20.0


def test_a_missing_foramen_is_put_opposite_its_partner():
    reading = parametric_reading(False)
    kept = [foramen for foramen in reading.foramina if foramen.name != "S3_left"]
    completed = {foramen.name: foramen for foramen in complete_foramina(kept, reading.chart)}
    assert completed["S3_left"].status == "estimated"
    true = {foramen.name: foramen for foramen in reading.foramina}["S3_left"]
    assert np.linalg.norm(completed["S3_left"].centre_mm - true.centre_mm) < 2.0


def test_beyond_the_end_of_the_bone_a_foramen_is_absent():
    _, mesh = sacrum_mesh()
    reading = parametric_reading(False)
    below = reading.frame.to_chart(mesh.vertices_mm)[:, 1] > 62.0
    cut = Mesh(mesh.vertices_mm, mesh.faces[~below[mesh.faces].any(axis=1)])
    again = read_bones({"sacrum": cut})
    statuses = {foramen.name: foramen.status for foramen in again.foramina}
    for side in ("left", "right"):
        assert statuses[f"S1_{side}"] == statuses[f"S2_{side}"] == "found"
        assert statuses[f"S3_{side}"] == statuses[f"S4_{side}"] == "absent"
    assert any("S4 is absent" in sentence for sentence in again.warnings)


def test_a_bone_without_foramina_is_refused():
    import trimesh

    box = trimesh.creation.box((110.0, 34.0, 100.0)).subdivide_to_size(4.0)
    box.vertices[:, 0] *= 1.0 - 0.004 * (box.vertices[:, 1] + 17.0)
    with pytest.raises(InputError):
        read_bones({"sacrum": Mesh(box.vertices, box.faces)})
    with pytest.raises(InputError, match="sacrum"):
        read_bones({})


def test_every_figure_of_the_prior_has_a_source():
    known = bibliography()
    for name, figure in figures("foramina_prior").items():
        assert figure.source in known, name
        assert figure.mark != "R-lo", name
