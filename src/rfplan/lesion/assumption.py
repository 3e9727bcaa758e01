"""The sentences that must stand wherever a user meets a solved lesion."""

from __future__ import annotations

from rfplan.lesion.problem import LesionProblem


def assumption_of(problem: LesionProblem) -> str:
    """What the model assumes of ``problem``."""
    around = problem.surroundings
    names = list(dict.fromkeys(["muscle", *(layer.tissue for layer in around.layers)]))
    where = "muscle" if around.has_bone else "uniform muscle"
    if len(names) > 1:
        where = f"flat layers of {' and '.join(names)}"
    if problem.pair is not None:
        where += " around a parallel pair" if problem.pair.parallel else " around a pair"
    if around.bone is not None:
        where += " beside the surface of the bone"
    elif around.bone_gap_mm is not None:
        where += " beside a plane of bone"
    sentences = [f"Solved temperatures in {where}, every lesion by itself; the generator's control is ideal."]
    if around.depot is not None:
        sentences.append(
            "The injected fluid is assumed to stay in one ball that does not mix with the tissue; its conductivity is provisional."
        )
    if problem.part_volts:
        sentences.append("Whatever current leaves one group of contacts enters the other.")
    if problem.exchange_w_m2k:
        sentences.append("Coolant and its exchange with the metal are assumed.")
    return " ".join(sentences)
