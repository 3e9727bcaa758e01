"""The shapes of the catalogue against the solver: two codes of the same model, written apart."""

import pytest

from rfplan.devices.catalogue import electrodes
from rfplan.devices.protocol import Protocol
from rfplan.lesion.solve import solve_lesion

ALONE = [
    (electrode, shape)
    for electrode in electrodes()
    for shape in electrode.shapes
    if shape.mode != "bipolar" and not electrode.tines and len(electrode.contacts_mm) == 1
]


@pytest.mark.parametrize(("electrode", "shape"), ALONE, ids=[electrode.name for electrode, _ in ALONE])
def test_size_of_a_needle_alone(electrode, shape):
    reference = shape.reference
    protocol = Protocol(reference.set_c, reference.time_s, reference.ramp_s)
    solved, kept = solve_lesion(electrode, protocol).size(50.0), shape.at(50.0)
    # either code is within 0.1 mm of the reference solutions
    assert solved.width_mm == pytest.approx(kept.width_mm, abs=0.1)
    assert solved.length_mm == pytest.approx(kept.length_mm, abs=0.15)
    assert solved.beyond_tip_mm == pytest.approx(kept.beyond_tip_mm, abs=0.1)
