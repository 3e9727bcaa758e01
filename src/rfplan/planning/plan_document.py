"""The shape of ``plan.json``, and one message for whatever does not have it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from functools import cache, partial
from operator import eq
from typing import Any, Final, Literal, NoReturn, get_args, get_origin

from cattrs import Converter
from cattrs.errors import (
    BaseValidationError,
    ClassValidationError,
    ForbiddenExtraKeysError,
    IterableValidationError,
)

from rfplan.anatomy.sides import Side
from rfplan.devices.electrode import Mode
from rfplan.errors import InputError, did_you_mean

SCHEMA: Final = "rfplan/plan/1"

Vector = tuple[float, float, float]


@dataclass(frozen=True)
class ProtocolDocument:
    """Generator setting."""

    set_c: float
    time_s: float
    ramp_s: float = 15.0


@dataclass(frozen=True)
class NeedleDocument:
    """One needle."""

    electrode: str
    tip_mm: Vector
    axis: Vector
    entry_mm: Vector | None = None


@dataclass(frozen=True)
class ApplicationDocument:
    """One energy delivery."""

    mode: Mode
    protocol: ProtocolDocument
    needles: tuple[NeedleDocument, ...]
    target: str = ""


@dataclass(frozen=True)
class PlanDocument:
    """The whole file."""

    schema: Literal["rfplan/plan/1"]
    frame: Literal["LPS"]
    unit: Literal["mm"]
    side: Side
    technique: str
    applications: tuple[ApplicationDocument, ...]
    patient: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def plan_document(document: Any, origin: str) -> PlanDocument:
    """``document`` as a plan, or an :class:`InputError` that names ``origin``, the place, the value and what is accepted."""
    if isinstance(document, Mapping) and "schema" in document and document["schema"] != SCHEMA:
        raise InputError(
            f"{origin}: schema is {_shown(document['schema'])}; this version of rfplan reads {_shown(SCHEMA)}"
        )
    try:
        return _converter().structure(document, PlanDocument)
    except (BaseValidationError, ValueError) as error:
        _complain(error, origin)


def _complain(error: Exception, origin: str) -> NoReturn:
    messages = list(_messages(error, ""))
    more = f" (and {len(messages) - 1} more)" if len(messages) > 1 else ""
    raise InputError(f"{origin}: {messages[0]}{more}") from error


def _messages(error: BaseException, place: str) -> Iterator[str]:
    """Every fault below ``place``, misspelt keys first: they explain the keys that are missing."""
    if isinstance(error, ClassValidationError):
        with_notes, without = error.group_exceptions()
        for fault in without:
            yield from _messages(fault, place)
        for fault, note in with_notes:
            where = f"{place}.{note.name}" if place else str(note.name)
            if isinstance(fault, KeyError):
                yield f"{where} is missing; needed here: {', '.join(_needed(error.cl))}"
            else:
                yield from _messages(fault, where)
    elif isinstance(error, IterableValidationError):
        with_indices, without = error.group_exceptions()
        for fault in without:
            yield from _messages(fault, place)
        for fault, index in with_indices:
            yield from _messages(fault, f"{place}[{index.index}]")
    elif isinstance(error, ForbiddenExtraKeysError):
        known = [entry.name for entry in fields(error.cl)] if is_dataclass(error.cl) else []
        for key in sorted(map(str, error.extra_fields)):
            meant = did_you_mean(key, known)
            where = f"{place}.{key}" if place else key
            yield f"{where} is not a known key;{meant} known here: {', '.join(known)}"
    else:
        yield f"{place or 'the document'} {error}"


def _needed(kind: type) -> list[str]:
    """Keys without which an object of ``kind`` is not read."""
    return [entry.name for entry in fields(kind) if entry.default is MISSING and entry.default_factory is MISSING]


@cache
def _converter() -> Converter:
    converter = Converter(forbid_extra_keys=True, detailed_validation=True)
    converter.register_structure_hook(float, _number)
    converter.register_structure_hook(str, _text)
    converter.register_structure_hook_func(_is_choice, _choice)
    converter.register_structure_hook_func(lambda kind: kind == Vector, _vector)
    converter.register_structure_hook_func(
        lambda kind: kind == Vector | None, lambda value, _: None if value is None else _vector(value, Vector)
    )
    converter.register_structure_hook_func(lambda kind: kind == dict[str, Any], _mapping)
    # innermost first: a class takes the readers of its parts when its own is made
    for kind, wrap in (
        (ProtocolDocument, _object),
        (NeedleDocument, _object),
        (tuple[NeedleDocument, ...], _array),
        (tuple[str, ...], _array),
        (ApplicationDocument, _object),
        (tuple[ApplicationDocument, ...], _array),
        (PlanDocument, _object),
    ):
        reader = wrap(converter.get_structure_hook(kind))
        converter.register_structure_hook_func(partial(eq, kind), reader)
    return converter


def _is_choice(kind: Any) -> bool:
    origin: Any = get_origin(kind)
    return origin is Literal


def _number(value: Any, _: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"is {_shown(value)}; it must be a number")
    if not math.isfinite(value):
        raise ValueError(f"is {_shown(value)}; it must be a finite number")
    return float(value)


def _text(value: Any, _: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"is {_shown(value)}; it must be a text")
    return value


def _choice(value: Any, kind: Any) -> Any:
    accepted = get_args(kind)
    if value in accepted and isinstance(value, str):
        return value
    meant = did_you_mean(value, accepted) if isinstance(value, str) and len(accepted) > 1 else ""
    must = " or ".join(_shown(entry) for entry in accepted)
    raise ValueError(f"is {_shown(value)};{meant} it must be {must}")


def _vector(value: Any, _: Any) -> Vector:
    if not isinstance(value, list | tuple) or len(value) != 3:
        raise ValueError(f"is {_shown(value)}; it must be three numbers [x, y, z]")
    for entry in value:
        if isinstance(entry, bool) or not isinstance(entry, int | float) or not math.isfinite(entry):
            raise ValueError(f"is {_shown(value)}; it must be three finite numbers [x, y, z]")
    return float(value[0]), float(value[1]), float(value[2])


def _mapping(value: Any, _: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError(f"is {_shown(value)}; it must be an object")
    return dict(value)


def _object(plain: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def read(value: Any, kind: Any) -> Any:
        if not isinstance(value, Mapping):
            raise ValueError(f"is {_shown(value)}; it must be an object")
        return plain(value, kind)

    return read


def _array(plain: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def read(value: Any, kind: Any) -> Any:
        if not isinstance(value, list | tuple):
            raise ValueError(f"is {_shown(value)}; it must be an array")
        return plain(value, kind)

    return read


def _shown(value: Any) -> str:
    text = json.dumps(value, default=repr)
    return text if len(text) <= 60 else f"{text[:57]}..."
