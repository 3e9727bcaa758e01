"""What computes the tables of a study: the version of this package, its figures and its kernels."""

from __future__ import annotations

import hashlib
from functools import cache

import rfplan
from rfplan.figures import anatomy_folder
from rfplan.geometry.kernel_source import package_state


@cache
def version_here() -> str:
    """Version of this package where it runs, with marks of its figures (``anatomy/*.toml``) and of its kernels."""
    digest = hashlib.sha256()
    for path in sorted(anatomy_folder().glob("*.toml")):
        digest.update(path.read_bytes())
    return f"{rfplan.__version__}+{digest.hexdigest()[:8]}.{package_state()[:8]}"
