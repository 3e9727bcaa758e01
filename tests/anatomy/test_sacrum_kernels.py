"""The compiled sacrum against the one that is meshed."""

import numpy as np
import pytest

from rfplan.anatomy.population import Population
from rfplan.anatomy.sacrum import ParametricSacrum
from rfplan.anatomy.sacrum_auricular import dorsal_border as dorsal_border_of
from rfplan.anatomy.sacrum_border_kernels import dorsal_border
from rfplan.anatomy.sacrum_edges_kernels import border, half_width, joint_margin, rim
from rfplan.anatomy.sacrum_field_kernels import field_at
from rfplan.anatomy.sacrum_form_kernels import ALONG, CENTRE, LEVELS, POSSIBLE, ROOM, VENTRAL_X, WHOLE
from rfplan.anatomy.sacrum_parameters import sacrum_parameters
from rfplan.anatomy.sacrum_rows_kernels import LOWERED, LOWERED_PLACES
from rfplan.anatomy.sacrum_vector import sacrum_vector
from rfplan.anatomy.skyline_kernels import groove_base
from rfplan.anatomy.virtual_ground_kernels import filled_form

CHANGES = [
    {},
    {"length": 112.0, "breadth": 96.0, "prone_tilt_deg": 18.0, "endplate_ap": 34.0, "axis_turn_deg": 38.0},
    {
        "foramen.S1.lateral": 27.0,
        "foramen.S2.width": 9.5,
        "foramen.S3.spacing": 18.0,
        "axis_to_beam_deg": 70.5,
        "foramen.S1.slope": 0.2,
    },
]


def form_of(sacrum):
    return filled_form(sacrum_vector(sacrum.parameters.values))


@pytest.mark.parametrize("changes", CHANGES)
def test_layout_is_the_same(changes):
    sacrum = ParametricSacrum(sacrum_parameters(changes))
    form = form_of(sacrum)
    levels = form[LEVELS : LEVELS + 40].reshape(4, 10)
    np.testing.assert_allclose(levels[:, CENTRE : CENTRE + 3], sacrum.layout.dorsal_mm, atol=1e-6)
    np.testing.assert_allclose(levels[:, VENTRAL_X : VENTRAL_X + 3], sacrum.layout.ventral_mm, atol=1e-6)
    assert form[WHOLE + POSSIBLE] == 1.0
    assert form[WHOLE + ROOM] == pytest.approx(sacrum.layout.apex_mm - sacrum.layout.dorsal_mm[3, 1], abs=1e-6)
    assert levels[3, ALONG] > levels[0, ALONG]


@pytest.mark.parametrize("changes", CHANGES)
def test_field_is_the_same_near_the_bone(changes):
    sacrum = ParametricSacrum(sacrum_parameters(changes))
    points = np.random.default_rng(3).uniform([-58, -20, -45], [58, 105, 45], (40_000, 3))
    meshed = sacrum.distance_mm(sacrum.frame().to_patient(points))
    compiled = field_at(form_of(sacrum), points, True)
    near = np.abs(meshed) < 4.0
    assert np.abs(compiled - meshed)[near].max() < 0.01
    assert np.quantile(np.abs(compiled - meshed), 0.999) < 0.01


def test_without_foramina_only_bone_is_added():
    sacrum = ParametricSacrum()
    points = np.random.default_rng(4).uniform([0, 0, -30], [50, 90, 30], (20_000, 3))
    filled, holed = (field_at(form_of(sacrum), points, holes) for holes in (False, True))
    assert np.all(filled <= holed + 1e-12)
    assert np.any(filled < holed - 1.0)


@pytest.mark.parametrize("changes", CHANGES[:2])
def test_rims_lie_on_the_bone_and_where_those_of_the_mesh_do(changes):
    sacrum = ParametricSacrum(sacrum_parameters(changes))
    frame, form = sacrum.frame(), form_of(sacrum)
    for number, foramen in enumerate(sacrum.foramina()[::2]):
        ring = np.empty((36, 3))
        rim(form, number, ring)
        meshed = frame.to_chart(foramen.rim_mm)
        assert np.linalg.norm(ring.mean(axis=0) - meshed.mean(axis=0)) < 0.3
        assert np.abs(field_at(form, ring, True)).max() < 0.45
        assert np.sqrt(((ring - meshed)[:, :2] ** 2).sum(axis=1).mean()) < 0.35


def test_a_rim_is_the_same_whatever_half_planes_lie_beside_each():
    form = form_of(ParametricSacrum())
    for number in range(4):
        few, many = np.empty((24, 3)), np.empty((72, 3))
        rim(form, number, few)
        rim(form, number, many)
        apart = np.linalg.norm(few - many[::3], axis=1)
        assert np.sqrt(np.mean(apart**2)) < 0.06
        assert apart.max() < 0.2


@pytest.mark.parametrize("seed", [1, 2026])
def test_line_of_the_joint_has_no_jump_and_lies_on_the_side_of_the_bone(seed):
    count = 97
    for values in Population().draw(400, seed).sacra:
        form, line, back = filled_form(values), np.empty((count, 3)), np.empty((count, 3))
        joint_margin(form, 1.5, line, back)
        # above the ala there is no bone, and the line begins with the first place that has a side
        begin = int(np.argmax(np.diff(back[:, 1]) != 0.0))
        borders = np.array([border(form, k / (count - 1)) for k in range(begin, count)])
        across, along = np.abs(np.diff(back[begin:, 0])), np.hypot(*np.diff(borders[:, :2], axis=0).T)
        # a side that is no less steep than 0.4 at the border, and a bone that narrows by no more than 2 mm per mm beside that: at most
        # 2.5 mm across for each mm up or down and 2 mm for each along
        below = borders[1:, 0] > borders[0, 0] + 4.0
        assert np.all((across <= np.hypot(2.5, 2.0) * along + 0.1)[below])
        # the line begins on the top of the ala, which is rounded over 5.5 mm and has no least slope: it moves no farther than that there
        assert across[~below].sum() < 5.5 + 2.0 * 4.0
        assert across[~below].max() < 5.5
        assert np.abs(field_at(form, back[begin:], True)).max() < 0.25
        wide = np.array([half_width(form, s) for s in borders[:, 0]])
        assert np.all(back[begin:, 0] > 0.65 * wide)


def test_border_that_the_bone_is_high_enough_for_is_the_stated_one():
    form = form_of(ParametricSacrum())
    assert np.all(form[LOWERED : LOWERED + LOWERED_PLACES] == 0.0)


@pytest.mark.parametrize("index", [51, 140, 144])
def test_border_is_lowered_alike_in_both(index):
    patient = Population().draw(1, 2026, first=index)[0]
    sacrum = ParametricSacrum(
        sacrum_parameters(
            {key.removeprefix("sacrum."): v for key, v in patient.dimensions.items() if key.startswith("sacrum.")}
        )
    )
    form = form_of(sacrum)
    share = np.linspace(0.0, 1.0, LOWERED_PLACES)
    compiled = np.array([dorsal_border(form, u) for u in share])
    assert np.abs(compiled - dorsal_border_of(sacrum.layout, share)).max() < 0.01
    assert form[LOWERED : LOWERED + LOWERED_PLACES].max() > 0.5


def test_back_of_the_joint_and_groove_are_those_of_the_mesh(reference):
    form = form_of(ParametricSacrum())
    line, back, base = np.empty((25, 3)), np.empty((25, 3)), np.empty(3)
    joint_margin(form, 1.5, line, back)
    groove_base(form, base)
    meshed = reference.frame.to_chart(reference.curves["sij_posterior_line_left"].points_mm)
    rows = np.linspace(line[1, 1], line[-2, 1], 30)
    apart = np.interp(rows, line[:, 1], line[:, 0]) - np.interp(rows, meshed[:, 1], meshed[:, 0])
    assert np.abs(apart).max() < 0.4
    assert np.linalg.norm(base - reference.frame.to_chart(reference.landmarks["s1_sap_base_left"].position_mm)) < 1.5
