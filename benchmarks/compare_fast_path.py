"""Compare virtual patients without a mesh with the same patients meshed: heights, foramina, branches, needles and captures.

    python benchmarks/compare_fast_path.py --patients 200 --seed 2026 --workers 2

prints the table of docs/population.md. A meshed patient takes some 8 s of processor time; ``--keep FOLDER`` saves them, so that a second
run only reads them.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from rfplan.anatomy.nerve import Nerve
from rfplan.anatomy.patient import Patient
from rfplan.anatomy.patient_file import read_patient, save_patient
from rfplan.anatomy.population import Population
from rfplan.anatomy.virtual_ground import VirtualGround
from rfplan.anatomy.virtual_patient import VirtualPatient
from rfplan.figures import figures
from rfplan.lesion.shapes import ISOTHERMS_C
from rfplan.planning.packed_lesions import shape_lesions
from rfplan.planning.plan import Plan
from rfplan.planning.techniques import technique

TECHNIQUES = ("conventional-periforaminal", "cooled-clockface", "cooled-classic", "palisade", "bipolar-leapfrog")
LEVELS = ("L5", "S1", "S2", "S3")
SPACING_MM = 1.0
_MEDIAL_MM = 17.0


@dataclass(frozen=True)
class Capture:
    """One branch and technique: by the AP criterion and by transection, without and with a mesh; margins in space, mm."""

    technique: str
    branch: str
    ap: tuple[bool, bool]
    cut: tuple[bool, bool]
    margin_mm: tuple[float, float]

    @property
    def level(self) -> str:
        """Level of the branch."""
        return self.branch.split(".")[0]


@dataclass
class Comparison:
    """One patient: root mean square difference of heights, distances of the centres of the foramina by level, of the landmark of the
    groove, and of the tips of needles, mm; captures; branches that only one of both has."""

    index: int
    height_mm: float
    centre_mm: dict[str, float]
    groove_mm: float
    tip_mm: list[float] = field(default_factory=list)
    captures: list[Capture] = field(default_factory=list)
    unpaired: int = 0


def compared(patient: VirtualPatient, meshed: Patient, names: Iterable[str] = TECHNIQUES) -> Comparison:
    """The right side of ``patient`` without a mesh, against ``meshed``."""
    ground = patient.ground
    centres = {
        f.level: float(np.linalg.norm(ground.foramen(f.level, f.side).centre_mm - f.centre_mm))
        for f in meshed.foramina
        if f.side == "right"
    }
    mark = "s1_sap_base_right"
    groove = np.linalg.norm(ground.landmarks[mark].position_mm - meshed.landmarks[mark].position_mm)
    found = Comparison(patient.index, height_difference_mm(ground, meshed), centres, float(groove))
    for name in names:
        plans = tuple(technique(name).plan(body, "right") for body in (ground, meshed))
        if [a.target for a in plans[0].applications] == [a.target for a in plans[1].applications]:
            pairs = zip(plans[0].needles, plans[1].needles, strict=True)
            found.tip_mm += [float(np.linalg.norm(one.tip_mm - other.tip_mm)) for one, other in pairs]
        fast, slow = (judged(plan, body.nerves_on("right"), body) for plan, body in zip(plans, (ground, meshed)))  # noqa: B905
        found.unpaired += len(set(fast) ^ set(slow))
        for branch in sorted(set(fast) & set(slow)):
            one, other = fast[branch], slow[branch]
            found.captures.append(Capture(name, branch, *((one[k], other[k]) for k in range(3))))  # type: ignore[arg-type]
    return found


def height_difference_mm(ground: VirtualGround, meshed: Patient) -> float:
    """Root mean square over the back from S1 to S4, lateral of the canal and 2 mm inside the edge."""
    rows = [ground.frame.to_chart(f.centre_mm)[1] for f in ground.foramina]
    lateral, caudal = np.meshgrid(np.arange(_MEDIAL_MM, 60.0), np.arange(min(rows), max(rows)), indexing="ij")
    apart = ground.chart.height_mm(lateral, caudal) - meshed.chart.height_mm(lateral, caudal)
    inside = np.ones(apart.shape, dtype=bool)
    for out, down in ((2.0, 0.0), (0.0, 2.0), (2.0, 2.0)):
        inside &= np.isfinite(meshed.chart.height_mm(lateral + out, caudal + down))
    return float(np.sqrt(np.nanmean(apart[inside] ** 2)))


def judged(plan: Plan, nerves: Sequence[Nerve], body: VirtualGround | Patient) -> dict[str, tuple[bool, bool, float]]:
    """By the name of each branch whether it is captured in the AP view, whether it is cut, and its margin in space."""
    table = figures("safety")
    lethal, length_mm = ISOTHERMS_C.index(table["lethal.isotherm"].value), table["transection.length"].value
    first = np.concatenate([[0], np.cumsum([len(nerve.points_mm) for nerve in nerves])]).astype(np.int64)
    points = np.concatenate([nerve.points_mm for nerve in nerves])
    rows = shape_lesions(plan).judged(points, first, np.ascontiguousarray(body.frame.axes), lethal)
    return {
        nerve.name: (bool(row[3] > 0.0), bool(row[1] >= length_mm), float(row[2]))
        for nerve, row in zip(nerves, rows, strict=True)
    }


def differing(found: Iterable[Comparison], criterion: str, levels: Sequence[str] = LEVELS) -> tuple[int, int]:
    """How many branches are captured in one and not in the other, and how many there are."""
    captures = [c for entry in found for c in entry.captures if c.level in levels]
    return sum(getattr(c, criterion)[0] != getattr(c, criterion)[1] for c in captures), len(captures)


def table(found: Sequence[Comparison]) -> str:
    """What docs/population.md shows."""
    heights = np.array([entry.height_mm for entry in found])
    tips = np.array([tip for entry in found for tip in entry.tip_mm])
    lines = [f"height of the chart, RMS: mean {heights.mean():.2f}, largest {heights.max():.2f} mm"]
    for level in ("S1", "S2", "S3", "S4"):
        apart = np.array([entry.centre_mm[level] for entry in found])
        lines.append(
            f"centre of {level}: mean {apart.mean():.2f}, largest {apart.max():.2f} mm, over 0.3 mm in {np.sum(apart > 0.3)}"
        )
    grooves = np.array([entry.groove_mm for entry in found])
    lines.append(f"landmark of the groove: mean {grooves.mean():.3f}, largest {grooves.max():.3f} mm")
    lines.append(
        f"tips of {len(tips)} needles: median {np.median(tips):.2f}, 90 % {np.quantile(tips, 0.9):.2f}, "
        f"99 % {np.quantile(tips, 0.99):.2f} mm"
    )
    for criterion, label in (("ap", "AP criterion"), ("cut", "transection")):
        for levels in (LEVELS, *((level,) for level in LEVELS)):
            differ, total = differing(found, criterion, levels)
            lines.append(
                f"{label}, {' '.join(levels)}: {differ} of {total} differ ({100.0 * differ / max(total, 1):.2f} %)"
            )
    lines.append(f"branches that only one has: {sum(entry.unpaired for entry in found)}")
    return "\n".join(lines)


def _one(index: int, seed: int, keep: Path | None) -> Comparison:
    patient = Population().draw(1, seed, first=index)[0]
    path = None if keep is None else keep / f"{seed}-{index:04d}.rfpatient"
    if path is not None and path.is_file():
        return compared(patient, read_patient(path))
    meshed = patient.meshed(SPACING_MM)
    if path is not None:
        save_patient(meshed, path)
    return compared(patient, meshed)


def main() -> None:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patients", type=int, default=200)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--differences", action="store_true", help="name every branch that differs")
    args = parser.parse_args()
    if args.keep is not None:
        args.keep.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(args.workers) as pool:
        found = list(pool.map(partial(_one, seed=args.seed, keep=args.keep), range(args.patients)))
    print(f"{len(found)} patients, seed {args.seed}, right side, {len(TECHNIQUES)} techniques, lesions as shapes")
    print(table(found))
    if args.differences:
        for entry in found:
            for c in entry.captures:
                if c.ap[0] != c.ap[1] or c.cut[0] != c.cut[1]:
                    print(entry.index, c.technique, c.branch, c.ap, c.cut, [round(m, 2) for m in c.margin_mm])


if __name__ == "__main__":
    main()
