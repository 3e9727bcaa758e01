"""What every technique is: a published recipe that makes a plan for one side of one patient."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from rfplan.anatomy.sides import LEVELS, side_named
from rfplan.anatomy.treatable import Treatable
from rfplan.devices.catalogue import electrode as electrode_named
from rfplan.devices.catalogue import electrodes as all_electrodes
from rfplan.devices.electrode import Electrode, Mode
from rfplan.devices.protocol import Protocol
from rfplan.errors import InputError, did_you_mean
from rfplan.figures import Figure, figures
from rfplan.planning.packed_patient import patient_record
from rfplan.planning.plan import Application, Plan
from rfplan.planning.techniques.l5 import l5_application
from rfplan.planning.techniques.site import Site

_LEAST = {"spacing_mm": 2.0, "retract_mm": 2.0, "lesions": 1.0, "least_needles": 2.0}

STRAIGHT = "Cannulae are modelled straight, the curved ones too."


class Technique(ABC):
    """A published recipe: patient, side and electrode in, plan out.

    ``modes`` are those that the recipe needs of its electrode; ``devices`` narrows them to named electrodes where it is made for
    one. Numbers of the recipe are figures of ``anatomy/techniques.toml`` under the technique's name.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    summary: ClassVar[str]
    modes: ClassVar[tuple[Mode, ...]]
    default_electrode: ClassVar[str]
    levels: ClassVar[tuple[str, ...]] = ("S1", "S2", "S3")
    devices: ClassVar[tuple[str, ...]] = ()

    @property
    def figures(self) -> Mapping[str, Figure]:
        """The numbers of the recipe by name."""
        prefix = f"{self.name}."
        return {
            key.removeprefix(prefix): entry for key, entry in figures("techniques").items() if key.startswith(prefix)
        }

    @property
    def sources(self) -> tuple[str, ...]:
        """Keys of the bibliography that the recipe rests on."""
        return tuple(dict.fromkeys(figure.source for figure in self.figures.values()))

    @property
    def assumptions(self) -> tuple[str, ...]:
        """Names of the recipe's numbers that are assumed."""
        return tuple(key for key, figure in self.figures.items() if figure.is_assumption)

    @property
    def electrodes(self) -> tuple[str, ...]:
        """Names of the electrodes with which the recipe can be carried out."""
        return tuple(entry.name for entry in all_electrodes() if self.accepts(entry))

    @property
    def options(self) -> tuple[str, ...]:
        """Names that :meth:`plan` takes as keywords: the recipe's plain numbers, and the ``levels`` and ``l5`` to treat."""
        return (*(key for key in self.figures if "." not in key), "levels", "l5")

    def numbers(self, changed: Mapping[str, Any]) -> dict[str, float]:
        """The numbers of the recipe by name, some of them ``changed``.

        Raises
        ------
        InputError : a name that is none of the recipe's plain numbers, or a number that it cannot be carried out with
        """
        recipe = {key: float(figure.value) for key, figure in self.figures.items()}
        known = [key for key in recipe if "." not in key]
        for key, value in changed.items():
            if key not in known:
                raise InputError(
                    f"technique {self.name!r} has no option {key!r};{did_you_mean(key, known)} known are: {', '.join(known)}"
                )
            recipe[key] = _number(self.name, key, value)
        # refuses what no generator does
        Protocol(recipe["set_c"], recipe["time_s"], recipe["ramp_s"])
        return recipe

    def accepts(self, electrode: Electrode) -> bool:
        """True where the electrode has every mode that the recipe needs and is one that it is made for."""
        if self.devices:
            return electrode.name in self.devices
        return all(mode in electrode.modes for mode in self.modes) and len(electrode.contacts_mm) == 1

    def plan(self, patient: Treatable, side: str, electrode: str | Electrode | None = None, **options: Any) -> Plan:
        """The recipe carried out on ``side`` of ``patient``.

        Parameters
        ----------
        electrode : name or device; default the recipe's own
        options : numbers of the recipe to change, such as ``offset_mm=8``; ``levels=("S1", "S2")``; ``l5=False``

        Raises
        ------
        InputError : unknown side, electrode, level or option, or an electrode with which the recipe cannot be carried out
        """
        device = self._device(electrode)
        for key in options:
            if key not in self.options:
                raise InputError(
                    f"technique {self.name!r} has no option {key!r};{did_you_mean(key, self.options)} known are: {', '.join(self.options)}"
                )
        levels = _levels(options.pop("levels")) if "levels" in options else self.levels
        with_l5 = bool(options.pop("l5", True))
        recipe = self.numbers(options)
        site = Site(patient, side_named(side), device, recipe, levels, [STRAIGHT])
        l5 = self.l5(site) if with_l5 else []
        return Plan(
            side=site.side,
            technique=self.name,
            applications=(*l5, *self.applications(site)),
            patient=patient_record(patient),
            notes=tuple(site.notes),
        )

    def l5(self, site: Site) -> list[Application]:
        """The lesion of the L5 dorsal ramus, as the recipe's other lesions are made; a recipe of pairs takes it with a single needle at
        the setting usual for that."""
        if self.modes[0] == "bipolar":
            return l5_application(site, "monopolar", site.electrode.protocol_for("monopolar"))
        return l5_application(site, self.modes[0], site.protocol)

    @abstractmethod
    def applications(self, site: Site) -> list[Application]:
        """The applications at the sacral foramina, in the order in which they are made."""

    def _device(self, electrode: str | Electrode | None) -> Electrode:
        device = electrode if isinstance(electrode, Electrode) else electrode_named(electrode or self.default_electrode)
        if not self.accepts(device):
            raise InputError(
                f"technique {self.name!r} cannot be carried out with electrode {device.name!r} ({', '.join(device.modes)}); "
                f"it takes: {', '.join(self.electrodes)}"
            )
        return device


def _number(technique: str, key: str, value: Any) -> float:
    """``value`` of a recipe's number; InputError where it is none or too small to carry the recipe out."""
    least = next((low for ending, low in _LEAST.items() if key.endswith(ending)), 0.0)
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not (math.isfinite(number) and number >= least):
        raise InputError(f"technique {technique!r}: {key} is {value!r}; it must be a number of at least {least:g}")
    return number


def _levels(value: Any) -> tuple[str, ...]:
    try:
        names = (value,) if isinstance(value, str) else tuple(value)
    except TypeError:
        names = (value,)
    for name in names:
        if name not in LEVELS:
            raise InputError(
                f"level {name!r} is not known;{did_you_mean(name, LEVELS)} it must be one of {', '.join(LEVELS)}"
            )
    return tuple(level for level in LEVELS if level in names)
