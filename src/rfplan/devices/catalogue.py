"""The electrodes in use, read from ``catalogue.toml`` where every number has a source and a mark."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any

from rfplan.devices.electrode import Electrode, IsothermSurface, LesionShape, Mode
from rfplan.devices.protocol import Protocol
from rfplan.errors import InputError, did_you_mean
from rfplan.figures import Figure

_MODES: tuple[Mode, ...] = ("monopolar", "bipolar", "cooled")
_TEXTS = frozenset({"title", "notes"})
_GROUPS = frozenset({"protocol", "lesion"})
_NUMBERS = frozenset(
    {
        "gauge",
        "diameter_mm",
        "tip_mm",
        "coolant_c",
        "exchange_w_m2k",
        "tines",
        "tine_length_mm",
        "tine_diameter_mm",
        "tine_spread_deg",
        "contact_count",
        "contact_pitch_mm",
    }
)
_SURFACE_NUMBERS = frozenset({"width_mm", "length_mm", "beyond_tip_mm", "waist_mm", "confluent_to_mm"})


def electrodes() -> tuple[Electrode, ...]:
    """All electrodes of the catalogue, in its order."""
    return tuple(_catalogue().values())


def electrode(name: str) -> Electrode:
    """The electrode called ``name``; InputError with a suggestion where there is none."""
    catalogue = _catalogue()
    if name not in catalogue:
        meant = did_you_mean(name, catalogue)
        raise InputError(f"electrode {name!r} is not known;{meant} known are: {', '.join(catalogue)}")
    return catalogue[name]


def read_catalogue(path: Path) -> dict[str, Electrode]:
    """Electrodes by name from a catalogue file; InputError names the file and the key that is wrong."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{path.name}: not a readable catalogue of electrodes: {error}") from error
    return {name: _electrode(name, entry, path.name) for name, entry in document.items()}


@cache
def _catalogue() -> dict[str, Electrode]:
    return read_catalogue(Path(__file__).with_name("catalogue.toml"))


def _electrode(name: str, entry: Mapping[str, Any], file: str) -> Electrode:
    where = f"{file}: {name}"
    _check_keys(entry, _TEXTS | _GROUPS | _NUMBERS, where)
    figures = dict(_figures(entry, "", where))
    values = {key: float(figure.value) for key, figure in figures.items()}
    modes = tuple(mode for mode in _MODES if mode in entry.get("lesion", {}))
    try:
        protocols = {
            mode: Protocol(*(values[f"protocol.{mode}.{key}"] for key in ("set_c", "time_s", "ramp_s")))
            for mode in modes
        }
        count = int(values.get("contact_count", 1))
        pitch_mm = values["contact_pitch_mm"] if count > 1 else 0.0
        return Electrode(
            name=name,
            title=entry["title"],
            diameter_mm=values["diameter_mm"],
            tip_mm=values["tip_mm"],
            modes=modes,
            protocols=protocols,
            shapes=tuple(_shape(mode, entry["lesion"][mode], figures, where) for mode in modes),
            gauge=values.get("gauge"),
            cooled="coolant_c" in values,
            coolant_c=values.get("coolant_c"),
            exchange_w_m2k=values.get("exchange_w_m2k"),
            contacts_mm=tuple(index * pitch_mm for index in range(count)),
            tines=int(values.get("tines", 0)),
            tine_length_mm=values.get("tine_length_mm", 0.0),
            tine_diameter_mm=values.get("tine_diameter_mm", 0.0),
            tine_spread_deg=values.get("tine_spread_deg", 0.0),
            sources=tuple(dict.fromkeys(figure.source for figure in figures.values())),
            notes=tuple(entry.get("notes", ())),
            figures=figures,
        )
    except KeyError as error:
        raise InputError(f"{where}: {error.args[0]} is missing") from error


def _shape(mode: Mode, entry: Mapping[str, Any], figures: Mapping[str, Figure], where: str) -> LesionShape:
    prefix = f"lesion.{mode}."

    def value(key: str) -> float:
        return float(figures[prefix + key].value)

    surfaces = []
    for key in entry["surface"]:
        numbers = {number: value(f"surface.{key}.{number}") for number in entry["surface"][key]}
        _check_keys(numbers, _SURFACE_NUMBERS, f"{where}.{prefix}surface.{key}")
        surfaces.append(IsothermSurface(isotherm_c=float(key), **numbers))
    width = figures[f"{prefix}surface.50.width_mm"]
    return LesionShape(
        mode=mode,
        reference=Protocol(value("set_c"), value("time_s"), value("ramp_s")),
        start_c=value("start_c"),
        surfaces=tuple(sorted(surfaces, key=lambda surface: surface.isotherm_c)),
        time_exponent=value("time_exponent"),
        source=width.source,
        mark=width.mark,
        note=str(entry.get("note", "")),
        reference_spacing_mm=value("reference_spacing_mm") if mode == "bipolar" else None,
    )


def _figures(table: Mapping[str, Any], prefix: str, where: str) -> list[tuple[str, Figure]]:
    """Figures of a table by dotted key; a table with a ``value`` is a figure, any other a group."""
    known = frozenset(field.name for field in fields(Figure))
    found: list[tuple[str, Figure]] = []
    for key, entry in table.items():
        dotted = prefix + key
        if not isinstance(entry, Mapping):
            if key in ("title", "notes", "note"):
                continue
            raise InputError(f"{where}.{dotted} is {entry!r}; it must be a figure with value, unit, source and mark")
        if "value" not in entry:
            found += _figures(entry, f"{dotted}.", where)
            continue
        _check_keys(entry, known, f"{where}.{dotted}")
        try:
            found.append((dotted, Figure(**entry)))
        except (TypeError, InputError) as error:
            raise InputError(f"{where}.{dotted}: {error}") from error
    return found


def _check_keys(entry: Mapping[str, Any], known: frozenset[str], where: str) -> None:
    for key in entry:
        if key not in known:
            meant = did_you_mean(key, known)
            raise InputError(f"{where}: key {key!r} is not known;{meant} known are: {', '.join(sorted(known))}")
