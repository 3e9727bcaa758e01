"""Files that appear complete or not at all."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def write_whole(path: Path, content: bytes, durable: bool = False) -> None:
    """Write ``content`` at ``path`` such that no reader, and no crash of this process, ever sees a part of it.

    ``durable`` also waits until the disk has it, for what must survive the machine. OSError where it cannot be written; what was
    there before is then still there.
    """
    part = path.with_name(f".{path.name}.{secrets.token_hex(6)}.part")
    try:
        with part.open("xb") as stream:
            stream.write(content)
            if durable:
                stream.flush()
                os.fsync(stream.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
