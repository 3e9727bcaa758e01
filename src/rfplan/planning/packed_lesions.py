"""The lesions of a plan as the evaluation asks them, whatever model they come from; and those that are shapes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from rfplan.geometry.arrays import FloatArray, IntArray
from rfplan.lesion.shapes import ASSUMPTION, LABEL, assembled
from rfplan.planning.evaluation_kernels import clearances, judge_branches, skin_clearances
from rfplan.planning.joint_area_kernels import deepest_spheroid
from rfplan.planning.plan import Plan

Skin = tuple[FloatArray, FloatArray, FloatArray, FloatArray, float]


@dataclass(frozen=True)
class LesionNote:
    """How the lesion of one application came out: ``application`` counts from 1, ``caveat`` is a sentence for the user."""

    application: int
    status: str
    max_tissue_c: float
    peak_tissue_c: float
    caveat: str | None = None

    def to_json(self) -> dict[str, object]:
        """The entry of ``evaluation.json``."""
        return {
            "application": self.application,
            "status": self.status,
            "max_tissue_c": self.max_tissue_c,
            "peak_tissue_c": self.peak_tissue_c,
            "caveat": self.caveat,
        }


class PackedLesions(Protocol):
    """One lesion per application, in the patient's frame. Isotherms are named by their places in ``ISOTHERMS_C``.

    ``label`` names the model, ``bone`` the surroundings it was solved in (None: not solved), ``assumption`` says what both leave out.
    """

    @property
    def label(self) -> str:
        """Name of the model."""

    @property
    def bone(self) -> str | None:
        """Bone that the lesions were solved beside."""

    @property
    def assumption(self) -> str:
        """What the model assumes, for the user."""

    @property
    def notes(self) -> tuple[LesionNote, ...]:
        """How every lesion came out, where that can differ."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences for the user on what the model could not take as it is."""

    def judged(self, points: FloatArray, first: IntArray, view: FloatArray, isotherm: int) -> FloatArray:
        """(b, 4) length of every branch inside, longest contiguous length, margin in space and in the shadow along the beam, mm.

        Branch b is ``points[first[b]:first[b + 1]]``; ``view`` (3, 3): rows are lateral, caudal and the beam.
        """

    def clearances(self, points: FloatArray, first: IntArray, radii: FloatArray, isotherm: int) -> FloatArray:
        """(k, 2) distance of the surface from round tubes, mm, and the number of isotherms that reach each."""

    def skin_depths(self, skin: Skin) -> FloatArray:
        """(isotherms,) depth of the most superficial point of each isotherm's surface under the skin, mm."""

    def behind_joint(self, line: FloatArray, outward: float, view: FloatArray, isotherm: int) -> float:
        """Depth of the deepest point of the shadow in the AP view behind the joint, mm; negative where none is behind it.

        ``line`` (n, 2) is the back of the joint, ``outward`` the sign of its far side: see :mod:`rfplan.planning.joint_area_kernels`.
        """

    def joins(self, application: int, isotherm: int) -> bool:
        """True if the lesions of the two needles of an application (counted from 0) are one."""


@dataclass(frozen=True, eq=False)
class ShapeLesions:
    """Lesions as spheroids: ``rows``, ``starts`` and ``balls`` as ``lesion.shapes.assembled`` returns them."""

    rows: FloatArray
    starts: IntArray
    balls: FloatArray

    label = LABEL
    assumption = ASSUMPTION
    bone: str | None = None
    notes: tuple[LesionNote, ...] = ()
    warnings: tuple[str, ...] = ()

    def judged(self, points: FloatArray, first: IntArray, view: FloatArray, isotherm: int) -> FloatArray:
        """As :class:`PackedLesions`."""
        found: FloatArray = judge_branches(
            points, first, np.ascontiguousarray(view[2]), self.rows[isotherm], self.starts, self.balls[isotherm]
        )
        return found

    def clearances(self, points: FloatArray, first: IntArray, radii: FloatArray, isotherm: int) -> FloatArray:
        """As :class:`PackedLesions`."""
        found: FloatArray = clearances(points, first, radii, isotherm, self.rows, self.starts, self.balls)
        return found

    def skin_depths(self, skin: Skin) -> FloatArray:
        """As :class:`PackedLesions`."""
        depths: FloatArray = skin_clearances(*skin, self.rows)
        return depths

    def behind_joint(self, line: FloatArray, outward: float, view: FloatArray, isotherm: int) -> float:
        """As :class:`PackedLesions`."""
        return float(
            deepest_spheroid(
                line, outward, np.ascontiguousarray(view[0]), np.ascontiguousarray(view[1]), self.rows[isotherm]
            )
        )

    def joins(self, application: int, isotherm: int) -> bool:
        """As :class:`PackedLesions`: the spheroid half-way between the needles is there."""
        middle = (self.starts[application] + self.starts[application + 1]) // 2
        return bool(self.rows[isotherm, middle, 6] > 0.0)


def shape_lesions(plan: Plan) -> ShapeLesions:
    """The lesions of ``plan`` as shapes.

    Raises
    ------
    InputError : an electrode has no lesion in the mode it is used in
    """
    recipes = [
        (application.mode, application.protocol, tuple([needle.electrode for needle in application.needles]))
        for application in plan.applications
    ]
    tips = [[needle.tip_mm for needle in application.needles] for application in plan.applications]
    axes = [[needle.axis for needle in application.needles] for application in plan.applications]
    return ShapeLesions(*assembled(recipes, tips, axes))
