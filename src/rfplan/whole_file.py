"""Files that appear complete or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Final

_ENDING: Final = ".part"


def half_written(folder: Path) -> list[Path]:
    """What :func:`write_whole` leaves in ``folder`` where its process is killed."""
    return list(folder.glob(f".*{_ENDING}"))


def write_whole(path: Path, content: bytes, durable: bool = False) -> None:
    """Write ``content`` at ``path`` such that no reader, and no crash of this process, ever sees a part of it.

    ``durable`` also waits until the disk has it, for what must survive the machine. OSError where it cannot be written; what was
    there before is then still there.
    """
    write_whole_from(path, (content,), durable)


def write_whole_from(path: Path, contents: Iterable[bytes], durable: bool = False) -> None:
    """The same of what comes piece by piece and is too much to hold."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(6)}{_ENDING}")
    try:
        with part.open("xb") as stream:
            for content in contents:
                stream.write(content)
            if durable:
                stream.flush()
                os.fsync(stream.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
