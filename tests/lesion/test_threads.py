"""One thread or two, in processes of their own: the same lesions."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

SCRIPT = """
import json, os, sys
import numpy as np
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: int(sys.argv[1])])
import rfplan
from rfplan import Protocol, Surroundings, solve_lesion
needle = rfplan.electrode("conventional-20g-10mm")
lesions = (
    solve_lesion(needle, stored=False, accuracy="standard"),
    solve_lesion(needle, Protocol(80.0, 40.0), Surroundings(bone_gap_mm=0.5, bone_angle_deg=0.0), "fast", stored=False),
    solve_lesion(needle, Protocol(80.0, 40.0), pair=8.0, accuracy="fast", stored=False),
)
for lesion in lesions:
    end = lesion.field.values["end_c"]
    size = lesion.size(50.0)
    print(json.dumps([size.width_mm, size.length_mm, size.volume_mm3, lesion.history.impedance_ohm[-1],
                      float(end.max()), *np.ravel(end)[:: max(1, end.size // 500)].tolist()]))
"""


def answers(threads):
    limits = {name: str(threads) for name in ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(threads)],
        env=os.environ | limits,
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    return [np.array(json.loads(line)) for line in ran.stdout.splitlines()]


def test_one_thread_or_two_give_the_same_lesions():
    one, two = answers(1), answers(2)
    assert len(one) == len(two) == 3
    for a, b in zip(one, two, strict=True):
        assert b == pytest.approx(a, rel=1e-9, abs=1e-9)
