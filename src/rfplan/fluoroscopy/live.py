"""Fluoroscopy as it runs: frame after frame, averaged recursively, the last image held, the dose adding up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from rfplan.anatomy.patient import Patient
from rfplan.fluoroscopy.attenuation import attenuation_at
from rfplan.fluoroscopy.bone_detail import QUICK_MM
from rfplan.fluoroscopy.c_arm import CArm
from rfplan.fluoroscopy.display import Display, grey
from rfplan.fluoroscopy.expose import photons_of
from rfplan.fluoroscopy.exposure import Exposure
from rfplan.fluoroscopy.projector import FloatImage
from rfplan.fluoroscopy.radiograph import Radiograph
from rfplan.fluoroscopy.receptor import Receptor
from rfplan.fluoroscopy.rods import rods_of
from rfplan.fluoroscopy.scene import scene_of
from rfplan.planning.needle import Needle


@dataclass
class Fluoroscope:
    """A running C-arm over one patient.

    Every :meth:`frame` is averaged into the ones before with the weight of the exposure; what moves drags a shadow, as it does on a
    real screen. ``last_image`` stays when the pedal is released. ``detail_mm`` is what
    :func:`~rfplan.fluoroscopy.scene.scene_of` makes of finer bones. ``frames``, ``dap_mgy_cm2``, ``air_kerma_mgy`` count the whole run.
    """

    patient: Patient
    exposure: Exposure = field(default_factory=lambda: Exposure("live"))
    receptor: Receptor = field(default_factory=Receptor)
    display: Display = field(default_factory=Display)
    pulses_per_s: float = 8.0
    detail_mm: float = QUICK_MM
    frames: int = 0
    dap_mgy_cm2: float = 0.0
    air_kerma_mgy: float = 0.0
    last_image: Radiograph | None = None
    _mean: FloatImage | None = field(default=None, repr=False)

    @property
    def time_s(self) -> float:
        """Fluoroscopy time."""
        return self.frames / self.pulses_per_s

    def frame(self, c_arm: CArm, needles: Sequence[Needle] = ()) -> Radiograph:
        """One more frame; the picture is the recursive average that the screen shows."""
        attenuation = attenuation_at(self.exposure.energy_kev)
        integral = scene_of(self.patient, self.detail_mm).line_integral(
            c_arm, attenuation, rods_of(needles, attenuation) if needles else None
        )
        settings = replace(self.exposure, mode="live", seed=self.exposure.seed + self.frames)
        counts, dose, open_photons = photons_of(c_arm, integral, settings, self.receptor)
        if self._mean is None or self._mean.shape != counts.shape:
            self._mean = counts
        else:
            weight = np.float32(self.exposure.average_weight or 1.0)
            self._mean = self._mean + weight * (counts - self._mean)
        image = self.display.upright(grey(c_arm, self._mean, self.display, open_photons))
        self.frames += 1
        self.dap_mgy_cm2 += dose.dap_mgy_cm2
        self.air_kerma_mgy += dose.air_kerma_mgy
        self.last_image = Radiograph(
            c_arm, self._mean, integral, dose, settings, self.display, image, open_photons, self.patient, tuple(needles)
        )
        return self.last_image
