"""rfplan: plan and simulate radiofrequency denervation of the sacroiliac joint. For education and research only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOME = {
    "Patient": "rfplan.anatomy.patient",
}

__all__ = ["__version__", *sorted(_HOME)]


def __getattr__(name: str) -> Any:
    # Public names load their module on first use, so that importing the package stays fast.
    if name in _HOME:
        from importlib import import_module

        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'rfplan' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
