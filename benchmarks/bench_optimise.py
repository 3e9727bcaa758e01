"""The optimiser: table of effects, search with its certificate, refinement; some 2,000 candidates on 500 courses, lesions in the store.

Run alone it prints processor time, wall time and memory: ``python benchmarks/bench_optimise.py``.
"""

from __future__ import annotations

import resource
import time

import pytest

import rfplan
from rfplan.anatomy.patient import Patient
from rfplan.planning.optimiser.prepared import Prepared, prepare
from rfplan.planning.optimiser.request import Request, device_of
from rfplan.planning.optimiser.watch import Watch

MANY_MM = 2.45
"""Spacing of the lattice at which some 2,000 candidates are left."""


def request(spacing_mm: float = MANY_MM, applications: int = 6) -> Request:
    device, mode = device_of("cooled-17g-4mm", "cooled")
    return Request(device, mode, applications, courses=500, seed=1, spacing_mm=spacing_mm)


@pytest.fixture(scope="module")
def patient() -> Patient:
    return rfplan.reference_patient()


@pytest.fixture(scope="module")
def ready(patient: Patient) -> Prepared:
    return prepare(patient, "right", request(), Watch(1e9))


def test_everything_before_the_search(benchmark, patient: Patient, ready: Prepared) -> None:
    # the first preparation solved the lesions
    again = benchmark.pedantic(prepare, (patient, "right", request(), Watch(1e9)), rounds=1)
    assert len(again.candidates.applications) == len(ready.candidates.applications)


@pytest.mark.parametrize("most", [3, 6])
def test_search(benchmark, ready: Prepared, most: int) -> None:
    choice, _ = benchmark.pedantic(ready.choice, (most, None, Watch(1e9)), rounds=3)
    assert choice.gap <= 0.01


def main() -> None:
    patient = rfplan.reference_patient()
    for spacing_mm in (4.0, MANY_MM):
        # once before, so that neither compiling nor solving lesions is measured
        prepare(patient, "right", request(12.0), Watch(1e9))
        wall, work = time.monotonic(), time.process_time()
        ready = prepare(patient, "right", request(spacing_mm), Watch(1e9))
        table = time.monotonic() - wall, time.process_time() - work
        choice, _ = ready.choice(6, None, Watch(1e9))
        print(
            f"{len(ready.candidates.applications)} candidates, 500 courses: everything before the search {table[1]:.1f} s of processor, "
            f"{table[0]:.1f} s of wall time; with the search {time.process_time() - work:.1f} and {time.monotonic() - wall:.1f} s; "
            f"objective {choice.objective:.5f}, bound {choice.bound:.5f}, {choice.status}; "
            f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB"
        )


if __name__ == "__main__":
    main()
