"""Dose: inverse square, area, frames, and the exposure control at its limit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rfplan.fluoroscopy.c_arm import CArm
from rfplan.fluoroscopy.expose import photons_of
from rfplan.fluoroscopy.exposure import Exposure, dose_of
from rfplan.fluoroscopy.receptor import Receptor

FIXED = Exposure("live", kerma_mgy=0.05, noise=False)
PLAIN = Receptor(scatter_fraction=0.0, blur_mm=0.0)


def open_field(arm: CArm, exposure: Exposure = FIXED):
    return photons_of(arm, np.zeros((arm.size_px, arm.size_px), dtype=np.float32), exposure, PLAIN)


@pytest.mark.parametrize("sid_mm", [800.0, 1000.0, 1300.0])
def test_photons_follow_the_inverse_square(sid_mm):
    """At a fixed kerma at the reference point, photons per pixel fall with the square of the distance."""
    near, far = CArm(size_px=64, sod_mm=600.0, sid_mm=700.0), CArm(size_px=64, sod_mm=600.0, sid_mm=sid_mm)
    ratio = open_field(near)[0][32, 32] / open_field(far)[0][32, 32]
    assert np.isclose(ratio, (sid_mm / 700.0) ** 2, rtol=0.005)


def test_kerma_at_the_reference_point_follows_the_inverse_square():
    """The same receptor dose through the same patient from another distance of the isocentre."""
    doses = {sod: dose_of(CArm(sod_mm=sod), Exposure("spot", 100.0), 0.01)[0] for sod in (500.0, 650.0)}
    assert np.isclose(doses[500.0].air_kerma_mgy / doses[650.0].air_kerma_mgy, (500.0 / 350.0) ** 2, rtol=0.005)


@pytest.mark.parametrize(("collimator", "share"), [("square", 1.0), ("circle", np.pi / 4)])
def test_dap_follows_the_area(collimator, share):
    whole = dose_of(CArm(), FIXED, 1.0)[0].dap_mgy_cm2
    arm = CArm(collimator=collimator, collimator_mm=149.0)
    assert np.isclose(dose_of(arm, FIXED, 1.0)[0].dap_mgy_cm2 / whole, 0.25 * share, rtol=0.005)


def test_dap_is_the_same_at_any_distance_from_the_source():
    """Kerma at the reference point times the area of the beam there."""
    arm = CArm()
    dose, _ = dose_of(arm, FIXED, 0.02)
    area_cm2 = (arm.field_mm * (arm.sod_mm - 150.0) / arm.sid_mm) ** 2 / 100.0
    assert np.isclose(dose.dap_mgy_cm2, dose.air_kerma_mgy * area_cm2, rtol=0.005)


def test_a_thicker_patient_costs_more_until_the_tube_is_at_its_limit():
    arm, exposure = CArm(), Exposure("live")
    thin, thick, most = (dose_of(arm, exposure, t)[0] for t in (1e-2, 1e-3, 1e-6))
    assert np.isclose(thick.air_kerma_mgy, 10.0 * thin.air_kerma_mgy)
    assert not thick.limited and most.limited
    assert np.isclose(most.air_kerma_mgy, exposure.kerma_limit_mgy)
    assert most.receptor_ngy < 20.0


def test_every_frame_counts():
    arm = CArm()
    one, seven = dose_of(arm, Exposure("live"), 0.01)[0], dose_of(arm, Exposure("averaged"), 0.01)[0]
    assert np.isclose(seven.dap_mgy_cm2, 7.0 * one.dap_mgy_cm2)


def test_a_picture_of_a_pelvis_costs_a_plausible_dose(reference):
    """Injections of the joint have a median of 1.2 Gy cm2 for all their pictures together (n = 453)."""
    taken = CArm.view("true_ap", reference, size_px=128).expose(reference)
    assert 20.0 < taken.dose.dap_mgy_cm2 < 1200.0
    spot = CArm.view("true_ap", reference, size_px=128).expose(reference, exposure=replace(Exposure("spot")))
    assert spot.dose.dap_mgy_cm2 > taken.dose.dap_mgy_cm2
