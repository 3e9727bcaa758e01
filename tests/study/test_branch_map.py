"""Branches drawn again for maps are those that were judged, and lie where they belong."""

import numpy as np
import polars as pl
import pytest

import rfplan
from rfplan.anatomy.population import Population
from rfplan.study.branch_bits import taken_branches
from rfplan.study.branch_map import NEAR_MM, SideLayout, branch_maps
from rfplan.study.chunk import chunk_table
from rfplan.study.design import checked, design_from

DESIGN = checked(
    design_from(
        {
            "strategies": [{"technique": "cooled-clockface"}, {"technique": "conventional-periforaminal"}],
            "patients": 6,
            "chunk": 6,
            "lesion_model": "shapes",
        }
    )
)


@pytest.fixture(scope="module")
def table():
    return chunk_table(DESIGN, 0)


@pytest.fixture(scope="module")
def maps(table):
    return branch_maps(DESIGN, table, "cut_bits", rfplan.reference_patient())


def test_bits_name_the_branches_in_the_order_of_the_side(table):
    for patient in Population(DESIGN.innervation).draw(6, DESIGN.seed):
        nerves = patient.ground.nerves_on("right")
        for row in table.filter(pl.col("patient") == patient.index).iter_rows(named=True):
            for key in ("ap", "cut"):
                taken = taken_branches(row[f"{key}_bits"], len(nerves))
                for level in ("L5", "S1", "S2", "S3"):
                    own = [bool(hit) for hit, nerve in zip(taken, nerves, strict=True) if nerve.level == level]
                    assert (len(own), sum(own)) == (row[f"branches_{level}"], row[f"{key}_{level}"])


def test_a_layout_laid_over_itself_moves_nothing_and_over_another_meets_its_marks():
    one, other = (SideLayout.of(patient.ground, "right") for patient in Population().draw(2, 5))
    places = np.column_stack([np.linspace(5.0, 45.0, 30), np.linspace(-5.0, 95.0, 30)])
    np.testing.assert_allclose(one.laid_over(one, places), places, atol=1e-9)
    marks = np.column_stack([one.beside_mm, one.caudal_mm])
    expected = np.column_stack([other.beside_mm, other.caudal_mm])
    for to_joint in (True, False):
        np.testing.assert_allclose(one.laid_over(other, marks, to_joint), expected, atol=1e-9)


def test_both_sides_have_the_same_layout():
    ground = Population().draw(1, 5)[0].ground
    left, right = SideLayout.of(ground, "left"), SideLayout.of(ground, "right")
    np.testing.assert_allclose(left.beside_mm, right.beside_mm, atol=1e-9)
    np.testing.assert_allclose(left.joint_mm, right.joint_mm, atol=1e-9)


def test_maps_count_branches_in_the_neighbourhood(maps, table):
    # a branch covers at least a disc, and no more than a strip along its length
    cell = float(maps.beside_mm[1] - maps.beside_mm[0])
    covered = maps.all.sum() * cell**2 / 100.0 * maps.patients
    nerves = [nerve for patient in Population().draw(6, DESIGN.seed) for nerve in patient.ground.nerves_on("right")]
    assert covered > len(nerves) * np.pi * NEAR_MM**2
    assert covered < len(nerves) * (2 * NEAR_MM * 45.0 + np.pi * NEAR_MM**2)
    for name, missed in maps.missed.items():
        assert np.all(missed <= maps.all)
        own = table.filter(pl.col("strategy") == name)
        lost = sum(int((own[f"branches_{level}"] - own[f"cut_{level}"]).sum()) for level in ("L5", "S1", "S2", "S3"))
        assert (missed.max() > 0.0) == (lost > 0)


def test_what_nobody_is_missed_by_is_empty_and_what_all_are_is_everything(table):
    reference = rfplan.reference_patient()
    for bits, share in ((0, 1.0), (2**40 - 1, 0.0)):
        found = branch_maps(DESIGN, table.with_columns(cut_bits=pl.lit(bits, pl.Int64)), "cut_bits", reference)
        for missed in found.missed.values():
            np.testing.assert_allclose(missed, share * found.all)


def test_only_the_first_patients_are_drawn(table):
    found = branch_maps(DESIGN, table, "cut_bits", rfplan.reference_patient(), most=2)
    assert found.patients == 2
    assert found.all.max() >= 50.0
