"""Safety checks on a slab of bone with bored foramina, against distances known in closed form."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given

from rfplan.anatomy.patient import Patient
from rfplan.figures import bibliography, figures
from rfplan.planning.evaluation import Evaluation
from rfplan.planning.evaluation_kernels import rod_gap
from rfplan.planning.needle import Needle
from rfplan.planning.plan import Application, Plan
from rfplan.planning.safety import TITLES, SafetyRow, limits, worst, worst_per_check
from rfplan.planning.safety import row as safety_row
from strategies import PROTOCOL, device, foramen, monopolar, needle, numbers, points, slab_patient, straight_nerve
from strategies import evaluate_shapes as evaluate

BALL = device(10.0, 10.0)
NERVE = (straight_nerve([20.0, 2.0, 0.0], [50.0, 2.0, 0.0]),)
SLAB = slab_patient(NERVE)


def row(evaluation: Evaluation, check: str, concerns: str | None = None) -> SafetyRow:
    (found,) = [r for r in evaluation.safety if r.check == check and concerns in (None, r.concerns)]
    return found


def judged(*needles: Needle, patient: Patient = SLAB) -> Evaluation:
    return evaluate(monopolar(*needles), patient)


def test_every_check_has_a_title_limits_with_a_known_source_and_a_row() -> None:
    assert set(limits()) == set(TITLES)
    for figure in figures("safety").values():
        assert figure.source in bibliography()
    pair = Plan("left", "by hand", (Application("bipolar", PROTOCOL, _pair(10.0)),))
    assert {r.check for r in evaluate(pair, SLAB).safety} == set(TITLES)


def _pair(apart_mm: float) -> tuple[Needle, Needle]:
    both = device(8.0, 12.0, waist_mm=6.0)
    return needle([34.0, 0.5, 0.0], with_device=both), needle([34.0, 0.5, apart_mm], with_device=both)


@given(numbers(24.0, 44.0))
def test_distance_and_hottest_isotherm_at_a_canal(lateral_mm: float) -> None:
    # foramen S2 is bored at (24, ., 0) with a radius of 4 mm; the lesion is a ball of 5 mm at 50 degC, level with the canal
    evaluation = judged(needle([lateral_mm, -4.0, 0.0], with_device=BALL))
    distance = row(evaluation, "canal_distance", "S2_left")
    hottest = row(evaluation, "canal_isotherm", "S2_left")
    off = lateral_mm - 24.0
    assert distance.value == pytest.approx(off - 5.0 - 4.0, abs=1e-6)
    surfaces = ((45.0, 6.25), (50.0, 5.0), (55.0, 4.0), (60.0, 3.0))
    # a surface that just touches the canal is a tie that rounding decides
    assume(all(abs(off - radius - 4.0) > 1e-6 for _, radius in surfaces))
    reached = [c for c, radius in surfaces if off < radius + 4.0]
    assert hottest.value == (max(reached) if reached else 37.0)
    assert hottest.status == ("stop" if hottest.value >= 55 else "warn" if hottest.value >= 45 else "ok")
    assert row(evaluation, "canal_distance", "S2_right").value > 30.0


def test_ventral_root() -> None:
    # the ventral opening of S2 lies 20 mm deep; the root is a ball of 2.5 mm there
    evaluation = judged(needle([24.0, -9.0, 0.0], with_device=BALL))
    assert row(evaluation, "ventral_root_distance", "S2_left").value == pytest.approx(11.0 - 5.0 - 2.5)
    assert row(evaluation, "ventral_root_distance", "S2_left").status == "warn"
    assert row(evaluation, "ventral_root_isotherm", "S2_left").value == 37.0
    closer = judged(needle([24.0, -12.0, 0.0], with_device=BALL))
    assert row(closer, "ventral_root_isotherm", "S2_left").value == 45.0
    assert row(closer, "ventral_root_isotherm", "S2_left").status == "stop"


@given(numbers(-30.0, 30.0), numbers(0.5, 8.0))
def test_active_tip_to_the_edge_of_a_canal(lateral_mm: float, above_mm: float) -> None:
    # the tip points away from the slab, so its end is the nearest; the device is 1 mm thick
    only = slab_patient(NERVE, (foramen("S2", "left", 24.0, 0.0),))
    found = row(judged(needle([24.0 + lateral_mm, above_mm, 0.0]), patient=only), "needle_to_canal")
    assert found.value == pytest.approx(math.hypot(lateral_mm, above_mm) - 4.0 - 0.5, abs=1e-9)


def test_an_estimated_foramen_is_marked_and_an_absent_one_left_out() -> None:
    holes = (
        foramen("S1", "left", 24.0, -20.0),
        foramen("S2", "left", 24.0, 0.0, status="estimated"),
        foramen("S3", "left", 24.0, 20.0, status="absent"),
    )
    evaluation = judged(needle([34.0, 0.5, 0.0]), patient=slab_patient(NERVE, holes))
    assert "estimated" in row(evaluation, "canal_distance", "S2_left").note
    assert row(evaluation, "canal_distance", "S1_left").note == ""
    assert not [r for r in evaluation.safety if r.concerns == "S3_left"]


def test_skin() -> None:
    # a spheroid 16 mm long and 10 mm wide at 50 degC (20 and 12.5 at 45), upright and tilted by 90 degrees
    oval = device(10.0, 16.0)
    assert row(judged(needle([34.0, 40.0, 0.0], with_device=oval)), "skin_distance").value == pytest.approx(10.0)
    flat = judged(needle([34.0, 40.0, 0.0], (1.0, 0.0, 0.0), oval))
    assert row(flat, "skin_distance").value == pytest.approx(13.75)
    burnt = judged(needle([34.0, 53.0, 0.0], with_device=oval))
    assert row(burnt, "skin_distance").status == "stop"
    assert row(burnt, "skin_isotherm").value == 50.0


@given(numbers(-60.0, 60.0), numbers(0.0, 8.0))
def test_needle_through_bone(lean_deg: float, deep_mm: float) -> None:
    # a straight shaft into a slab: all of it that is more than the tolerance under the surface counts
    axis = np.array([np.sin(np.deg2rad(lean_deg)), np.cos(np.deg2rad(lean_deg)), 0.0])
    found = row(judged(needle([10.0, -deep_mm, 5.0], axis)), "needle_in_bone")
    tolerance = figures("safety")["bone.tolerance"].value
    assert found.value == pytest.approx(max(0.0, deep_mm - tolerance) / axis[1], abs=0.02)


@pytest.mark.parametrize(
    ("above_mm", "status"), [(0.0, "ok"), (2.5, "ok"), (3.5, "warn"), (7.0, "stop"), (25.0, "stop")]
)
def test_tip_off_the_bone(above_mm: float, status: str) -> None:
    found = row(judged(needle([34.0, above_mm, 0.0])), "tip_off_bone")
    assert found.value == pytest.approx(min(above_mm, 8.0), abs=0.01)
    assert found.status == status
    assert found.note == ("or farther" if above_mm > 8.0 else "")


def test_a_tip_that_slipped_into_a_foramen() -> None:
    found = row(judged(needle([24.0, -9.0, 0.0])), "tip_below_dorsal_bone")
    assert found.value == pytest.approx(9.0, abs=0.05)
    assert found.status == "stop"
    beside = judged(needle([200.0, -9.0, 0.0]))
    assert not [r for r in beside.safety if r.check == "tip_below_dorsal_bone"]


@given(numbers(1.0, 30.0))
def test_parallel_needles_of_a_pair(apart_mm: float) -> None:
    plan = Plan("left", "by hand", (Application("bipolar", PROTOCOL, _pair(apart_mm)),))
    assert row(evaluate(plan, SLAB), "needle_to_needle").value == pytest.approx(apart_mm - 1.0)


def test_needles_that_never_stand_together_cannot_collide() -> None:
    a, b = needle([34.0, 0.5, 0.0]), needle([34.0, 0.5, 0.2])
    assert not [r for r in judged(a, b).safety if r.check == "needle_to_needle"]


def test_all_paired_needles_of_a_palisade_stand_at_once() -> None:
    kind = device(8.0, 12.0, waist_mm=6.0)
    # the third needle leans over the second: they share no application
    one, two = needle([34.0, 0.5, 0.0], with_device=kind), needle([34.0, 0.5, 10.0], with_device=kind)
    lean = np.array([0.0, 1.0, -0.25]) / math.hypot(1.0, 0.25)
    three, four = needle([34.0, 0.5, 20.0], lean, kind), needle([34.0, 0.5, 35.0], with_device=kind)
    pairs = tuple(Application("bipolar", PROTOCOL, pair) for pair in ((one, two), (three, four)))
    by_pairs = row(evaluate(Plan("left", "by hand", pairs), SLAB), "needle_to_needle")
    at_once = row(evaluate(Plan("left", "palisade", pairs), SLAB), "needle_to_needle")
    assert by_pairs.value == pytest.approx(9.0)
    assert at_once.value == pytest.approx(-1.0, abs=1e-6)
    assert at_once.concerns == "needle 2 and needle 3"
    lone = (Application("monopolar", PROTOCOL, (needle([34.0, 0.5, 0.3], with_device=kind),)), *pairs[:1])
    assert row(evaluate(Plan("left", "palisade", lone), SLAB), "needle_to_needle").value == pytest.approx(9.0)


@given(points(), points(), points(), points())
def test_gap_between_segments(a: np.ndarray, b: np.ndarray, c: np.ndarray, d: np.ndarray) -> None:
    t = np.linspace(0.0, 1.0, 60)
    one, other = a + t[:, None] * (b - a), c + t[:, None] * (d - c)
    sampled = np.linalg.norm(one[:, None] - other[None], axis=-1).min()
    found = rod_gap(a, b, c, d)
    assert found <= sampled + 1e-9
    assert found >= sampled - (np.linalg.norm(b - a) + np.linalg.norm(d - c)) / 118 - 1e-9
    assert rod_gap(c, d, b, a) == pytest.approx(found, abs=1e-6)


@given(numbers(30.0, 60.0), numbers(-39.0, 39.0))
def test_lesion_beyond_the_joint_line(lateral_mm: float, up_mm: float) -> None:
    # the posterior joint line of the slab runs straight down at 45 mm from the midline
    for sign, side in ((1.0, "left"), (-1.0, "right")):
        other = slab_patient(tuple(n.moved(_MIRROR) for n in NERVE)) if side == "right" else SLAB
        plan = monopolar(needle([sign * lateral_mm, 1.0, up_mm], with_device=BALL), side=side)
        assert row(evaluate(plan, other), "beyond_joint_line").value == pytest.approx(lateral_mm + 5.0 - 45.0, abs=1e-9)


def test_past_its_ends_the_joint_line_goes_straight_on() -> None:
    # the line runs from 40 mm up to 40 mm down, the ball has a radius of 5 mm
    for up_mm in (-60.0, 60.0):
        for lateral_mm, status in ((60.0, "stop"), (30.0, "ok")):
            found = row(judged(needle([lateral_mm, 1.0, up_mm], with_device=BALL)), "beyond_joint_line")
            assert found.value == pytest.approx(lateral_mm + 5.0 - 45.0, abs=1e-9)
            assert found.status == status


def test_without_a_lesion_nothing_lies_behind_the_joint() -> None:
    found = row(judged(), "beyond_joint_line")
    assert found.value == -math.inf
    assert found.to_json()["value"] is None
    assert found.status == "ok"


def test_the_gravest_rows() -> None:
    evaluation = judged(needle([24.0, -9.0, 0.0]), needle([34.0, 0.0, 20.0]))
    assert worst(evaluation.safety) == "stop" == evaluation.status
    gravest = worst_per_check(evaluation.safety)
    assert [r.check for r in gravest] == [check for check in TITLES if check != "needle_to_needle"]
    for entry in gravest:
        same = [r for r in evaluation.safety if r.check == entry.check]
        values = [r.value for r in same]
        assert entry.value == (min(values) if entry.limit.sense == "below" else max(values))


def test_of_places_alike_the_treated_one_is_named() -> None:
    rows = tuple(safety_row("ventral_root_isotherm", place, 37.0) for place in ("S1_left", "S1_right", "S2_right"))
    assert [entry.concerns for entry in worst_per_check(rows, "right")] == ["S1_right"]
    assert [entry.concerns for entry in worst_per_check(rows, "left")] == ["S1_left"]


def _mirror() -> object:
    from rfplan.geometry.frames import Isometry

    return Isometry.mirror_left_right()


_MIRROR = _mirror()
