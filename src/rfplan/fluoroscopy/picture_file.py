"""Pictures in files: PNG that knows its scale, or DICOM."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from rfplan.errors import InputError
from rfplan.whole_file import write_whole

if TYPE_CHECKING:
    from rfplan.fluoroscopy.radiograph import Radiograph

SUFFIXES: Final = (".png", ".dcm")


def png_of(radiograph: Radiograph, image: np.ndarray[Any, Any]) -> bytes:
    """``image`` (n, n, 3) as PNG. Its resolution is that of the plane of the isocentre, its text says how the picture was taken."""
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    facts = PngInfo()
    facts.add_text("Software", f"rfplan {_version()}")
    facts.add_text("Description", "Simulated radiograph, not of a person; for education and research only")
    facts.add_text(
        "rfplan", json.dumps({key: value for key, value in radiograph.to_json().items() if key != "seconds"})
    )
    per_inch = 25.4 / radiograph.c_arm.isocentre_pixel_mm
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, format="PNG", pnginfo=facts, dpi=(per_inch, per_inch))
    return buffer.getvalue()


def save(radiograph: Radiograph, path: Path, **marks: bool) -> Path:
    """Write the picture as its suffix says, complete or not at all.

    Raises
    ------
    InputError : another suffix, or the file cannot be written
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(f"{path}: a radiograph is written as {' or '.join(SUFFIXES)}")
    content = radiograph.dicom() if suffix == ".dcm" else radiograph.png(**marks)
    try:
        write_whole(path, content)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}") from error
    return path


def _version() -> str:
    import rfplan

    return rfplan.__version__
