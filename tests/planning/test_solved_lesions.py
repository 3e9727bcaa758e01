"""Plans judged with solved lesions: the kernels against those of spheroids and dense sampling, motions, refusals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rfplan
from rfplan.devices.protocol import Protocol
from rfplan.errors import ConvergenceError, InputError
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.frames import Isometry
from rfplan.lesion.lesion import ISOTHERMS_C
from rfplan.lesion.lesion_map import lesion_map
from rfplan.lesion.map_table import map_table
from rfplan.planning import application_lesions
from rfplan.planning.application_lesions import lesions_of
from rfplan.planning.evaluation import Evaluation, evaluate
from rfplan.planning.many_solved_kernels import judge_many_solved
from rfplan.planning.needle import Needle
from rfplan.planning.packed_lesions import ShapeLesions
from rfplan.planning.plan import Application, Plan
from rfplan.planning.solved_lesions import MapLesions, map_lesions
from strategies import SpheroidField, lines, motions, numbers, slab_patient, straight_nerve

LETHAL = 1
FIELDS = (SpheroidField(4.5, 8.0, (0.3, 0.1, 5.0)), SpheroidField(5.0, 5.0), SpheroidField(6.0, 4.0, (0.0, -1.0, 2.0)))
MAPS = [lesion_map(field) for field in FIELDS]
ACROSS = rfplan.electrode("conventional-20g-10mm")
NERVE = (straight_nerve([20.0, 2.0, 0.0], [50.0, 2.0, 0.0]),)
SLAB = slab_patient(NERVE)


@st.composite
def unions(draw: st.DrawFn) -> tuple[MapLesions, ShapeLesions]:
    """The same spheroids as maps and as shapes, at random poses."""
    which = draw(st.lists(st.integers(0, 2), min_size=1, max_size=5))
    poses = [draw(near_motions()) for _ in which]
    rows = np.zeros((4, len(which), 8))
    for g, (number, pose) in enumerate(zip(which, poses, strict=True)):
        for n, isotherm_c in enumerate(ISOTHERMS_C):
            row = FIELDS[number].row(isotherm_c)
            rows[n, g] = np.concatenate([pose.points(row[:3]), pose.vectors(row[3:6]), row[6:]])
    balls = np.concatenate([rows[:, :, :3], rows[:, :, 6:].max(axis=2, keepdims=True)], axis=2)
    maps = MapLesions(
        map_table(MAPS),
        np.array(which),
        np.array([pose.matrix for pose in poses]),
        np.array([pose.offset_mm for pose in poses]),
        np.full(len(which), np.inf),
        "plane",
        "",
    )
    return maps, ShapeLesions(rows, np.arange(len(which) + 1), balls)


@st.composite
def near_motions(draw: st.DrawFn) -> Isometry:
    """Mirror images too: a pair may be solved as its mirror image."""
    turn = draw(motions())
    return Isometry(turn.matrix, np.array([draw(numbers(-15.0, 15.0)) for _ in range(3)]))


@given(unions(), st.lists(lines(), min_size=1, max_size=4), near_motions())
def test_branches_are_judged_as_with_the_same_shapes(pair, branches: list[FloatArray], turn: Isometry) -> None:
    maps, shapes = pair
    points = np.concatenate(branches)
    first = np.concatenate([[0], np.cumsum([len(branch) for branch in branches])])
    view = np.ascontiguousarray(turn.matrix)
    ours, theirs = maps.judged(points, first, view, LETHAL), shapes.judged(points, first, view, LETHAL)
    # at the core of a lesion depth is read across a ridge, far away from it distance from vertices a millimetre apart
    for column, deep in ((2, 0.35), (3, 0.12)):
        off = np.abs(ours[:, column] - theirs[:, column])
        assert (off < np.where(theirs[:, column] > 2.0, deep, 0.12)).all(), (ours, theirs)
    # along a line that grazes a surface lengths follow its few hundredths of a mm amplified: compare with thinner and thicker lesions
    thin, thick = (shapes_grown(shapes, grow).judged(points, first, view, LETHAL) for grow in (-0.05, 0.05))
    for column in (0, 1):
        assert (thin[:, column] - 0.05 <= ours[:, column]).all()
        assert (ours[:, column] <= thick[:, column] + 0.05).all()


def shapes_grown(shapes: ShapeLesions, by_mm: float) -> ShapeLesions:
    rows, balls = shapes.rows.copy(), shapes.balls.copy()
    rows[:, :, 6:] += by_mm
    balls[:, :, 3] += by_mm
    return ShapeLesions(rows, shapes.starts, balls)


@given(unions(), st.lists(lines(), min_size=1, max_size=4), numbers(0.5, 4.0))
def test_tubes_are_cleared_as_with_the_same_shapes(pair, tubes: list[FloatArray], radius_mm: float) -> None:
    maps, shapes = pair
    points = np.concatenate([*tubes, tubes[0][:1], tubes[0][:1]])
    first = np.concatenate([[0], np.cumsum([*[len(tube) for tube in tubes], 2])])
    radii = np.full(len(tubes) + 1, radius_mm)
    ours, theirs = maps.clearances(points, first, radii, LETHAL), shapes.clearances(points, first, radii, LETHAL)
    assert (np.abs(ours[:, 0] - theirs[:, 0]) < np.where(theirs[:, 0] + radius_mm < -2.0, 0.35, 0.12)).all()
    # the count of isotherms may differ only where one of them just reaches
    near = [shapes_grown(shapes, grow).clearances(points, first, radii, LETHAL)[:, 1] for grow in (-0.06, 0.06)]
    assert (near[0] <= ours[:, 1]).all()
    assert (ours[:, 1] <= near[1]).all()


@given(unions())
def test_skin_and_joint_line_as_with_the_same_shapes(pair) -> None:
    from rfplan.planning.packed_patient import packed

    maps, shapes = pair
    home = packed(SLAB)
    assert maps.skin_depths(home.skin)[0] == pytest.approx(shapes.skin_depths(home.skin)[0], abs=0.08)
    straight = np.array([[3.0, -60.0], [3.0, 60.0]])
    bent = np.array([[9.0, -20.0], [2.0, -6.0], [-3.0, -5.0], [4.0, 3.0], [8.0, 12.0]])
    short = np.array([[3.0, 100.0], [3.0, 120.0]])
    for line in (straight, bent, short):
        for outward in (-1.0, 1.0):
            ours = maps.behind_joint(line, outward, home.view, LETHAL)
            assert ours == pytest.approx(shapes.behind_joint(line, outward, home.view, LETHAL), abs=0.08)


def needle(tip_mm: object, axis: object = (0.0, 1.0, 0.0), electrode: rfplan.Electrode = ACROSS) -> Needle:
    tip, direction = np.asarray(tip_mm, dtype=float), np.asarray(axis, dtype=float)
    direction = direction / np.linalg.norm(direction)
    return Needle(electrode, tip, direction, tip + (60.0 - tip[1]) / direction[1] * direction)


def plan_of(*needles: Needle, protocol: Protocol | None = None) -> Plan:
    return Plan(
        "left", "by hand", tuple(Application("monopolar", protocol or Protocol(80.0, 90.0), (n,)) for n in needles)
    )


def judged(plan: Plan, patient: rfplan.Patient = SLAB) -> Evaluation:
    return evaluate(plan, patient, accuracy="fast")


def test_a_whole_evaluation_agrees_with_sampling_the_fields() -> None:
    plan = plan_of(needle([32.0, 1.0, 1.0]), needle([38.0, 2.0, -1.0], [0.5, 1.0, 0.2]))
    (result,) = judged(plan).nerves
    lesions = lesions_of(plan, SLAB, accuracy="fast")
    line = np.linspace(NERVE[0].points_mm[0], NERVE[0].points_mm[-1], 6001)
    hot = np.max([lesion.temperature_c(line) for lesion in lesions], axis=0) >= 50.0
    assert result.lethal_length_mm == pytest.approx(hot.mean() * 30.0, abs=0.05)
    runs = np.diff(np.flatnonzero(np.diff(np.concatenate([[0], hot.astype(int), [0]]))))[::2]
    assert result.contiguous_mm == pytest.approx(runs.max() * 30.0 / 6001, abs=0.05)
    # the deepest point: the largest ball round a point of the line that is hot all over
    rng = np.random.default_rng(0)
    ways = rng.normal(size=(4000, 3))
    ways /= np.linalg.norm(ways, axis=1, keepdims=True)
    deepest = 0.0
    for place in line[hot][::60]:
        for lesion in lesions:
            low, high = 0.0, 20.0
            while high - low > 0.01:
                middle = 0.5 * (low + high)
                inside = (lesion.temperature_c(place + middle * ways) >= 50.0).all()
                low, high = (middle, high) if inside else (low, middle)
            deepest = max(deepest, low)
    assert result.margin_mm == pytest.approx(deepest, abs=0.1)


@given(numbers(0.0, 9.0))
@settings(max_examples=25)
def test_the_shadow_is_where_a_beam_meets_the_lesion(up_mm: float) -> None:
    nerve = straight_nerve([20.0, 1.0, up_mm], [50.0, 1.0, up_mm])
    patient = slab_patient((nerve,))
    plan = plan_of(needle([34.0, 6.0, 0.0], [0.4, 1.0, 0.5]))
    (result,) = judged(plan, patient).nerves
    (lesion,) = lesions_of(plan, patient, accuracy="fast")
    x, y = np.meshgrid(np.linspace(20.0, 50.0, 301), np.linspace(-5.0, 30.0, 351))
    hottest = lesion.temperature_c(np.stack([x, y, np.full_like(x, up_mm)], axis=-1)).max()
    if abs(result.ap_margin_mm) > 0.05:
        assert result.captured["ap_projection"] == (hottest >= 50.0)


@settings(max_examples=12)
@given(motions())
def test_motions_and_mirror_images_change_nothing(motion: Isometry) -> None:
    plan = plan_of(needle([32.0, 1.0, 1.0], [0.1, 1.0, 0.3]), needle([38.0, 2.0, -1.0], [0.9, 0.3, 0.2]))
    before, after = judged(plan), judged(plan.moved(motion), SLAB.moved(motion))
    slack = 0.05 if motion.mirrors else 1e-3
    for old, new in zip(before.nerves, after.nerves, strict=True):
        for key in ("lethal_length_mm", "contiguous_mm", "margin_mm", "ap_margin_mm"):
            assert getattr(new, key) == pytest.approx(getattr(old, key), abs=slack), key
    swap = {"left": "right", "right": "left"} if motion.mirrors else {}

    def rows(evaluation: Evaluation, names: dict[str, str]) -> list[tuple[str, str, float]]:
        found = []
        for row in evaluation.safety:
            level, _, side = row.concerns.rpartition("_")
            concerns = names.get(row.concerns, f"{level}_{names.get(side, side)}" if level else row.concerns)
            found.append((row.check, concerns, row.value))
        return sorted(found)

    for old, new in zip(rows(before, {}), rows(after, swap), strict=True):
        assert old[:2] == new[:2]
        assert new[2] == pytest.approx(old[2], abs=slack), old[:2]


def test_far_from_bone_a_solved_needle_is_the_shape_of_the_catalogue() -> None:
    # 25 mm above the slab no bone is near; the branch runs through the middle of the lesion
    patient = slab_patient((straight_nerve([20.0, 25.0, 0.0], [50.0, 25.0, 0.0]),))
    for name in ("conventional-20g-10mm", "conventional-18g-10mm", "cooled-17g-4mm"):
        electrode = rfplan.electrode(name)
        tip = [35.0, 25.0 - 0.5 * electrode.tip_mm, 0.0]
        mode = electrode.modes[0]
        plan = Plan(
            "left", "by hand", (Application(mode, electrode.protocol_for(mode), (needle(tip, electrode=electrode),)),)
        )
        solved, shapes = (evaluate(plan, patient, lesion_model=model) for model in ("solved", "shapes"))
        assert (solved.lesion_bone, shapes.lesion_bone) == ("plane", None)
        for key, slack in (("lethal_length_mm", 0.6), ("margin_mm", 0.35), ("ap_margin_mm", 0.35)):
            assert getattr(solved.nerves[0], key) == pytest.approx(getattr(shapes.nerves[0], key), abs=slack), (
                name,
                key,
            )


def test_the_document_says_model_bone_and_how_every_lesion_came_out() -> None:
    document = judged(plan_of(needle([32.0, 1.0, 1.0]), needle([38.0, 2.0, 1.0]))).to_json()
    assert (document["lesion_model"], document["lesion_bone"]) == ("solved", "plane")
    assert "plane-bone surroundings" in document["assumption"]
    assert "rounded" in document["assumption"]
    assert [(entry["application"], entry["status"]) for entry in document["lesions"]] == [
        (1, "converged"),
        (2, "converged"),
    ]
    assert document["provenance"]["lesion_accuracy"] == "fast"


def test_a_boiling_lesion_is_warned_of() -> None:
    evaluation = judged(plan_of(needle([32.0, 30.0, 1.0]), protocol=Protocol(99.0, 60.0)))
    assert evaluation.lesions[0].status == "boiling"
    (warning,) = (text for text in evaluation.warnings if text.startswith("application 1"))
    assert "boiling" in warning


@pytest.mark.parametrize("kind", [ConvergenceError, InputError])
def test_a_lesion_that_cannot_be_solved_names_its_application(monkeypatch: pytest.MonkeyPatch, kind: type) -> None:
    def fail(problem: object, progress: object) -> None:
        raise kind("the solver gave up")

    monkeypatch.setattr(application_lesions, "kept_lesion", fail)
    plan = plan_of(needle([32.0, 1.0, 1.0]), protocol=Protocol(71.5, 60.0))
    with pytest.raises(kind, match="application 1: the solver gave up"):
        judged(plan)


def test_a_plan_without_applications_takes_nothing() -> None:
    evaluation = evaluate(Plan("left", "nothing", ()), SLAB)
    assert evaluation.coverage["ap_projection"].captured_fraction == 0.0
    assert evaluation.to_json()["nerves"][0]["margin_mm"] is None


def test_equal_applications_share_one_solved_lesion_and_its_map() -> None:
    plan = plan_of(needle([32.0, 1.0, 10.0]), needle([32.0, 1.0, -10.0]), needle([40.0, 1.05, 3.0]))
    lesions = lesions_of(plan, SLAB, accuracy="fast")
    assert len({id(lesion.field) for lesion in lesions}) == 1
    assert lesions_of(plan, SLAB, accuracy="fast") is lesions
    packed = map_lesions(lesions, "plane", "")
    assert packed.which.tolist() == [0, 0, 0]
    assert packed.table.heads.shape[0] == 1


def test_progress_ends_at_one() -> None:
    told: list[float] = []
    plan = plan_of(needle([32.0, 1.5, 10.0]), needle([32.0, 20.0, -10.0]))
    lesions_of(plan, SLAB, accuracy="fast", progress=told.append)
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1.0)


def test_a_pair_is_joined_up_to_its_hottest_common_isotherm() -> None:
    device = rfplan.electrode("conventional-18g-10mm")
    near, far = (
        Plan(
            "left",
            "by hand",
            (
                Application(
                    "bipolar",
                    device.protocol_for("bipolar"),
                    tuple(needle([35.0, 25.0, z], electrode=device) for z in (-0.5 * apart, 0.5 * apart)),
                ),
            ),
        )
        for apart in (8.0, 30.0)
    )
    assert not [text for text in judged(near).warnings if "do not join" in text]
    assert [text for text in judged(far).warnings if "do not join" in text]


def side_of(branches: list[FloatArray]) -> tuple[FloatArray, np.ndarray]:
    return np.concatenate(branches), np.concatenate([[0], np.cumsum([len(line) for line in branches])]).astype(np.int64)


@given(st.lists(st.tuples(unions(), st.lists(lines(), min_size=4, max_size=6)), min_size=1, max_size=3))
def test_many_patients_are_judged_as_one_by_one(patients) -> None:
    """Also one without lesions; branches serve as canals too."""
    grid = np.full((5, 6), 40.0) + np.arange(5.0)[:, None]
    corner, spacing, joint = np.array([-40.0, -40.0]), 20.0, np.array([[3.0, -40.0], [6.0, 40.0]])
    lesions = [maps for (maps, _), _ in patients]
    points, first = side_of([line for _, branches in patients for line in branches])
    counts = np.concatenate([[0], np.cumsum([len(branches) for _, branches in patients]), [len(first) - 1]])
    tube_points, tube_first = side_of([line for _, branches in [*patients, patients[0]] for line in branches[:4]])
    radii = np.linspace(0.5, 2.0, len(tube_first) - 1)
    seen, cut = np.ones(len(first) - 1, dtype=np.bool_), np.ones(len(first) - 1, dtype=np.bool_)
    risk = np.empty((len(patients) + 1, 4))
    judge_many_solved(
        points, first, counts, tube_points, tube_first, radii, 4, np.stack([joint] * len(risk)), np.stack([grid] * len(risk)),
        np.full(len(risk), 5), np.eye(3), np.stack([corner] * len(risk)), spacing, map_table(MAPS),
        np.concatenate([entry.which for entry in lesions]), np.concatenate([entry.matrices for entry in lesions]),
        np.concatenate([entry.offsets for entry in lesions]),
        np.concatenate([[0], np.cumsum([len(entry.which) for entry in lesions]), [sum(len(e.which) for e in lesions)]]), LETHAL, 4.0,
        seen, cut, risk,
    )  # fmt: skip
    for p, entry in enumerate(lesions):
        own = slice(counts[p], counts[p + 1])
        alone = entry.judged(points, first[counts[p] : counts[p + 1] + 1], np.eye(3), LETHAL)
        sure = (np.abs(alone[:, 3]) > 0.02) & (np.abs(alone[:, 1] - 4.0) > 1e-3)
        assert np.array_equal(seen[own][sure], (alone[:, 3] > 0.0)[sure])
        assert np.array_equal(cut[own][sure], (alone[:, 1] >= 4.0)[sure])
        gaps = entry.clearances(tube_points, tube_first[4 * p : 4 * p + 5], radii[4 * p : 4 * p + 4], LETHAL)[:, 0]
        assert risk[p, 0] == pytest.approx(gaps[:2].min(), abs=0.02)
        assert risk[p, 1] == pytest.approx(gaps[2:].min(), abs=0.02)
        skin = entry.skin_depths((grid, np.zeros(3), np.eye(3), corner, spacing))
        assert risk[p, 2] == pytest.approx(skin[0], abs=1e-9)
        assert risk[p, 3] == pytest.approx(entry.behind_joint(joint, 1.0, np.eye(3), LETHAL), abs=1e-9)
    assert np.all(risk[-1, :3] > 1e20)
    assert risk[-1, 3] < -1e20
