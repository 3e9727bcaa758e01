"""Bones no finer than needed: the picture stays the same."""

from __future__ import annotations

import numpy as np
from solids import ball

from rfplan.fluoroscopy.bone_detail import QUICK_MM, bones_at
from rfplan.fluoroscopy.leaks import find_leak
from rfplan.fluoroscopy.projector import path_length_mm
from rfplan.fluoroscopy.views import find_view
from strategies import slab_patient


def test_coarse_bones_stay_as_they_are_and_without_detail_all_do():
    patient = slab_patient()
    assert bones_at(patient, 0.0) is patient.bones
    assert bones_at(patient, 0.001)["sacrum"] is patient.bones["sacrum"]


def test_quick_bones_are_made_once_and_closed(reference):
    quick = bones_at(reference, QUICK_MM)
    assert bones_at(reference, QUICK_MM) is quick
    assert set(quick) == set(reference.bones)
    for name, mesh in quick.items():
        assert find_leak(mesh) is None
        assert len(mesh.faces) < 0.8 * len(reference.bones[name].faces)


def test_paths_through_quick_bones_are_those_through_the_bones(reference):
    """Behind a pixel of 2 mm they differ by less than the compact shell is thick, and on average hardly."""
    arm = find_view("true_ap", reference, size_px=96).c_arm
    off = path_length_mm(arm, bones_at(reference, QUICK_MM)) - path_length_mm(arm, reference.bones)
    assert np.quantile(np.abs(off), 0.99) < 1.6
    assert abs(off.mean()) < 0.05


def test_a_ball_keeps_its_volume():
    from rfplan.geometry.coarser import coarser

    fine = ball(20.0, finer=6)
    assert np.isclose(coarser(fine, QUICK_MM).volume_mm3, fine.volume_mm3, rtol=0.01)
