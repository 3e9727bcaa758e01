"""A recipe in chart coordinates, read from a file: places round the foramina that serve every patient."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

from rfplan.anatomy.sides import LEVELS
from rfplan.devices.catalogue import electrode as electrode_named
from rfplan.devices.electrode import Mode
from rfplan.devices.protocol import Protocol
from rfplan.errors import InputError, did_you_mean
from rfplan.figures import Figure
from rfplan.planning.needle import Needle
from rfplan.planning.plan import Application
from rfplan.planning.shape_limits import breaks_a_limit
from rfplan.planning.techniques.aperture import Aperture
from rfplan.planning.techniques.clock import as_read
from rfplan.planning.techniques.recipe import Technique
from rfplan.planning.techniques.site import Site

SCHEMA: Final = "rfplan/recipe/1"
_LARGEST_TILT_DEG = 20.0
"""How far a needle may leave the direction of the recipe to pass bone: farther off it would be another recipe."""

_KEYS = frozenset(
    {"schema", "name", "title", "summary", "mode", "electrode", "protocol", "standoff_mm", "l5", "targets"}
)


@dataclass(frozen=True)
class RecipeTarget:
    """One application: at a position ``clock_h`` (of the right side) of the foramen of ``level``, ``edge_mm`` outside its edge.

    The needle comes from ``lateral_deg`` outward and ``caudal_deg`` to the feet off the beam. Of a pair the second needle stands at
    ``to_clock_h``, ``to_edge_mm`` of the foramen of ``to_level`` (default: the same).
    """

    level: str
    clock_h: float
    edge_mm: float
    lateral_deg: float = 0.0
    caudal_deg: float = 0.0
    to_clock_h: float | None = None
    to_edge_mm: float | None = None
    to_level: str | None = None

    def __post_init__(self) -> None:
        for level in (self.level, self.to_level or self.level):
            if level not in LEVELS:
                raise InputError(f"level {level!r} is not known; accepted: {', '.join(LEVELS)}")
        if (self.to_clock_h is None) != (self.to_edge_mm is None):
            raise InputError("a second needle needs both to_clock_h and to_edge_mm")

    def places(self) -> list[tuple[str, float, float]]:
        """Level, hours and distance from the edge of every needle."""
        found = [(self.level, self.clock_h, self.edge_mm)]
        if self.to_clock_h is not None and self.to_edge_mm is not None:
            found.append((self.to_level or self.level, self.to_clock_h, self.to_edge_mm))
        return found


@dataclass(frozen=True)
class Recipe:
    """What a recipe file holds. ``l5`` says whether the L5 dorsal ramus gets a lesion of its own."""

    name: str
    title: str
    summary: str
    mode: Mode
    electrode: str
    protocol: Protocol
    standoff_mm: float
    targets: tuple[RecipeTarget, ...]
    l5: bool = True


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
        """Protocol and standoff of the recipe, computed by the optimiser or carried over from the device."""
        protocol = self.recipe.protocol
        values = {
            "standoff_mm": (self.recipe.standoff_mm, "mm"),
            "set_c": (protocol.set_c, "degC"),
            "time_s": (protocol.time_s, "s"),
            "ramp_s": (protocol.ramp_s, "s"),
        }
        return {key: Figure(value, unit, "rfplan_optimiser", "C") for key, (value, unit) in values.items()}

    def l5(self, site: Site) -> list[Application]:
        """The lesion of the L5 dorsal ramus, where the recipe has one."""
        return super().l5(site) if self.recipe.l5 else []

    def applications(self, site: Site) -> list[Application]:
        """The targets, cranial first; one whose needle has no way in, or whose lesion as a shape would break a hard limit, is left out
        with a note."""
        apertures = {aperture.level: aperture for aperture in site.apertures()}
        made = []
        for target in self.recipe.targets:
            application = target_application(site, apertures, self.recipe.mode, target)
            if application is None:
                continue
            if breaks_a_limit(application, site.patient, site.side):
                site.note(
                    f"{application.target} is left out: its lesion would break a hard safety limit in this patient."
                )
                continue
            made.append(application)
        return made


def target_application(
    site: Site, apertures: Mapping[str, Aperture], mode: Mode, target: RecipeTarget
) -> Application | None:
    """One target carried out on a side; None where a foramen is missing or a needle has no way in."""
    places = target.places()
    if any(level not in apertures for level, _, _ in places):
        return None
    points = [apertures[level].from_edge(hours, edge) for level, hours, edge in places]
    preferred = site.beam(target.lateral_deg, target.caudal_deg)
    if len(points) > 1:
        preferred = site.parallel(points, preferred)
    names = [f"{level} {as_read(hours, site)}" for level, hours, _ in places]
    needles: list[Needle] = []
    for point, name in zip(points, names, strict=True):
        if not site.patient.chart.on_bone(point[0], point[1]):
            site.note(f"{name} lies beside the bone in this patient and is left out.")
            return None
        needle = site.needle_at(
            site.seat_mm(point), preferred, name, contact_mm=site.electrode.tip_mm, largest_tilt_deg=_LARGEST_TILT_DEG
        )
        if needle is None:
            return None
        needles.append(needle)
    return Application(mode, site.protocol, tuple(needles), " to ".join(names))


def recipe_toml(recipe: Recipe) -> str:
    """The recipe as the text of a file that :func:`load_recipe` reads."""
    protocol = recipe.protocol
    lines = [
        f'schema = "{SCHEMA}"',
        *(f'{key} = "{getattr(recipe, key)}"' for key in ("name", "title", "summary", "mode", "electrode")),
        f"standoff_mm = {recipe.standoff_mm}",
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
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
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
        )
    except KeyError as error:
        raise InputError(f"{path}: {error.args[0]} is missing") from error
    except (TypeError, ValueError) as error:
        raise InputError(f"{path}: {error}") from error
    if any((len(target.places()) == 2) != (mode == "bipolar") for target in targets):
        raise InputError(f"{path}: a target of mode {mode!r} takes {2 if mode == 'bipolar' else 1} needle(s)")
    return ChartRecipe(recipe)


def _target(entry: Mapping[str, Any], where: str) -> RecipeTarget:
    _check(entry, {field.name for field in fields(RecipeTarget)}, where)
    try:
        return RecipeTarget(**entry)
    except (TypeError, InputError) as error:
        raise InputError(f"{where}: {error}") from error


def _check(entry: Mapping[str, Any], known: Sequence[str] | frozenset[str] | set[str], where: str) -> None:
    for key in entry:
        if key not in known:
            meant = did_you_mean(key, known)
            raise InputError(f"{where}: key {key!r} is not known;{meant} accepted: {', '.join(sorted(known))}")
