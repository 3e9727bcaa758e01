"""Taking a picture."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from rfplan.anatomy.patient import Patient
from rfplan.fluoroscopy.attenuation import attenuation_at
from rfplan.fluoroscopy.c_arm import CArm
from rfplan.fluoroscopy.display import Display, grey
from rfplan.fluoroscopy.exposure import Dose, Exposure, dose_of
from rfplan.fluoroscopy.projector import FloatImage
from rfplan.fluoroscopy.radiograph import Radiograph
from rfplan.fluoroscopy.receptor import Receptor, behind, draw, mean_photons
from rfplan.fluoroscopy.rods import rods_of
from rfplan.fluoroscopy.scene import Scene, scene_of
from rfplan.planning.needle import Needle
from rfplan.planning.plan import Plan

OUTSIDE = "the patient is outside the beam: the picture is empty; move the isocentre or the table"
LIMITED = (
    "the tube gives no more than {kerma:g} mGy per frame: the picture has less dose and more noise than was asked for"
)


def expose(
    c_arm: CArm,
    patient: Patient,
    plan: Plan | None = None,
    *,
    needles: Sequence[Needle] | None = None,
    exposure: Exposure | None = None,
    receptor: Receptor | None = None,
    display: Display | None = None,
    bowel: bool = False,
    detail_mm: float = 0.0,
) -> Radiograph:
    """Take a picture of ``patient`` with the needles of ``plan``, or with ``needles``.

    Parameters
    ----------
    exposure, receptor, display : how it is taken, received and shown; the usual ones without them
    bowel : puts gas in front of the sacrum
    detail_mm : bones finer than this are made coarser, see :func:`~rfplan.fluoroscopy.scene.scene_of`

    Returns
    -------
    Radiograph : the same inputs and seed give the same picture, bit by bit

    Raises
    ------
    InputError : the source lies inside the patient, a mesh leaks
    """
    started = time.perf_counter()
    standing = tuple(needles) if needles is not None else plan.needles if plan is not None else ()
    settings = exposure or Exposure()
    scene = scene_of(patient, detail_mm)
    attenuation = attenuation_at(settings.energy_kev)
    rods = rods_of(standing, attenuation) if standing else None
    integral = scene.line_integral(c_arm, attenuation, rods, bowel)
    taken = picture_of(c_arm, integral, settings, receptor or Receptor(), display or Display())
    warnings = (*scene.warnings, *((OUTSIDE,) if _outside(c_arm, scene, integral) else ()), *taken.warnings)
    return replace(
        taken,
        patient=patient,
        needles=standing,
        warnings=warnings,
        seconds=time.perf_counter() - started,
    )


def picture_of(
    c_arm: CArm, integral: FloatImage, exposure: Exposure, receptor: Receptor, display: Display
) -> Radiograph:
    """The picture that an attenuation ``integral`` (n, n) gives."""
    counts, dose, open_photons = photons_of(c_arm, integral, exposure, receptor)
    warnings = (LIMITED.format(kerma=exposure.kerma_limit_mgy),) if dose.limited else ()
    image = display.upright(grey(c_arm, counts, display, open_photons))
    return Radiograph(c_arm, counts, integral, dose, exposure, display, image, open_photons, warnings=warnings)


def photons_of(
    c_arm: CArm, integral: FloatImage, exposure: Exposure, receptor: Receptor
) -> tuple[FloatImage, Dose, float]:
    """(n, n) photons counted per pixel and frame, the dose, and the photons of the open beam in the middle."""
    beam = behind(c_arm, integral, receptor)
    dose, open_ngy = dose_of(c_arm, exposure, beam.mean_in_the_middle)
    photons = receptor.photons_per_pixel(c_arm, open_ngy) * exposure.frames
    counts = mean_photons(c_arm, beam, receptor, photons)
    if exposure.noise:
        draw(counts, exposure.seed)
    if exposure.frames != 1.0:
        counts *= np.float32(1.0 / exposure.frames)
    return counts, dose, photons / exposure.frames


def _outside(c_arm: CArm, scene: Scene, integral: FloatImage) -> bool:
    step = max(1, c_arm.size_px // 64)
    return (
        len(scene.faces) > 0
        and not np.any(np.abs(integral[::step, ::step]) > 1e-4)
        and not np.any(np.abs(integral) > 1e-4)
    )
