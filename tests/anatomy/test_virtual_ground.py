"""Virtual patients without a mesh against the same patients with one."""

import numpy as np
import pytest

from rfplan.anatomy.population import Population
from rfplan.planning.packed_lesions import shape_lesions
from rfplan.planning.techniques import technique

TECHNIQUES = ("conventional-periforaminal", "cooled-clockface", "palisade")


@pytest.fixture(scope="module")
def pairs():
    """Two virtual patients: without and with a mesh."""
    drawn = Population().draw(3, 2026)
    return [(drawn[k].ground, drawn[k].meshed(1.0)) for k in (1, 2)]


@pytest.mark.slow
def test_heights_of_the_back_are_those_of_the_mesh(pairs):
    lateral, caudal = np.meshgrid(np.arange(17.0, 46.0), np.arange(16.0, 75.0), indexing="ij")
    for ground, patient in pairs:
        apart = ground.chart.height_mm(lateral, caudal) - patient.chart.height_mm(lateral, caudal)
        beside, below = (
            patient.chart.height_mm(lateral + out, caudal + down) for out, down in ((2.0, 0.0), (0.0, 2.0))
        )
        inside = np.isfinite(beside) & np.isfinite(below)
        assert np.isfinite(apart[inside]).mean() > 0.99
        assert np.sqrt(np.nanmean(apart[inside] ** 2)) < 0.3


@pytest.mark.slow
def test_foramina_are_those_of_the_mesh(pairs):
    for ground, patient in pairs:
        for foramen in patient.foramina:
            own = ground.foramen(foramen.level, foramen.side)
            assert np.linalg.norm(own.centre_mm - foramen.centre_mm) < 0.3
            assert own.diameter_mm == pytest.approx(foramen.diameter_mm, abs=0.6)
            assert np.degrees(np.arccos(own.axis @ foramen.axis)) < 12.0


@pytest.mark.slow
def test_branches_and_needles_are_those_of_the_mesh(pairs):
    differ = total = 0
    for ground, patient in pairs:
        own = {nerve.name: nerve for nerve in ground.nerves_on("right")}
        theirs = {nerve.name: nerve for nerve in patient.nerves_on("right")}
        assert set(own) == set(theirs)
        for name in TECHNIQUES:
            hits = []
            for body, nerves in ((ground, own), (patient, theirs)):
                plan = technique(name).plan(body, "right")
                ordered = [nerves[key].points_mm for key in sorted(nerves)]
                first = np.concatenate([[0], np.cumsum([len(line) for line in ordered])]).astype(np.int64)
                judged = shape_lesions(plan).judged(
                    np.concatenate(ordered), first, np.ascontiguousarray(body.frame.axes), 1
                )
                hits.append(judged[:, 3] > 0.0)
            differ, total = differ + int(np.sum(hits[0] != hits[1])), total + len(hits[0])
    assert total > 30
    assert differ <= 0.01 * total + 1


def test_the_sides_of_a_virtual_patient_are_mirror_images():
    ground = Population().draw(1, 4)[0].ground
    left, right = (technique("palisade").plan(ground, side) for side in ("left", "right"))
    assert len(left.needles) == len(right.needles)
    for one, other in zip(left.needles, right.needles, strict=True):
        np.testing.assert_allclose(one.tip_mm * [-1.0, 1.0, 1.0], other.tip_mm, atol=1e-6)
        np.testing.assert_allclose(one.axis * [-1.0, 1.0, 1.0], other.axis, atol=1e-6)


def test_distance_is_that_along_the_beam_over_flat_bone_and_is_cut_off():
    ground = Population().draw(1, 4)[0].ground
    lateral, caudal = 26.0, float(ground.frame.to_chart(ground.foramen("S2", "left").centre_mm)[1]) + 11.0
    surface = ground.chart.point_mm(lateral, caudal)
    normal = ground.chart.normal(lateral, caudal)
    gaps = ground.bone_distance(surface + np.array([-1.0, 0.0, 1.0, 2.0])[:, None] * normal)
    assert np.all(np.diff(gaps) > 0.5)
    assert gaps[2] == pytest.approx(1.0, abs=0.45)
    assert ground.bone_distance(surface + 200.0 * normal) == 2.5
    assert ground.bone_distance(surface - 30.0 * ground.frame.posterior) < 0.0


def test_a_virtual_patient_says_where_it_comes_from():
    patient = Population().draw(2, 9)[1]
    plan = technique("cooled-clockface").plan(patient.ground, "right")
    assert plan.patient["name"] == "virtual-9-1"
    assert patient.dimensions["sacrum.length"] == patient.values["sacrum.length"]
    assert set(patient.skin_residual_mm) == {"S1", "S2", "S3"}
