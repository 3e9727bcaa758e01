"""Photons: the Poisson law, scatter, blur, and the table of attenuation."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rfplan.errors import InputError
from rfplan.figures import figures
from rfplan.fluoroscopy.attenuation import attenuation_at
from rfplan.fluoroscopy.c_arm import CArm
from rfplan.fluoroscopy.expose import photons_of
from rfplan.fluoroscopy.exposure import Exposure
from rfplan.fluoroscopy.receptor import Receptor, behind, blur_taps, draw, mean_photons, normal_quantiles, smooth

ARM = CArm(size_px=512)
PLAIN = Receptor(scatter_fraction=0.0, blur_mm=0.0)


@pytest.mark.parametrize("mean", [0.3, 2.0, 11.0, 29.9, 30.0, 60.0, 150.0, 5000.0])
def test_the_variance_of_photons_is_their_mean(mean):
    counts = np.full((512, 512), mean, dtype=np.float32)
    draw(counts, 7)
    spread = counts.astype(float)
    assert np.isclose(spread.mean(), mean, rtol=0.01)
    assert np.isclose(spread.var(), mean, rtol=0.015)
    skewness = np.mean((spread - spread.mean()) ** 3) / spread.std() ** 3
    assert np.isclose(skewness, mean**-0.5, atol=0.03)
    assert np.all(counts == np.floor(counts))


def test_neighbouring_pixels_and_seeds_are_independent():
    one, other = (np.full((400, 400), 100.0, dtype=np.float32) for _ in range(2))
    draw(one, 1)
    draw(other, 2)
    again = np.full((400, 400), 100.0, dtype=np.float32)
    draw(again, 1)
    assert np.array_equal(one, again)
    for a, b in ((one, other), (one[:, 1:], one[:, :-1]), (one[1:], one[:-1]), (one[2:], one[:-2])):
        assert abs(np.corrcoef(a.ravel(), b.ravel())[0, 1]) < 0.012


@pytest.mark.parametrize("mode", ["live", "averaged", "spot"])
def test_a_flat_field_is_poisson(mode):
    """Behind a slab, at the stated receptor dose: variance against mean within 3 per cent, for the photons that were counted."""
    integral = np.full((512, 512), 4.0, dtype=np.float32)
    exposure = Exposure(mode, receptor_dose_ngy=40.0)
    noisy, _, _ = photons_of(ARM, integral, exposure, PLAIN)
    clean, _, _ = photons_of(ARM, integral, Exposure(mode, 40.0, noise=False), PLAIN)
    ratio = np.mean((noisy - clean) ** 2 / clean) * exposure.frames
    assert abs(ratio - 1.0) < 0.03


def test_the_receptor_dose_is_what_the_exposure_control_holds():
    for thickness in (0.0, 3.0, 6.0):
        integral = np.full((512, 512), thickness, dtype=np.float32)
        counts, dose, _ = photons_of(ARM, integral, Exposure("spot", 50.0, noise=False), Receptor())
        assert np.isclose(dose.receptor_ngy, 50.0)
        wanted = Receptor().photons_per_pixel(ARM, 50.0)
        assert np.isclose(counts[171:341, 171:341].mean(), wanted, rtol=0.02)


def test_a_live_frame_has_the_photons_of_the_published_range():
    assert 90.0 <= Receptor().photons_per_pixel(ARM, figures("fluoroscopy")["receptor.live_dose"].value) <= 180.0


def test_averaging_with_a_quarter_has_the_noise_of_seven_frames():
    assert np.isclose(Exposure("averaged", average_weight=0.25).frames, 7.0)


def test_scatter_is_its_fraction_behind_a_wide_slab():
    integral = np.full((256, 256), 5.0, dtype=np.float32)
    arm = CArm(size_px=256)
    for fraction in (0.0, 0.35, 0.6):
        receptor = Receptor(scatter_fraction=fraction, blur_mm=0.0)
        all_of_it = mean_photons(arm, behind(arm, integral, receptor), receptor, 1e4)
        primary = mean_photons(arm, behind(arm, integral, PLAIN), PLAIN, 1e4)
        middle = slice(118, 138)
        found = 1.0 - primary[middle, middle].mean() / all_of_it[middle, middle].mean()
        assert np.isclose(found, fraction, atol=0.02)


def test_an_edge_is_blurred_as_stated():
    integral = np.zeros((200, 200), dtype=np.float32)
    integral[:, 100:] = 6.0
    integral = integral.T.copy()
    arm = CArm(size_px=200, field_mm=40.0, sid_mm=2000.0, sod_mm=1000.0)
    for turned in (integral, integral.T.copy()):
        receptor = Receptor(scatter_fraction=0.0, blur_mm=0.4)
        seen = mean_photons(arm, behind(arm, turned, receptor), receptor, 1.0)
        line = seen[:, 100] if turned is integral else seen[100]
        slope = -np.diff(line.astype(float))[80:119]
        at = np.arange(len(slope))
        middle = np.sum(at * slope) / slope.sum()
        spread_mm = np.sqrt(np.sum((at - middle) ** 2 * slope) / slope.sum()) * arm.pixel_mm
        assert np.isclose(spread_mm, 0.4, rtol=0.06)


def test_blur_keeps_the_photons():
    for width in (0.0, 0.3, 1.0, 4.0):
        taps = blur_taps(width)
        assert np.isclose(taps[0] + 2 * taps[1:].sum(), 1.0)


def test_quantiles_have_unit_variance():
    values = normal_quantiles().astype(float)
    assert np.isclose(np.mean((values[:-1] ** 2 + values[:-1] * values[1:] + values[1:] ** 2) / 3.0), 1.0)


def test_the_beam_falls_off_with_distance_and_slant():
    arm = CArm(size_px=256, field_mm=400.0)
    beam = behind(arm, np.zeros((256, 256), dtype=np.float32), PLAIN)
    _, directions = arm.ray(np.array([[128.0, 128.0], [0.5, 0.5]]))
    cosine = directions[1] @ arm.beam
    assert np.isclose(beam.primary[0, 0] / beam.primary[128, 128], cosine**3, rtol=1e-3)


def test_attenuation_is_the_table_and_runs_smoothly_between():
    at = attenuation_at(50.0)
    assert np.isclose(at.cortical, 0.0815)
    assert np.isclose(at.steel, 1.54)
    assert attenuation_at(60.0).steel < attenuation_at(55.0).steel < at.steel
    assert np.isclose(attenuation_at(55.0).muscle, np.sqrt(0.0237 * 0.0215), rtol=0.01)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: attenuation_at(120.0), "from 40 to 80 keV"),
        (lambda: Receptor(scatter_fraction=0.95), "scatter_fraction is 0.95"),
        (lambda: Receptor(blur_mm=-1.0), "blur_mm is -1"),
        (lambda: Exposure(receptor_dose_ngy=0.0), "without dose there is no picture"),
        (lambda: Exposure(kerma_mgy=-1.0), "kerma_mgy is -1"),
        (lambda: Exposure("slow"), "accepted: averaged, live, spot"),
        (lambda: Exposure(average_weight=0.0), "average_weight"),
        (lambda: Exposure(seed=-1), "seed is -1"),
        (lambda: Exposure(energy_kev=120.0) and attenuation_at(120.0), "40 to 80"),
    ],
)
def test_what_cannot_be_is_refused(make, words):
    with pytest.raises(InputError, match=words):
        make()


@pytest.mark.parametrize(("shape", "width"), [((64, 64), 9.7), ((40, 40), 2.0), ((7, 7), 5.0), ((64, 64), 0.3)])
def test_smoothing_is_a_gaussian_with_its_edges_repeated(shape, width):
    from scipy.ndimage import gaussian_filter

    cells = np.random.default_rng(1).uniform(size=shape)
    # the reference cuts the bell off at 3.5 widths, rounded to a cell
    reach = max(1, math.ceil(3.5 * width))
    assert np.allclose(smooth(cells, width), gaussian_filter(cells, width, mode="nearest", radius=reach), atol=1e-12)
