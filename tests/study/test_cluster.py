"""A study on a real Dask scheduler with two worker processes, one of which is killed."""

import os
import re
import signal
import subprocess
import sys
import time

import distributed
import pytest

import rfplan
from rfplan.errors import InputError
from rfplan.study.design import checked, design_from
from rfplan.study.ledger import Ledger
from rfplan.study.runner import run_study
from rfplan.study.version import version_here

# lesions as shapes: nothing has to be solved, neither here nor on the workers
DESIGN = checked(
    design_from(
        {"strategies": [{"technique": "cooled-clockface"}], "patients": 12, "chunk": 2, "lesion_model": "shapes"}
    )
)


@pytest.fixture(scope="module")
def cluster():
    """Address of a scheduler of this test's own, and its two worker processes."""
    environment = os.environ | {"DASK_DISTRIBUTED__SCHEDULER__DASHBOARD__STATUS__TASK_STREAM_LENGTH": "10"}
    plain = {"stdout": subprocess.DEVNULL, "env": environment}
    scheduler = subprocess.Popen(
        [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"],
        stderr=subprocess.PIPE, text=True, **plain,
    )  # fmt: skip
    address, deadline = None, time.monotonic() + 60.0
    while address is None and time.monotonic() < deadline:
        line = scheduler.stderr.readline()
        found = re.search(r"tcp://127\.0\.0\.1:\d+", line)
        address = found[0] if found else None
    command = [
        sys.executable,
        "-m",
        "distributed.cli.dask_worker",
        address,
        "--nthreads",
        "1",
        "--no-nanny",
        "--no-dashboard",
    ]
    workers = [subprocess.Popen(command, stderr=subprocess.DEVNULL, **plain) for _ in range(2)]
    with distributed.Client(address, timeout=60, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=120)
    yield address, workers
    for process in (*workers, scheduler):
        process.kill()
        process.wait()


@pytest.mark.slow
def test_a_cluster_gives_the_same_bytes_though_a_worker_is_killed(cluster, tmp_path):
    address, workers = cluster
    here = Ledger.opened(tmp_path / "here", DESIGN, resume=False)
    run_study(here, workers=1)
    killed = []

    def kill_one(_):
        if not killed:
            killed.append(workers[0].pid)
            os.kill(workers[0].pid, signal.SIGKILL)

    there = Ledger.opened(tmp_path / "there", DESIGN, resume=False)
    run_study(there, scheduler=address, progress=kill_one)
    assert killed
    assert there.digests == here.digests


@pytest.mark.slow
def test_workers_of_another_version_are_refused(cluster, tmp_path, monkeypatch):
    monkeypatch.setattr(rfplan, "__version__", "0.0.9")
    version_here.cache_clear()
    try:
        with pytest.raises(InputError, match="install the same version"):
            run_study(Ledger.opened(tmp_path / "s", DESIGN, resume=False), scheduler=cluster[0])
    finally:
        version_here.cache_clear()
    assert not (tmp_path / "s").exists()
