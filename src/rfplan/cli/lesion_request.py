"""What the flags of ``rfplan lesion`` ask for, checked: device, protocol, contacts, pair, surroundings, files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from rfplan.devices.electrode import Electrode
    from rfplan.devices.protocol import Protocol
    from rfplan.lesion.pair_pose import PairPose
    from rfplan.lesion.surroundings import Depot, TissueLayer


@dataclass(frozen=True)
class Request:
    """One lesion that is asked for. ``contacts`` count from 0 at the tip end."""

    device: Electrode
    pair: PairPose | None = None
    contacts: tuple[int, ...] = (0,)
    between_contacts: bool = False

    @property
    def title(self) -> str:
        """What it is called in figures and tables."""
        parts = [self.device.name]
        if self.pair is not None:
            parts.append(f"pair {self.pair.spacing_mm:g} mm apart")
            if self.pair.offset_mm != 0.0:
                parts.append(f"offset {self.pair.offset_mm:g} mm")
            if self.pair.splay_deg != 0.0:
                parts.append(f"splay {self.pair.splay_deg:g} deg")
            if self.pair.twist_deg != 0.0:
                parts.append(f"twist {self.pair.twist_deg:g} deg")
        if len(self.device.contacts_mm) > 1:
            names = [str(contact + 1) for contact in self.contacts]
            if self.between_contacts:
                half = (len(names) + 1) // 2
                parts.append(f"contacts {', '.join(names[:half])} against {', '.join(names[half:])}")
            else:
                parts.append(f"contact{'s' if len(names) > 1 else ''} {', '.join(names)}")
        return ", ".join(parts)


def compared(text: str, alone: Sequence[str]) -> list[Request]:
    """The entries of ``--compare``, which goes without the flags in ``alone``."""
    from rfplan.devices.catalogue import electrode as named
    from rfplan.errors import InputError
    from rfplan.lesion.pair_pose import PairPose

    if alone:
        raise InputError(
            f"{alone[0]} and --compare contradict each other; --compare takes electrodes by name, NAME or NAME@SPACING"
        )
    asked: list[Request] = []
    for entry in text.split(","):
        name, at, spacing = entry.strip().partition("@")
        try:
            asked.append(Request(named(name), PairPose(float(spacing)) if at else None))
        except ValueError as error:
            raise InputError(f"--compare: {entry.strip()!r} has no spacing in mm after the @") from error
    return asked


def pair_pose(
    spacing_mm: float | None, offset_mm: float | None, splay_deg: float | None, twist_deg: float | None
) -> PairPose | None:
    """How the needles of a pair stand; None where there is none."""
    from rfplan.errors import InputError
    from rfplan.lesion.pair_pose import PairPose

    if spacing_mm is None:
        flags = {
            "--bipolar-offset-mm": offset_mm,
            "--bipolar-splay-deg": splay_deg,
            "--bipolar-twist-deg": twist_deg,
        }
        for flag, value in flags.items():
            if value is not None:
                raise InputError(f"{flag} is given without --bipolar-spacing-mm; a pair needs its spacing")
        return None
    return PairPose(spacing_mm, offset_mm or 0.0, splay_deg or 0.0, twist_deg or 0.0)


def bone_angle(gap_mm: float | None, angle_deg: float | None) -> float:
    """The angle between needle and bone; perpendicular where nothing else is said."""
    from rfplan.errors import InputError

    if gap_mm is None and angle_deg is not None:
        raise InputError("--bone-angle-deg is given without --bone-gap-mm; there is no bone without its distance")
    return 90.0 if angle_deg is None else angle_deg


def contact_numbers(text: str | None, between: bool, device: Electrode) -> tuple[int, ...]:
    """The contacts of ``--contacts``, counted from 0; the one at the tip where there is no flag."""
    from rfplan.errors import InputError

    known = len(device.contacts_mm)
    range_told = f"electrode {device.name!r} has contact{'s 1 to ' + str(known) if known > 1 else ' 1 alone'}, counted from the tip"
    numbers = []
    for entry in (text or "1").split(","):
        if not entry.strip().isdecimal() or not 1 <= int(entry) <= known:
            raise InputError(f"--contacts: {entry.strip()!r} is none; {range_told}")
        numbers.append(int(entry) - 1)
    if len(set(numbers)) < len(numbers):
        raise InputError(f"--contacts is {text}; each may be named once")
    if between and len(numbers) < 2:
        raise InputError(f"--between-contacts needs two or more of --contacts, such as 1,2; {range_told}")
    return tuple(sorted(numbers))


def tissue_layers(entries: Sequence[str]) -> tuple[TissueLayer, ...]:
    """The layers of every ``--layer TISSUE:MM``, from the lowest up."""
    from rfplan.errors import InputError
    from rfplan.lesion.surroundings import TissueLayer

    layers = []
    for entry in entries:
        name, _, height = entry.partition(":")
        try:
            layers.append(TissueLayer(name.strip(), float(height)))
        except ValueError as error:
            raise InputError(
                f"--layer {entry!r} is not TISSUE:MM, such as fat:25 for fat from 25 mm over the tip end up"
            ) from error
    return tuple(sorted(layers, key=lambda layer: layer.from_mm))


def depot_of(fluid: str | None, volume_ml: float | None, at_mm: float | None) -> Depot | None:
    """The injected fluid; None where there is none."""
    from rfplan.errors import InputError
    from rfplan.lesion.surroundings import Depot

    if fluid is not None and volume_ml is not None:
        return Depot(fluid, volume_ml, at_mm or 0.0)
    flags = {"--depot-fluid": fluid, "--depot-ml": volume_ml, "--depot-at-mm": at_mm}
    given = next((flag for flag, value in flags.items() if value is not None), None)
    if given is None:
        return None
    missing = "--depot-fluid" if fluid is None else "--depot-ml"
    raise InputError(f"{given} is given without {missing}; a depot needs a fluid and a volume")


def device_of(
    name: str | None,
    diameter_mm: float | None,
    tip_mm: float | None,
    cooled: bool,
    coolant_c: float | None,
    exchange_w_m2k: float | None,
) -> Electrode:
    """The electrode of a name, or of a diameter and a tip; with coolant where that is asked for."""
    from dataclasses import replace

    from rfplan.devices.catalogue import electrode as named
    from rfplan.devices.electrode import Electrode
    from rfplan.errors import InputError

    own = {"--diameter-mm": diameter_mm, "--tip-mm": tip_mm}
    given = [flag for flag, value in own.items() if value is not None]
    if name is not None and given:
        raise InputError(f"{given[0]} and --electrode {name} contradict each other; give a name, or diameter and tip")
    if len(given) == 1:
        missing = next(flag for flag in own if flag not in given)
        raise InputError(f"{given[0]} is given without {missing}; an electrode of one's own needs both")
    if diameter_mm is not None and tip_mm is not None:
        device = Electrode("own", "electrode of one's own", diameter_mm, tip_mm, (), {}, ())
    else:
        device = named(name or "conventional-18g-10mm")
    cooling = {"--coolant-c": coolant_c, "--exchange-w-m2k": exchange_w_m2k}
    if not cooled and not device.cooled:
        for flag, value in cooling.items():
            if value is not None:
                raise InputError(f"{flag} is given, but the electrode has no coolant; add --cooled")
        return device
    usual = device if device.cooled else named("cooled-17g-4mm")
    return replace(
        device,
        cooled=True,
        coolant_c=usual.coolant_c if coolant_c is None else coolant_c,
        exchange_w_m2k=usual.exchange_w_m2k if exchange_w_m2k is None else exchange_w_m2k,
    )


def protocol_of(
    device: Electrode, bipolar: bool, set_c: float | None, time_s: float | None, ramp_s: float | None
) -> Protocol:
    """The protocol usual for the device, with what the flags change of it."""
    from rfplan.devices.protocol import Protocol
    from rfplan.lesion.problem import within

    if bipolar and "bipolar" in device.modes:
        usual = device.protocol_for("bipolar")
    elif device.modes:
        usual = device.protocol
    else:
        usual = Protocol(60.0, 150.0) if device.cooled else Protocol(90.0, 180.0) if bipolar else Protocol(80.0, 90.0)
    seconds = usual.time_s if time_s is None else time_s
    ramp = min(usual.ramp_s, seconds) if ramp_s is None else ramp_s
    wanted_c = usual.set_c if set_c is None else set_c
    within("--time-s", seconds, (1.0, 3600.0), "s")
    within("--ramp-s", ramp, (0.0, seconds), "s, the ramp being part of --time-s")
    within("--set-c", wanted_c, (38.0, 100.0), "degC")
    return Protocol(wanted_c, seconds, ramp)


def exports(names: Sequence[str], isotherm_c: float, value: str, spacing_mm: float) -> list[Path]:
    """The files of ``--export``, refused before any work is done for them."""
    from rfplan.cli.file_to_write import file_to_write
    from rfplan.lesion.exports import ENDINGS, check_export

    check_export(isotherm_c, value, spacing_mm)
    return [file_to_write(name, "--export", ENDINGS) for name in names]
