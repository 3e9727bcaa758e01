"""A recipe in chart coordinates, read from a file: places round the foramina that serve every patient."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

from rfplan.devices.catalogue import electrode as electrode_named
from rfplan.devices.electrode import Mode
from rfplan.devices.protocol import Protocol
from rfplan.errors import InputError, did_you_mean
from rfplan.figures import Figure
from rfplan.planning.plan import Application
from rfplan.planning.techniques.chart_target import (
    ChartPlaces,
    ChartTarget,
    RecipeTarget,
    RowTarget,
    fitted_application,
)
from rfplan.planning.techniques.recipe import Technique
from rfplan.planning.techniques.site import Site

SCHEMA: Final = "rfplan/recipe/1"
MOST_MARGIN_MM: Final = 10.0
_KEYS = frozenset(
    {"schema", "name", "title", "summary", "mode", "electrode", "protocol", "standoff_mm", "margin_mm", "l5", "targets"}
)


@dataclass(frozen=True)
class Recipe:
    """What a recipe file holds. ``l5`` says whether the L5 dorsal ramus gets a lesion of its own; the other lesions, as shapes, stay
    ``margin_mm`` within the hard limits of distance, as what is made may be larger than its shape."""

    name: str
    title: str
    summary: str
    mode: Mode
    electrode: str
    protocol: Protocol
    standoff_mm: float
    targets: tuple[ChartTarget, ...]
    l5: bool = True
    margin_mm: float = 0.0


class ChartRecipe(Technique):
    """A technique whose targets come from a :class:`Recipe`."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        for key, value in (
            ("name", recipe.name),
            ("title", recipe.title),
            ("summary", recipe.summary),
            ("modes", (recipe.mode, "monopolar") if recipe.mode == "bipolar" else (recipe.mode,)),
            ("default_electrode", recipe.electrode),
        ):
            setattr(self, key, value)

    @property
    def figures(self) -> Mapping[str, Figure]:
        """Protocol, standoff and margin of the recipe, computed by the optimiser or carried over from the device."""
        protocol = self.recipe.protocol
        values = {
            "standoff_mm": (self.recipe.standoff_mm, "mm"),
            "margin_mm": (self.recipe.margin_mm, "mm"),
            "set_c": (protocol.set_c, "degC"),
            "time_s": (protocol.time_s, "s"),
            "ramp_s": (protocol.ramp_s, "s"),
        }
        return {key: Figure(value, unit, "rfplan_optimiser", "C") for key, (value, unit) in values.items()}

    def l5(self, site: Site) -> list[Application]:
        """The lesion of the L5 dorsal ramus, where the recipe has one."""
        return super().l5(site) if self.recipe.l5 else []

    def applications(self, site: Site) -> list[Application]:
        """The targets, cranial first; one whose lesion as a shape would not keep the margin to a hard limit is moved a few millimetres, one
        for which that does not help, or whose needle has no way in, is left out, with a note."""
        places = ChartPlaces.of(site)
        fitted = [
            fitted_application(places, self.recipe.mode, target, site.recipe["margin_mm"])
            for target in self.recipe.targets
        ]
        return [application for application in fitted if application is not None]


def recipe_toml(recipe: Recipe) -> str:
    """The recipe as the text of a file that :func:`load_recipe` reads."""
    protocol = recipe.protocol
    lines = [
        f'schema = "{SCHEMA}"',
        *(f'{key} = "{getattr(recipe, key)}"' for key in ("name", "title", "summary", "mode", "electrode")),
        f"standoff_mm = {recipe.standoff_mm}",
        f"margin_mm = {recipe.margin_mm}",
        f"l5 = {str(recipe.l5).lower()}",
        f"protocol = {{ set_c = {protocol.set_c}, time_s = {protocol.time_s}, ramp_s = {protocol.ramp_s} }}",
    ]
    for target in recipe.targets:
        lines += ["", "[[targets]]"]
        for entry in fields(target):
            value = getattr(target, entry.name)
            if value is not None:
                lines.append(f'{entry.name} = "{value}"' if isinstance(value, str) else f"{entry.name} = {value}")
    return "\n".join(lines) + "\n"


def load_recipe(path: Path) -> ChartRecipe:
    """The technique of a recipe file; InputError names the file and the key that is wrong."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(
            f"{path}: {error.strerror}; give a recipe file, such as 'rfplan optimise --patients' writes"
        ) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{path}: not a readable recipe: {error}") from error
    _check(document, _KEYS, str(path))
    if document.get("schema") != SCHEMA:
        raise InputError(f"{path}: schema is {document.get('schema')!r}; accepted: {SCHEMA!r}")
    try:
        device = electrode_named(document["electrode"])
        mode = document["mode"]
        device.protocol_for(mode)
        targets = tuple(_target(entry, f"{path}: targets[{n}]") for n, entry in enumerate(document["targets"]))
        _check(document["protocol"], {"set_c", "time_s", "ramp_s"}, f"{path}: protocol")
        recipe = Recipe(
            document["name"],
            document["title"],
            document["summary"],
            mode,
            device.name,
            Protocol(**document["protocol"]),
            float(document["standoff_mm"]),
            targets,
            bool(document.get("l5", True)),
            _margin_mm(document.get("margin_mm", 0.0)),
        )
    except KeyError as error:
        raise InputError(f"{path}: {error.args[0]} is missing") from error
    except (TypeError, ValueError) as error:
        raise InputError(f"{path}: {error}") from error
    if any(target.pair != (mode == "bipolar") for target in targets):
        raise InputError(f"{path}: a target of mode {mode!r} takes {2 if mode == 'bipolar' else 1} needle(s)")
    return ChartRecipe(recipe)


def _target(entry: Mapping[str, Any], where: str) -> ChartTarget:
    kind = RowTarget if any(key.startswith("row_") for key in entry) else RecipeTarget
    _check(entry, {field.name for field in fields(kind)}, where)
    try:
        return kind(**entry)
    except (TypeError, InputError) as error:
        raise InputError(f"{where}: {error}") from error


def _margin_mm(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.0 <= value <= MOST_MARGIN_MM:
        raise InputError(f"margin_mm is {value!r}; it must be a number from 0 to {MOST_MARGIN_MM:g}")
    return float(value)


def _check(entry: Mapping[str, Any], known: Sequence[str] | frozenset[str] | set[str], where: str) -> None:
    for key in entry:
        if key not in known:
            meant = did_you_mean(key, known)
            raise InputError(f"{where}: key {key!r} is not known;{meant} accepted: {', '.join(sorted(known))}")
