"""How a picture is taken, and the dose that it costs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from rfplan.errors import InputError
from rfplan.figures import figures
from rfplan.fluoroscopy.c_arm import CArm

Mode = Literal["averaged", "live", "spot"]


@dataclass(frozen=True)
class Exposure:
    """Settings of one picture.

    ``mode``: a ``live`` frame, the ``averaged`` picture that stays on the screen after some seconds of fluoroscopy (recursive
    average in which the newest frame has the weight ``average_weight``), or a ``spot`` film. The automatic exposure control gives
    what makes ``receptor_dose_ngy`` per frame arrive in the middle third of the picture; ``kerma_mgy`` switches it off and states the
    air kerma per frame at the reference point instead. ``energy_kev`` is the effective energy, ``noise`` can be left out for measuring.

    Raises
    ------
    InputError : a number that cannot be, such as no dose at all
    """

    mode: Mode = "averaged"
    receptor_dose_ngy: float | None = None
    kerma_mgy: float | None = None
    energy_kev: float | None = None
    average_weight: float | None = None
    noise: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        table = figures("fluoroscopy")
        if self.mode not in ("averaged", "live", "spot"):
            raise InputError(f"mode is {self.mode!r}; accepted: averaged, live, spot")
        if self.receptor_dose_ngy is None:
            name = "receptor.spot_dose" if self.mode == "spot" else "receptor.live_dose"
            object.__setattr__(self, "receptor_dose_ngy", table[name].value)
        if self.average_weight is None:
            object.__setattr__(self, "average_weight", table["receptor.average_weight"].value)
        for name, most, unit in (("receptor_dose_ngy", 1e6, "nGy"), ("kerma_mgy", 1e3, "mGy")):
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and 0.0 < value <= most):
                raise InputError(
                    f"{name} is {value:g}; without dose there is no picture: give more than 0 and at most {most:g} {unit}"
                )
        if not 0.0 < float(self.average_weight or 0.0) <= 1.0:
            raise InputError(f"average_weight is {self.average_weight}; it must be above 0 and at most 1")
        if isinstance(self.seed, bool) or not isinstance(self.seed, int) or self.seed < 0:
            raise InputError(f"seed is {self.seed!r}; it must be a whole number of at least 0")

    @property
    def frames(self) -> float:
        """Independent frames whose mean has the noise of this picture."""
        if self.mode != "averaged":
            return 1.0
        weight = float(self.average_weight or 1.0)
        return (2.0 - weight) / weight

    @property
    def kerma_limit_mgy(self) -> float:
        """Most that the tube gives per frame, at the reference point."""
        name = "spot" if self.mode == "spot" else "live"
        return figures("fluoroscopy")[f"receptor.{name}_kerma_limit"].value


@dataclass(frozen=True)
class Dose:
    """Dose of one picture, all its frames together.

    ``receptor_ngy`` per frame in the middle of the receptor, ``air_kerma_mgy`` at the reference point (15 cm from the isocentre
    towards the source) and ``dap_mgy_cm2`` dose-area product, both free in air; ``limited`` says that the tube could not give more.
    """

    receptor_ngy: float
    air_kerma_mgy: float
    dap_mgy_cm2: float
    frames: float
    limited: bool


def reference_distance_mm(c_arm: CArm) -> float:
    """From the source to the point at which air kerma is stated."""
    return max(c_arm.sod_mm - figures("fluoroscopy")["system.reference_point"].value, 1.0)


def dose_of(c_arm: CArm, exposure: Exposure, transmission: float) -> tuple[Dose, float]:
    """Dose of a picture, and the air kerma per frame that would arrive in the middle of the receptor without a patient, nGy.

    ``transmission`` is what arrives behind the patient in the measuring field as a share of that.
    """
    table = figures("fluoroscopy")
    passed = table["receptor.grid_transmission"].value * table["receptor.table_transmission"].value
    square = (c_arm.sid_mm / reference_distance_mm(c_arm)) ** 2
    if exposure.kerma_mgy is not None:
        kerma_mgy, limited = exposure.kerma_mgy, False
    else:
        wanted = float(exposure.receptor_dose_ngy or 0.0) / max(transmission, 1e-12) / passed * 1e-6 * square
        kerma_mgy = min(wanted, exposure.kerma_limit_mgy)
        limited = kerma_mgy < wanted
    open_ngy = kerma_mgy * 1e6 / square * passed
    dap = kerma_mgy / square * c_arm.open_area_cm2
    frames = exposure.frames
    return Dose(open_ngy * transmission, kerma_mgy * frames, dap * frames, frames, limited), open_ngy
