"""What a study asks: which strategies, on how many virtual patients, drawn how; read strictly from TOML."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from cattrs import Converter
from cattrs.errors import ClassValidationError, ForbiddenExtraKeysError, IterableValidationError

from rfplan.anatomy.innervation import Innervation
from rfplan.devices.catalogue import electrode as electrode_named
from rfplan.errors import InputError, did_you_mean
from rfplan.planning.operator_error import OperatorError
from rfplan.planning.techniques import technique as technique_named
from rfplan.planning.techniques import techniques
from rfplan.planning.techniques.recipe import Technique
from rfplan.study.optimisation import OPTIMISED, Optimisation

LESION_MODELS = ("solved", "shapes")
"""Lesion models that a study can use."""
USUAL_CHUNK: Final = 100
"""Patients of a chunk where a study does not say."""
MOST_PATIENTS: Final = 10_000_000
"""Beyond this a study takes days, and the list of its chunks gigabytes."""


@dataclass(frozen=True)
class Operator:
    """Operator error of a study: standard deviations, default those of ``anatomy/population.toml``."""

    along_bone_mm: float = field(default_factory=lambda: OperatorError.usual().along_bone_mm)
    depth_mm: float = field(default_factory=lambda: OperatorError.usual().depth_mm)
    axis_deg: float = field(default_factory=lambda: OperatorError.usual().axis_deg)

    @property
    def error(self) -> OperatorError | None:
        """The operator error; None where every needle stands where it was planned."""
        sizes = (self.along_bone_mm, self.depth_mm, self.axis_deg)
        return OperatorError(*sizes) if any(sizes) else None


@dataclass(frozen=True)
class Strategy:
    """One way to treat: a ``technique``, its ``electrode`` (default its own) and changed numbers of its recipe in ``options``.

    ``operator`` is the error of the hand that carries it out, where that is not the one of the study. The technique
    ``optimised`` computes a plan for every patient, as ``optimise`` says.
    """

    technique: str
    name: str = ""
    electrode: str | None = None
    options: dict[str, float] = field(default_factory=dict)
    operator: Operator | None = None
    optimise: Optimisation | None = None

    def __post_init__(self) -> None:
        if not self.name:
            object.__setattr__(self, "name", self.technique)
        if self.technique == OPTIMISED and self.optimise is None:
            object.__setattr__(self, "optimise", Optimisation())

    @property
    def device(self) -> str:
        """Name of the electrode, the usual one where none is named."""
        if self.optimise is not None:
            return self.optimise.device(self.electrode)[0].name
        return self.electrode or technique_named(self.technique).default_electrode

    @property
    def kind(self) -> tuple[object, ...]:
        """What strategies that differ in :attr:`numbers` alone have in common."""
        asked = () if self.optimise is None else tuple(asdict(self.optimise).items())
        return (
            self.technique,
            self.electrode,
            *((key, value) for key, value in asked if isinstance(value, str | bool)),
            *(() if self.optimise is None else sorted(self.optimise.weights.items())),
        )

    @property
    def numbers(self) -> dict[str, float]:
        """The numbers in which strategies of one technique can differ: options of a recipe, or what the optimiser is asked."""
        if self.optimise is None:
            return self.options
        asked = asdict(self.optimise).items()
        return {
            key: float(value) for key, value in asked if isinstance(value, int | float) and not isinstance(value, bool)
        }


@dataclass(frozen=True)
class Branches:
    """The two switches of :class:`rfplan.anatomy.innervation.Innervation`."""

    l5: bool = True
    s4: bool = False


@dataclass(frozen=True)
class StudyDesign:
    """Strategies on ``patients`` virtual patients drawn with ``seed``; all strategies treat the same patients on ``side``.

    ``operator`` None places every needle as planned. ``chunk`` patients are judged and written together.
    """

    strategies: tuple[Strategy, ...]
    patients: int = 1000
    seed: int = 1
    side: str = "right"
    lesion_model: str = "solved"
    branches: Branches = field(default_factory=Branches)
    operator: Operator | None = None
    chunk: int = USUAL_CHUNK

    @property
    def innervation(self) -> Innervation:
        """Which levels are followed."""
        return Innervation(self.branches.l5, self.branches.s4)

    def error_of(self, strategy: Strategy) -> OperatorError | None:
        """The operator error with which ``strategy`` is carried out; None where every needle stands where it was planned."""
        operator = self.operator if strategy.operator is None else strategy.operator
        return None if operator is None else operator.error

    @property
    def hash(self) -> str:
        """Sixteen digits that name what is asked; equal designs have equal ones."""
        digest = hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode())
        for strategy in self.strategies:
            if strategy.technique.endswith(".toml"):
                # another recipe in the same file is another study
                digest.update(Path(strategy.technique).read_bytes())
        return digest.hexdigest()[:16]

    def to_json(self) -> dict[str, Any]:
        """The design as plain numbers and words."""
        return asdict(self)


def checked(design: StudyDesign) -> StudyDesign:
    """``design``, if it can be carried out.

    Raises
    ------
    InputError : a number out of range, or an unknown technique, electrode, option, side or lesion model; names what is accepted
    """
    for name, least in (("patients", 1), ("seed", 0), ("chunk", 1)):
        value = getattr(design, name)
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise InputError(f"study {name} is {value!r}; it must be a whole number of at least {least}")
    if design.patients > MOST_PATIENTS:
        raise InputError(f"study patients is {design.patients}; it must be a whole number from 1 to {MOST_PATIENTS}")
    if design.side not in ("left", "right"):
        raise InputError(f"study side is {design.side!r}; it must be 'left' or 'right'")
    if design.lesion_model not in LESION_MODELS:
        raise InputError(
            f"study lesion_model is {design.lesion_model!r}; a study judges with: {', '.join(LESION_MODELS)}"
        )
    if not design.strategies:
        raise InputError("the study names no strategies; give at least one [[strategies]] with a technique")
    names = [strategy.name for strategy in design.strategies]
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"two strategies are called {name!r}; give each a 'name' of its own")
    for strategy in design.strategies:
        if strategy.technique == OPTIMISED:
            _check_optimised(strategy, design)
            continue
        recipe = _technique(strategy.technique)
        if strategy.optimise is not None:
            raise InputError(
                f"strategy {strategy.name!r}: 'optimise' goes with technique = {OPTIMISED!r}, not with {strategy.technique!r}"
            )
        if strategy.electrode is not None and not recipe.accepts(electrode_named(strategy.electrode)):
            raise InputError(
                f"strategy {strategy.name!r}: technique {recipe.name!r} cannot be carried out with electrode "
                f"{strategy.electrode!r}; it takes: {', '.join(recipe.electrodes)}"
            )
        try:
            recipe.numbers(strategy.options)
            _ = design.error_of(strategy)
        except InputError as error:
            raise InputError(f"strategy {strategy.name!r}: {error}") from error
    return design


def _technique(name: str) -> Technique:
    """The technique of that name; among the names that are suggested is that of computed plans."""
    known = [*(entry.name for entry in techniques()), OPTIMISED]
    if not name.endswith(".toml") and name not in known:
        raise InputError(
            f"technique {name!r} is not known;{did_you_mean(name, known)} known are: {', '.join(known)}, or a recipe file (*.toml)"
        )
    return technique_named(name)


def _check_optimised(strategy: Strategy, design: StudyDesign) -> None:
    try:
        assert strategy.optimise is not None
        strategy.optimise.request(strategy.electrode, design.error_of(strategy))
    except InputError as error:
        raise InputError(f"strategy {strategy.name!r}: {error}") from error
    if strategy.options:
        key = next(iter(strategy.options))
        raise InputError(
            f"strategy {strategy.name!r}: a computed plan has no option {key!r}; what it is asked stands in 'optimise'"
        )


def read_design(path: Path, changes: Mapping[str, Any] | None = None) -> StudyDesign:
    """The design in a TOML file, with some of its entries replaced by ``changes``.

    Raises
    ------
    InputError : the file cannot be read, holds an unknown key or a value of the wrong kind; names the file and the key
    """
    try:
        # some editors begin a text with a byte order mark
        document = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; give a study file in TOML") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not valid TOML: {error}") from error
    document |= changes or {}
    try:
        return checked(_found_from(path.parent, design_from(document)))
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def _found_from(folder: Path, design: StudyDesign) -> StudyDesign:
    """The design with recipe files that stand beside the study file named from here."""
    return replace(
        design,
        strategies=tuple(
            replace(strategy, technique=str(folder / strategy.technique))
            if strategy.technique.endswith(".toml") and (folder / strategy.technique).is_file()
            else strategy
            for strategy in design.strategies
        ),
    )


def design_from(document: Mapping[str, Any]) -> StudyDesign:
    """The design in a document of plain values; unknown keys and values of the wrong kind are refused.

    Raises
    ------
    InputError : what is wrong, by its key
    """
    try:
        return _converter().structure(document, StudyDesign)
    except (ClassValidationError, IterableValidationError) as error:
        raise InputError(_first_fault(error, "")) from error


def _converter() -> Converter:
    converter = Converter(forbid_extra_keys=True)

    def strict(kind: type, words: str) -> None:
        def read(value: Any, _: Any) -> Any:
            fits = isinstance(value, int | float) if kind is float else isinstance(value, kind)
            if not fits or (isinstance(value, bool) and kind is not bool):
                raise ValueError(f"is {value!r}; it must be {words}")
            return kind(value)

        converter.register_structure_hook(kind, read)

    strict(int, "a whole number")
    strict(float, "a number")
    strict(str, "text in quotes")
    strict(bool, "true or false")
    return converter


def _first_fault(error: BaseException, path: str) -> str:
    from cattrs import AttributeValidationNote, IterableValidationNote

    if isinstance(error, ForbiddenExtraKeysError):
        from dataclasses import fields

        key = sorted(error.extra_fields)[0]
        known = [entry.name for entry in fields(error.cl)]
        where = f"{path}.{key}" if path else key
        return f"unknown key {where!r};{did_you_mean(key, known)} known are: {', '.join(known)}"
    inner: Sequence[BaseException] = getattr(error, "exceptions", ())
    for part in inner:
        step = path
        for note in getattr(part, "__notes__", ()):
            if isinstance(note, AttributeValidationNote):
                step = f"{path}.{note.name}" if path else note.name
            elif isinstance(note, IterableValidationNote):
                step = f"{path}[{note.index}]"
        return _first_fault(part, step)
    if isinstance(error, KeyError):
        return f"key {(path or error.args[0])!r} is missing"
    if isinstance(error, AttributeError | TypeError):
        return f"{path!r} is not a table of keys and values"
    return f"{path!r} {error}"
