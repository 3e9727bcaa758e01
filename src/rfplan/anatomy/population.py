"""People as they differ: distributions of morphometry and of nerves, and virtual patients drawn from them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from rfplan.anatomy.innervation import Innervation
from rfplan.anatomy.population_branches import UNIFORMS, DrawnBranches, drawn_many
from rfplan.anatomy.population_possible_kernels import possible
from rfplan.anatomy.population_quantities import quantities
from rfplan.anatomy.sacrum_parameters import sacrum_parameters
from rfplan.anatomy.sacrum_vector import NAMES, sacrum_vector
from rfplan.anatomy.virtual_patient import VirtualPatient
from rfplan.errors import InputError, RfplanError, did_you_mean
from rfplan.figures import figures
from rfplan.geometry.arrays import BoolArray, FloatArray, IntArray

_MOST_ATTEMPTS = 400
_LIMITS = (
    "bone_below_S4",
    "bone_between_apertures",
    "bone_lateral_of_aperture",
    "bone_medial_of_aperture",
    "bone_above_S1",
)


@dataclass(frozen=True, eq=False)
class DrawnPatients:
    """n virtual patients: their ``index`` (n,) in the draw of ``seed``, who is ``female`` (n,), ``quantities`` (n, q) in the order of
    ``names``, ``sacra`` (n, k) dimensions of their sacra in the order of ``sacrum_vector.NAMES``, and their ``branches``.

    ``attempts`` (n,) says how often each was drawn until it was anatomically possible.
    """

    seed: int
    index: IntArray
    female: BoolArray
    names: tuple[str, ...]
    quantities: FloatArray
    sacra: FloatArray
    branches: DrawnBranches
    attempts: IntArray

    def __len__(self) -> int:
        return len(self.index)

    def __iter__(self) -> Iterator[VirtualPatient]:
        return (self[k] for k in range(len(self)))

    def __getitem__(self, k: int) -> VirtualPatient:
        if not isinstance(k, int | np.integer) or isinstance(k, bool):
            raise TypeError(f"patient {k!r} is no whole number; part(low, high) gives several")
        if not 0 <= k < len(self):
            raise IndexError(f"patient {k} is not among those drawn; they are 0 to {len(self) - 1}")
        return VirtualPatient(self.part(k, k + 1))

    def part(self, low: int, high: int) -> DrawnPatients:
        """Those from ``low`` to ``high`` - 1."""
        chosen = slice(low, high)
        return replace(
            self,
            index=self.index[chosen],
            female=self.female[chosen],
            quantities=self.quantities[chosen],
            sacra=self.sacra[chosen],
            branches=self.branches.part(low, high),
            attempts=self.attempts[chosen],
        )

    def name(self, k: int) -> str:
        """Of one patient."""
        return f"virtual-{self.seed}-{int(self.index[k])}"

    def provenance(self, k: int) -> dict[str, object]:
        """Where one patient comes from."""
        return {
            "population_seed": self.seed,
            "population_index": int(self.index[k]),
            "female": bool(self.female[k]),
        }

    def of(self, name: str) -> FloatArray:
        """(n,) values of one quantity.

        Raises
        ------
        InputError : there is none of that name
        """
        if name not in self.names:
            raise InputError(
                f"quantity {name!r} is not drawn;{did_you_mean(name, self.names)} drawn are: {', '.join(self.names)}"
            )
        column: FloatArray = self.quantities[:, self.names.index(name)]
        return column

    def dimension(self, key: str) -> FloatArray:
        """(n,) values of a dimension of ``anatomy/morphometry.toml``: drawn, or in all that of the reference."""
        return self.of(key) if key in self.names else np.full(len(self), figures("morphometry")[key].value)


@dataclass(frozen=True)
class Population:
    """Adults of both sexes as ``anatomy/population.toml`` and ``anatomy/nerves.toml`` describe them.

    ``innervation`` holds the two switches on which the literature disagrees.
    """

    innervation: Innervation = field(default_factory=Innervation)

    def draw(self, n: int, seed: int, first: int = 0) -> DrawnPatients:
        """Virtual patients ``first`` to ``first + n - 1``.

        Patient k depends on ``seed`` and k alone, so that it is the same whoever draws it and beside whomever.

        Raises
        ------
        InputError : ``n`` is below 1, or ``seed`` or ``first`` below 0
        """
        for name, value, least in (("n", n, 1), ("seed", seed, 0), ("first", first, 0)):
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise InputError(f"{name} is {value!r}; it must be a whole number of at least {least}")
        table, known = figures("population"), quantities()
        streams = [np.random.default_rng([seed, first + k]) for k in range(n)]
        branches = drawn_many(np.stack([stream.random(UNIFORMS) for stream in streams]), self.innervation)
        female = np.array([stream.random() for stream in streams]) < table["sex.female"].value
        values, attempts = np.empty((n, len(known.names))), np.zeros(n, dtype=np.int64)
        sacra = np.tile(sacrum_vector(sacrum_parameters().values), (n, 1))
        limits = [table[f"possible.{name}"].value for name in _LIMITS]
        pairs = [
            (k, NAMES.index(name.removeprefix("sacrum.")))
            for k, name in enumerate(known.names)
            if name.removeprefix("sacrum.") in NAMES and name.startswith("sacrum.")
        ]
        mine, theirs = np.array(pairs).T
        left = np.arange(n)
        for _ in range(_MOST_ATTEMPTS):
            uniform = np.stack([streams[k].random(len(known.names)) for k in left])
            values[left] = known.values(uniform, female[left].astype(float))
            sacra[left[:, None], theirs] = values[left[:, None], mine]
            attempts[left] += 1
            left = left[~possible(np.ascontiguousarray(sacra[left]), *limits)]
            if len(left) == 0:
                break
        else:
            raise RfplanError(f"{len(left)} of {n} virtual patients stayed impossible after {_MOST_ATTEMPTS} draws")
        return DrawnPatients(seed, np.arange(first, first + n), female, known.names, values, sacra, branches, attempts)
