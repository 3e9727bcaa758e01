"""The picture, and how it came about."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from rfplan.fluoroscopy.attenuation import attenuation_at
from rfplan.fluoroscopy.c_arm import CArm
from rfplan.fluoroscopy.display import Display, grey
from rfplan.fluoroscopy.exposure import Dose, Exposure
from rfplan.fluoroscopy.projector import FloatImage

if TYPE_CHECKING:
    from rfplan.anatomy.patient import Patient
    from rfplan.fluoroscopy.views import View
    from rfplan.planning.needle import Needle

ASSUMPTION: Final = (
    "simulated: the compact shell of bone, soft tissue, scatter, dose and the limits of the system are assumptions of ours, "
    "and one photon energy stands for the spectrum"
)


@dataclass(frozen=True, eq=False)
class Radiograph:
    """A picture and all that it took.

    ``counts`` (n, n) photons counted per pixel and frame; ``line_integral`` (n, n) attenuation along every ray; ``image`` (n, n)
    grey values, as the ``display`` makes them of the counts; ``open_photons`` is the count without a patient. ``warnings`` are
    sentences for the user.
    """

    c_arm: CArm
    counts: FloatImage
    line_integral: FloatImage
    dose: Dose
    exposure: Exposure
    display: Display
    image: np.ndarray[Any, Any]
    open_photons: float
    patient: Patient | None = None
    needles: tuple[Needle, ...] = ()
    view: View | None = None
    warnings: tuple[str, ...] = ()
    seconds: float = 0.0

    def shown(self, display: Display) -> np.ndarray[Any, Any]:
        """(n, n) grey values of the same photons in another way: another window, film instead of fluoroscopy."""
        return display.upright(grey(self.c_arm, self.counts, display, self.open_photons))

    def marked(self, landmarks: bool = False, needles: bool = False, scale: bool = True) -> np.ndarray[Any, Any]:
        """(n, n, 3) the picture with a scale bar, the letters of the sides and, on request, landmarks and needles drawn over it."""
        from rfplan.fluoroscopy.overlay import marked

        return marked(self, landmarks=landmarks, needles=needles, scale=scale)

    def png(self, landmarks: bool = False, needles: bool = False, scale: bool = True) -> bytes:
        """The marked picture as a PNG file that knows its scale; see :mod:`rfplan.fluoroscopy.picture_file`."""
        from rfplan.fluoroscopy.picture_file import png_of

        return png_of(self, self.marked(landmarks, needles, scale))

    def dicom(self) -> bytes:
        """The picture as a DICOM XA file, marked as simulated; see :mod:`rfplan.fluoroscopy.dicom`."""
        from rfplan.fluoroscopy.dicom import dicom_of

        return dicom_of(self)

    def save(self, path: Path | str, **marks: bool) -> Path:
        """Write ``.png`` or ``.dcm``, complete or not at all."""
        from rfplan.fluoroscopy.picture_file import save

        return save(self, Path(path), **marks)

    def to_json(self) -> dict[str, Any]:
        """What ``rfplan fluoro --json`` prints."""
        arm = self.c_arm
        return {
            "view": self.view.name if self.view else "angles",
            "lao_deg": arm.lao_deg,
            "cranial_deg": arm.cranial_deg,
            "merit": self.view.merit if self.view else None,
            "merit_means": self.view.merit_means if self.view else None,
            "size_px": int(arm.size_px),
            "pixel_mm": arm.isocentre_pixel_mm,
            "receptor_pixel_mm": arm.pixel_mm,
            "magnification": arm.magnification,
            "positioner_primary_deg": arm.positioner_primary_deg,
            "positioner_secondary_deg": arm.positioner_secondary_deg,
            "position": arm.position,
            "isocentre_mm": [float(value) for value in arm.isocentre_mm],
            "mode": self.exposure.mode,
            "receptor_dose_ngy": self.dose.receptor_ngy,
            "dap_mgy_cm2": self.dose.dap_mgy_cm2,
            "air_kerma_mgy": self.dose.air_kerma_mgy,
            "seconds": self.seconds,
            "warnings": list(self.warnings),
            "simulated": True,
            "assumption": ASSUMPTION,
            "provenance": self.provenance,
        }

    @property
    def provenance(self) -> dict[str, Any]:
        """How the picture came about: the same again gives the same bytes."""
        import rfplan

        return {
            "rfplan": rfplan.__version__,
            "seed": self.exposure.seed,
            "energy_kev": attenuation_at(self.exposure.energy_kev).energy_kev,
            "patient": None if self.patient is None else {"name": self.patient.name, "source": self.patient.source},
            "needles": len(self.needles),
        }
