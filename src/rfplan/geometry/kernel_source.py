"""What the compiled code of a kernel depends on: its own file, and every file of the package that this one imports."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Final

_ABOVE: Final = Path(__file__).parents[2]
_PACKAGE: Final = Path(__file__).parents[1]
_IMPORT: Final = re.compile(rb"^(?:from|import) (rfplan[\w.]*)(?: import (\([^)]*\)|.*))?", re.MULTILINE)


@cache
def state_of(source: Path) -> str:
    """Mark of the texts of a file and of all that it imports from the package, however far; the same wherever they lie."""
    texts: dict[str, bytes] = {}
    left = [source]
    while left:
        path = left.pop()
        name = name_of(path)
        if name not in texts:
            texts[name] = path.read_bytes()
            left.extend(_imported(path))
    return _digest(texts)


@cache
def package_state() -> str:
    """Mark of all kernels of the package, as :func:`state_of` for each."""
    return _digest({name_of(path): state_of(path).encode() for path in sorted(_PACKAGE.rglob("*_kernels.py"))})


def name_of(source: Path) -> str:
    """Name of the module in ``source``, without that of the package; the stem of a file outside it."""
    if not source.is_relative_to(_PACKAGE):
        return source.stem
    return ".".join(source.relative_to(_PACKAGE).with_suffix("").parts)


@cache
def _imported(source: Path) -> tuple[Path, ...]:
    """Files of the package that a file imports at its top level."""
    found = set()
    for module, names in _IMPORT.findall(source.read_bytes()):
        path = _ABOVE.joinpath(*module.decode().split("."))
        found.add(path.with_suffix(".py"))
        # a name may be a module itself
        found.update(path / f"{name.decode()}.py" for name in re.findall(rb"\w+", names))
    return tuple(sorted(path for path in found if path.is_file()))


def _digest(texts: dict[str, bytes]) -> str:
    state = hashlib.sha256()
    for name in sorted(texts):
        state.update(f"{name} {len(texts[name])}\n".encode())
        state.update(texts[name])
    return state.hexdigest()[:16]
