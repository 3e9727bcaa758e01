"""A kernel and the types of its arguments as a line of text."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numba import from_dtype
from numba.core import types as _untyped
from numba.np.numpy_support import as_dtype

from rfplan.errors import InputError

types: Any = _untyped
# the annotations of numba 0.68 do not know its own classes
_PLAIN = re.compile(r"(?P<dtype>[a-z]\d)(?:\[(?P<ndim>\d)(?P<layout>[CFA])(?P<readonly>r?)\])?")


def signature_line(kernel: Callable[..., Any], arguments: Sequence[Any]) -> str:
    """``module.kernel(type, ...)``, as :func:`kernel_and_types` reads it.

    A number is written as numpy writes its type (``f8``), an array with its dimensions and order (``f8[2C]``) and an ``r`` where it
    is read-only (``f8[2Cr]``), a tuple with brackets, behind its class where it has one.
    """
    return f"{kernel.__module__}.{kernel.__name__}({', '.join(map(_text, arguments))})"


def kernel_and_types(line: str) -> tuple[Any, tuple[Any, ...]]:
    """The kernel that ``line`` names, and the types. InputError where there is no such kernel or type."""
    name, arguments = _call(line)
    return _named(name), arguments


def _text(argument: Any) -> str:
    if isinstance(argument, types.BaseTuple):
        kind = getattr(argument, "instance_class", tuple)
        inside = ", ".join(map(_text, argument.types))
        return f"({inside})" if kind is tuple else f"{kind.__module__}.{kind.__name__}({inside})"
    if isinstance(argument, types.Array):
        return f"{_text(argument.dtype)}[{argument.ndim}{argument.layout}{'' if argument.mutable else 'r'}]"
    return as_dtype(argument).str[1:]


def _type(text: str) -> Any:
    if text.endswith(")"):
        name, inside = _call(text)
        return types.BaseTuple.from_types(inside, _named(name) if name else None)
    found = _PLAIN.fullmatch(text)
    if found is None:
        raise InputError(f"'{text}' is no type of an argument; expected one such as f8, f8[2C], f8[2Cr] or (f8, f8)")
    number = from_dtype(np.dtype(found["dtype"]))
    if found["ndim"] is None:
        return number
    return types.Array(number, int(found["ndim"]), found["layout"], readonly=bool(found["readonly"]))


def _call(text: str) -> tuple[str, tuple[Any, ...]]:
    name, _, rest = text.strip().partition("(")
    # commas between arguments, not those inside a tuple
    parts, depth, start = [], 0, 0
    inside = rest.removesuffix(")")
    for place, sign in enumerate(inside):
        depth += (sign == "(") - (sign == ")")
        if sign == "," and depth == 0:
            parts.append(inside[start:place])
            start = place + 1
    parts.append(inside[start:])
    return name, tuple(_type(part.strip()) for part in parts if part.strip())


def _named(name: str) -> Any:
    module, _, within = name.rpartition(".")
    try:
        return getattr(importlib.import_module(module), within)
    except (ImportError, AttributeError, ValueError) as error:
        raise InputError(f"'{name}' is no kernel or class of this version") from error
