"""Peak memory and processor time of one lesion at standard accuracy, each case in a process of its own.

    python benchmarks/measure_memory.py [case ...]

What a process needs without solving anything (interpreter, numba, compiled kernels of the case) is measured as well.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from rfplan import Surroundings, electrode
from rfplan.lesion.accuracy import ACCURACIES
from rfplan.lesion.problem import LesionProblem, problem_of
from rfplan.lesion.solve import solve_problem


def _alone(name: str, mode: str, **scene: object) -> LesionProblem:
    device = electrode(name)
    return problem_of(device, device.protocol_for(mode), ACCURACIES["standard"], **scene)


def _beside_real_bone() -> LesionProblem:
    from rfplan.anatomy.reference import reference_patient
    from rfplan.planning.placed_problem import placed_problem
    from rfplan.planning.techniques import technique

    patient = reference_patient()
    plan = technique("palisade").plan(patient, side="right")
    pairs = [application for application in plan.applications if len(application.needles) == 2]
    return placed_problem(pairs[0], patient, "patient", ACCURACIES["standard"]).problem


CASES = {
    "needle": lambda: _alone("conventional-18g-10mm", "monopolar"),
    "bone-beside": lambda: _alone(
        "conventional-18g-10mm", "monopolar", surroundings=Surroundings(bone_gap_mm=0.5, bone_angle_deg=0.0)
    ),
    "pair": lambda: _alone("conventional-20g-10mm", "bipolar", pair=10.0),
    "octree-pair-on-bone": lambda: _alone(
        "conventional-20g-10mm", "bipolar", surroundings=Surroundings(bone_gap_mm=0.5), pair=10.0
    ),
    "octree-pair-beside-real-bone": _beside_real_bone,
}


def _solve_here() -> None:
    problem = pickle.load(sys.stdin.buffer)
    before = _peak_mb()
    began = time.process_time()
    lesion = solve_problem(problem)
    seconds = time.process_time() - began
    print(int(np.prod(lesion.shape)), f"{before:8.0f} {_peak_mb():8.0f} {seconds:12.2f}")


def _peak_mb() -> float:
    # what getrusage says counts the process that started this one as well
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def main(names: list[str]) -> None:
    """Print a line for every case."""
    print(f"{'case':30} cells  start MB  peak MB  processor s (with loading kernels)")
    for name in names or CASES:
        problem = pickle.dumps(CASES[name]())
        done = subprocess.run([sys.executable, __file__, "--here"], input=problem, stdout=subprocess.PIPE, check=True)
        print(f"{name:30} {done.stdout.decode().rstrip()}", flush=True)


if __name__ == "__main__":
    if sys.argv[1:] == ["--here"]:
        _solve_here()
    else:
        main(sys.argv[1:])
