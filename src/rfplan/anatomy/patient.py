"""One patient: what a plan is made on and judged on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from rfplan.anatomy.chart import DorsalChart
from rfplan.anatomy.foramen import Foramen
from rfplan.anatomy.landmarks import Curve, Landmark
from rfplan.anatomy.nerve import Nerve
from rfplan.anatomy.sides import Side
from rfplan.anatomy.skin import SkinSurface
from rfplan.geometry.distance import DistanceField
from rfplan.geometry.frames import ApFrame, Isometry
from rfplan.geometry.mesh import Mesh


@dataclass(frozen=True, eq=False)
class Patient:
    """Bones, chart, foramina, landmarks, nerves and skin of one person, patient LPS, mm.

    ``bones`` by name: ``sacrum`` always, ``hip_left``, ``hip_right``, ``vertebrae_L5`` where known. ``bone_distance`` is
    the signed distance to the union of the bones around the sacrum. ``landmarks`` and ``curves`` by name.
    ``source`` says where the patient came from; ``repairs`` and ``warnings`` are sentences for the user;
    ``provenance`` holds version, seed, parameter hash and the like.
    """

    name: str
    source: str
    bones: Mapping[str, Mesh]
    chart: DorsalChart
    foramina: tuple[Foramen, ...]
    landmarks: Mapping[str, Landmark]
    curves: Mapping[str, Curve]
    nerves: tuple[Nerve, ...]
    skin: SkinSurface
    bone_distance: DistanceField
    repairs: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("bones", "landmarks", "curves", "provenance"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    @property
    def frame(self) -> ApFrame:
        """The true AP view frame."""
        return self.chart.frame

    def foramen(self, level: str, side: Side) -> Foramen:
        """The posterior foramen of ``level`` on ``side``; KeyError where the record has none."""
        for foramen in self.foramina:
            if foramen.level == level and foramen.side == side:
                return foramen
        raise KeyError(f"{level}_{side}")

    def nerves_on(self, side: Side) -> tuple[Nerve, ...]:
        """The branches of one side."""
        return tuple(nerve for nerve in self.nerves if nerve.side == side)

    def moved(self, motion: Isometry) -> Patient:
        """The patient after a rigid motion, or its mirror image with the sides exchanged."""
        from rfplan.anatomy.landmarks import mirrored_name

        def name_of(name: str) -> str:
            return mirrored_name(name) if motion.mirrors else name

        return replace(
            self,
            bones={name_of(name): mesh.moved(motion) for name, mesh in self.bones.items()},
            chart=self.chart.moved(motion),
            foramina=tuple(foramen.moved(motion) for foramen in self.foramina),
            landmarks={name_of(key): mark.moved(motion) for key, mark in self.landmarks.items()},
            curves={name_of(key): curve.moved(motion) for key, curve in self.curves.items()},
            nerves=tuple(nerve.moved(motion) for nerve in self.nerves),
            skin=self.skin.moved(motion),
            bone_distance=self.bone_distance.moved(motion),
        )
