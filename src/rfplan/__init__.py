"""rfplan: plan and simulate radiofrequency denervation of the sacroiliac joint. For education and research only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rfplan.anatomy.innervation import Innervation as Innervation
    from rfplan.anatomy.nerves import courses as courses
    from rfplan.anatomy.patient import Patient as Patient
    from rfplan.anatomy.patient_file import import_patient as import_patient
    from rfplan.anatomy.patient_file import load_patient as load_patient
    from rfplan.anatomy.patient_file import save_patient as save_patient
    from rfplan.anatomy.population import Population as Population
    from rfplan.anatomy.reference import reference_patient as reference_patient
    from rfplan.devices.catalogue import electrode as electrode
    from rfplan.devices.catalogue import electrodes as electrodes
    from rfplan.devices.electrode import Electrode as Electrode
    from rfplan.devices.protocol import Protocol as Protocol
    from rfplan.errors import InputError as InputError
    from rfplan.errors import RfplanError as RfplanError
    from rfplan.fluoroscopy.c_arm import CArm as CArm
    from rfplan.fluoroscopy.display import Display as Display
    from rfplan.fluoroscopy.exposure import Exposure as Exposure
    from rfplan.fluoroscopy.live import Fluoroscope as Fluoroscope
    from rfplan.fluoroscopy.operability import operability as operability
    from rfplan.fluoroscopy.radiograph import Radiograph as Radiograph
    from rfplan.lesion.exports import export_lesion as export_lesion
    from rfplan.lesion.generator import GeneratorLimits as GeneratorLimits
    from rfplan.lesion.pair_pose import PairPose as PairPose
    from rfplan.lesion.problem import Surroundings as Surroundings
    from rfplan.lesion.solve import solve_lesion as solve_lesion
    from rfplan.lesion.solved import SolvedLesion as SolvedLesion
    from rfplan.lesion.solved_file import load_lesion as load_lesion
    from rfplan.lesion.solved_file import save_lesion as save_lesion
    from rfplan.lesion.surroundings import Depot as Depot
    from rfplan.lesion.surroundings import TissueLayer as TissueLayer
    from rfplan.planning.evaluation import Evaluation as Evaluation
    from rfplan.planning.evaluation import evaluate as evaluate
    from rfplan.planning.needle import Needle as Needle
    from rfplan.planning.operator_error import OperatorError as OperatorError
    from rfplan.planning.operator_error import displaced as displaced
    from rfplan.planning.optimiser.objective import Objective as Objective
    from rfplan.planning.optimiser.optimise import optimise as optimise
    from rfplan.planning.plan import Application as Application
    from rfplan.planning.plan import Plan as Plan
    from rfplan.planning.plan_file import load_plan as load_plan
    from rfplan.planning.plan_file import save_plan as save_plan
    from rfplan.planning.techniques import technique as technique
    from rfplan.planning.techniques import techniques as techniques

__version__ = "0.1.0"

_HOME = {
    "Application": "rfplan.planning.plan",
    "CArm": "rfplan.fluoroscopy.c_arm",
    "Depot": "rfplan.lesion.surroundings",
    "Display": "rfplan.fluoroscopy.display",
    "Electrode": "rfplan.devices.electrode",
    "Evaluation": "rfplan.planning.evaluation",
    "Exposure": "rfplan.fluoroscopy.exposure",
    "Fluoroscope": "rfplan.fluoroscopy.live",
    "GeneratorLimits": "rfplan.lesion.generator",
    "Innervation": "rfplan.anatomy.innervation",
    "InputError": "rfplan.errors",
    "Needle": "rfplan.planning.needle",
    "Objective": "rfplan.planning.optimiser.objective",
    "OperatorError": "rfplan.planning.operator_error",
    "PairPose": "rfplan.lesion.pair_pose",
    "Patient": "rfplan.anatomy.patient",
    "Plan": "rfplan.planning.plan",
    "Population": "rfplan.anatomy.population",
    "Protocol": "rfplan.devices.protocol",
    "Radiograph": "rfplan.fluoroscopy.radiograph",
    "RfplanError": "rfplan.errors",
    "SolvedLesion": "rfplan.lesion.solved",
    "Surroundings": "rfplan.lesion.problem",
    "TissueLayer": "rfplan.lesion.surroundings",
    "courses": "rfplan.anatomy.nerves",
    "displaced": "rfplan.planning.operator_error",
    "electrode": "rfplan.devices.catalogue",
    "electrodes": "rfplan.devices.catalogue",
    "evaluate": "rfplan.planning.evaluation",
    "export_lesion": "rfplan.lesion.exports",
    "import_patient": "rfplan.anatomy.patient_file",
    "load_lesion": "rfplan.lesion.solved_file",
    "load_patient": "rfplan.anatomy.patient_file",
    "load_plan": "rfplan.planning.plan_file",
    "operability": "rfplan.fluoroscopy.operability",
    "optimise": "rfplan.planning.optimiser.optimise",
    "reference_patient": "rfplan.anatomy.reference",
    "save_lesion": "rfplan.lesion.solved_file",
    "save_patient": "rfplan.anatomy.patient_file",
    "save_plan": "rfplan.planning.plan_file",
    "solve_lesion": "rfplan.lesion.solve",
    "technique": "rfplan.planning.techniques",
    "techniques": "rfplan.planning.techniques",
}
"""Public name -> the module that owns it."""

__all__ = ["__version__", *_HOME]


def __getattr__(name: str) -> Any:
    # Public names load their module on first use, so that importing the package stays fast.
    if name in _HOME:
        from importlib import import_module

        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'rfplan' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
