"""Carry out a study: on a pool of processes of this machine, or on a Dask cluster that is there already."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from multiprocessing.process import BaseProcess
from threading import Thread

from rfplan.errors import InputError
from rfplan.lesion import solved
from rfplan.study.advance import Advance
from rfplan.study.chunk import chunk_job
from rfplan.study.cluster import cluster
from rfplan.study.ledger import Ledger
from rfplan.study.lesions_ahead import solve_ahead
from rfplan.study.worker_memory import freed_memory_is_kept

_AHEAD = 2
_ANSWER_S = 5.0


def run_study(
    ledger: Ledger,
    workers: int | None = None,
    scheduler: str | None = None,
    progress: Callable[[Advance], None] = lambda _: None,
) -> None:
    """Compute every chunk that ``ledger`` lacks and keep it there; the tables are the same whoever computes them.

    Lesions that were never solved on this machine come first, where its own processes compute; workers of a cluster solve them as they
    need them.

    Parameters
    ----------
    workers : processes; default one per core
    scheduler : address of a Dask scheduler, such as ``tcp://10.0.0.5:8786``, to use its workers instead

    Raises
    ------
    InputError : ``workers`` below 1; a scheduler that does not answer, has no workers, or workers with another version of this package
    KeyboardInterrupt : at Ctrl-C, with all that was finished kept
    """
    missing, design = ledger.missing, ledger.design
    if workers is not None and workers < 1:
        raise InputError(f"--workers is {workers}; it must be a whole number of at least 1")
    if not missing:
        return
    document, computed, solving = design.to_json(), 0, 0.0
    done = design.patients - sum(_size(design.patients, design.chunk, number) for number in missing)
    with _executor(workers, scheduler, len(missing)) as (executor, slots):
        # only now: where nobody computes, nothing is left behind
        ledger.begin()
        if scheduler is None and design.lesion_model == solved.LABEL:
            solve_ahead(executor, slots, document, missing, progress)
        began = time.monotonic()
        waiting, running = iter(missing), dict[Future[tuple[bytes, float]], int]()
        try:
            while True:
                for number in _first(waiting, _AHEAD * slots - len(running)):
                    running[executor.submit(chunk_job, document, number)] = number
                if not running:
                    break
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    number = running.pop(future)
                    content, waited = future.result()
                    ledger.keep(number, content)
                    computed += _size(design.patients, design.chunk, number)
                    solving += waited / slots
                    rate = computed / max(time.monotonic() - began - solving, 1e-9)
                    here = done + computed
                    progress(Advance(here, design.patients, rate, (design.patients - here) / max(rate, 1e-9)))
        except BaseException:
            for future in running:
                future.cancel()
            raise


def _size(patients: int, chunk: int, number: int) -> int:
    return min(chunk, patients - number * chunk)


def _first(numbers: Iterator[int], count: int) -> Iterator[int]:
    for _ in range(count):
        number = next(numbers, None)
        if number is None:
            return
        yield number


@contextmanager
def _executor(workers: int | None, scheduler: str | None, jobs: int) -> Iterator[tuple[Executor, int]]:
    if scheduler is not None:
        with cluster(scheduler) as found:
            yield found
        return
    slots = min(workers or os.cpu_count() or 1, jobs)
    # made here once, so that no two workers make it side by side
    from rfplan.anatomy.overhang import overhang

    overhang()
    pool = ProcessPoolExecutor(slots, mp_context=get_context("spawn"), initializer=_follow_the_parent)
    try:
        # they are started with the first jobs
        with freed_memory_is_kept():
            yield pool, slots
        pool.shutdown()
    except BaseException:
        for process in list((getattr(pool, "_processes", None) or {}).values()):
            process.terminate()
        pool.shutdown(wait=False, cancel_futures=True)
        raise


def _follow_the_parent() -> None:
    """Leave interrupts to it, and end where it was killed: nobody else would end a worker that waits for a job."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()
    if parent is not None:
        Thread(target=_end_after, args=(parent,), daemon=True).start()


def _end_after(parent: BaseProcess) -> None:
    parent.join()
    os._exit(1)
