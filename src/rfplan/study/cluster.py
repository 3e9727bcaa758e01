"""Workers of a Dask cluster that is there already."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any, Final

from rfplan.errors import InputError, RfplanError
from rfplan.study.version import version_here

_ANSWER_S: Final = 5.0
_ADDRESS: Final = re.compile(r"(tcp|tls)://.+:\d+")


@contextmanager
def cluster(address: str) -> Iterator[tuple[Executor, int]]:
    """The workers of the scheduler at ``address``, and how many jobs they do at once.

    Raises
    ------
    InputError : ``address`` is none, no scheduler answers there within some seconds, or it has no workers or such as have another version
        of this package or of its figures
    RfplanError : the connection was lost while they worked
    """
    if not _ADDRESS.fullmatch(address):
        raise InputError(f"--scheduler is {address!r}; give an address such as tcp://10.0.0.5:8786")
    try:
        from distributed import Client
    except ImportError as error:
        raise InputError("--scheduler needs the extra 'cluster': pip install 'rfplan[cluster]'") from error
    _look_for_scheduler(address)
    with Client(  # type: ignore[no-untyped-call,unused-ignore]
        address, timeout=_ANSWER_S, set_as_default=False
    ) as client:
        versions: dict[str, Any] = client.run(version_here, on_error="return")
        if not versions:
            raise InputError(f"--scheduler {address} has no workers; start some with 'dask worker {address}'")
        own = version_here()
        for worker, version in sorted(versions.items()):
            if version != own:
                raise InputError(
                    f"--scheduler {address}: worker {worker} has rfplan {version}, this is {own}; install the same version"
                )
        try:
            yield client.get_executor(pure=False), sum(client.nthreads().values())
        except OSError as error:
            raise RfplanError(
                f"--scheduler {address}: the connection was lost ({error}); --resume completes the study"
            ) from error


def _look_for_scheduler(address: str) -> None:
    """Ask who is there before a client is made: one that finds nobody takes long to end, and says so on its own."""
    from distributed.comm.core import connect
    from distributed.security import Security

    async def who() -> Any:
        known = Security().get_connection_args("client")  # type: ignore[no-untyped-call,unused-ignore]
        found: Any = await connect(address, timeout=_ANSWER_S, **known)  # type: ignore[no-untyped-call,unused-ignore]
        try:
            await found.write({"op": "identity", "reply": True})
            return await found.read()
        finally:
            found.abort()

    try:
        answer = asyncio.run(asyncio.wait_for(who(), _ANSWER_S))
        kind = answer.get("type") if isinstance(answer, dict) else None
    except Exception as error:
        # whatever else listens there may answer anything
        raise InputError(
            f"--scheduler {address}: no Dask scheduler answers there; start one with 'dask scheduler'"
        ) from error
    if kind != "Scheduler":
        raise InputError(
            f"--scheduler {address}: what answers there is no Dask scheduler but {kind or 'something else'}"
        )
