"""Places of a recipe in chart coordinates: on the clock of a foramen, or in a row beside the foramina; and needles put there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from rfplan.anatomy.sides import LEVELS
from rfplan.devices.electrode import Mode
from rfplan.errors import InputError
from rfplan.figures import figures
from rfplan.planning.needle import Needle
from rfplan.planning.plan import Application
from rfplan.planning.shape_limits import breaks_a_limit
from rfplan.planning.techniques.aperture import Aperture
from rfplan.planning.techniques.clock import as_read
from rfplan.planning.techniques.palisade import row_ends
from rfplan.planning.techniques.row import evenly_on_bone
from rfplan.planning.techniques.site import Site

SHIFTS_MM: Final = (0.0, 1.5, 3.0, 4.5, -1.5, -3.0)
"""How far a place is moved away from the foramen, in this order, until its lesion breaks no limit."""
_MOST_GAPS = 20


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

    @property
    def pair(self) -> bool:
        """True where it takes two needles."""
        return self.to_clock_h is not None

    def moved(self, away_mm: float) -> RecipeTarget:
        """The same so much farther from the edge."""
        to_edge = None if self.to_edge_mm is None else self.to_edge_mm + away_mm
        return replace(self, edge_mm=self.edge_mm + away_mm, to_edge_mm=to_edge)

    def places(self) -> list[tuple[str, float, float]]:
        """Level, hours and distance from the edge of every needle."""
        found = [(self.level, self.clock_h, self.edge_mm)]
        if self.to_clock_h is not None and self.to_edge_mm is not None:
            found.append((self.to_level or self.level, self.to_clock_h, self.to_edge_mm))
        return found


@dataclass(frozen=True)
class RowTarget:
    """One pair: the ``row_gap``-th (from 1, cranial first) of ``row_gaps`` equal gaps of a straight row of parallel needles.

    The row runs ``row_offset_mm`` lateral of the centres of the foramina, from just above S1 to the lower half of S3, as that of the
    palisade does: gaps are as much longer in a patient as the row is.
    """

    row_gap: int
    row_gaps: int
    row_offset_mm: float

    def __post_init__(self) -> None:
        for name, most in (("row_gaps", _MOST_GAPS), ("row_gap", self.row_gaps)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
                raise InputError(f"{name} is {value!r}; it must be a whole number from 1 to {most}")

    @property
    def pair(self) -> bool:
        """It takes two needles."""
        return True

    def moved(self, away_mm: float) -> RowTarget:
        """The same in a row that runs so much farther out."""
        return replace(self, row_offset_mm=self.row_offset_mm + away_mm)


ChartTarget = RecipeTarget | RowTarget


@dataclass(frozen=True, eq=False)
class ChartPlaces:
    """The foramina of a site by level, and the rows of needles that were asked for so far, by number of gaps and offset."""

    site: Site
    apertures: Mapping[str, Aperture]
    rows: dict[tuple[int, float], list[Needle | None]] = field(default_factory=dict)

    @classmethod
    def of(cls, site: Site) -> ChartPlaces:
        """Those of ``site``."""
        return cls(site, {aperture.level: aperture for aperture in site.apertures()})

    def row(self, gaps: int, offset_mm: float) -> list[Needle | None]:
        """The needles of a row, cranial first; None where one cannot be placed."""
        key = (gaps, offset_mm)
        if key not in self.rows:
            table = figures("techniques")
            ends = {name: float(table[f"palisade.{name}"].value) for name in ("above_s1_mm", "below_s3_mm")}
            site = replace(self.site, recipe={**self.site.recipe, **ends, "offset_mm": offset_mm})
            first, last = row_ends(site, list(self.apertures.values()))
            points = evenly_on_bone(site, first, last, gaps + 1)
            direction = site.parallel(points, site.perpendicular(points))
            self.rows[key] = [site.needle(point, direction, f"row position {n}") for n, point in enumerate(points, 1)]
        return self.rows[key]


def fitted_application(
    places: ChartPlaces, mode: Mode, target: ChartTarget, margin_mm: float = 0.0
) -> Application | None:
    """A target carried out, moved away from the foramen or towards it where its lesion as a shape would break a hard limit, or come nearer
    than ``margin_mm`` to breaking it, or a needle has no way in.

    None, with a note, where no shift helps, a foramen is missing or a needle has no way in.
    """
    site = places.site
    first: Application | None = None
    known, said = list(site.notes), list[str]()
    for shift in SHIFTS_MM:
        # what is said of a place that is not taken helps nobody
        site.notes[:] = known
        application = target_application(places, mode, target.moved(shift))
        if application is None:
            said = said or site.notes[len(known) :]
            continue
        first = first or application
        if not breaks_a_limit(application, site.patient, site.side, margin_mm):
            if shift != 0.0:
                where = "outward" if shift > 0.0 else "inward"
                keep = (
                    f"to stay {margin_mm:g} mm within hard safety limits"
                    if margin_mm
                    else "to break no hard safety limit"
                )
                why = keep if first is not application else "for a way in past bone"
                site.note(f"{application.target} was moved {abs(shift):g} mm {where} {why}.")
            return application
    site.notes[:] = [*known, *(said if first is None else ())]
    if first is not None:
        what = f"come within {margin_mm:g} mm of breaking" if margin_mm else "break"
        site.note(f"{first.target} is left out: its lesion would {what} a hard safety limit in this patient.")
    return None


def target_application(places: ChartPlaces, mode: Mode, target: ChartTarget) -> Application | None:
    """One target carried out on a side; None where a foramen is missing or a needle has no way in."""
    if isinstance(target, RowTarget):
        return _gap_of_row(places, mode, target)
    site, apertures = places.site, places.apertures
    wanted = target.places()
    if any(level not in apertures for level, _, _ in wanted):
        return None
    points = [apertures[level].from_edge(hours, edge) for level, hours, edge in wanted]
    preferred = site.beam(target.lateral_deg, target.caudal_deg)
    if len(points) > 1:
        preferred = site.parallel(points, preferred)
    names = [f"{level} {as_read(hours, site)}" for level, hours, _ in wanted]
    needles: list[Needle] = []
    for point, name in zip(points, names, strict=True):
        if not site.patient.chart.on_bone(point[0], point[1]):
            site.note(f"{name} lies beside the bone in this patient and is left out.")
            return None
        needle = site.needle_at(site.seat_mm(point), preferred, name, contact_mm=site.electrode.tip_mm)
        if needle is None:
            return None
        needles.append(needle)
    return Application(mode, site.protocol, tuple(needles), " to ".join(names))


def _gap_of_row(places: ChartPlaces, mode: Mode, target: RowTarget) -> Application | None:
    if not places.apertures:
        return None
    row = places.row(target.row_gaps, target.row_offset_mm)
    one, other = row[target.row_gap - 1], row[target.row_gap]
    if one is None or other is None:
        return None
    name = f"row gap {target.row_gap} of {target.row_gaps}"
    return Application(mode, places.site.protocol, (one, other), name)
