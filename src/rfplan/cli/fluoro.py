"""``rfplan fluoro``: takes a radiograph."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from rfplan.cli.whole_number import WholeNumber

if TYPE_CHECKING:
    from rfplan.fluoroscopy.c_arm import CArm
    from rfplan.fluoroscopy.radiograph import Radiograph
    from rfplan.fluoroscopy.views import View


def fluoro(
    *,
    anatomy: str | None = None,
    plan: str | None = None,
    view: str | None = None,
    lao_deg: float | None = None,
    cranial_deg: float | None = None,
    size: WholeNumber = 512,
    out: str | None = None,
    ct: str | None = None,
    side: str | None = None,
    supine: bool = False,
    film: bool = False,
    mode: str = "averaged",
    bowel: bool = False,
    landmarks: bool = False,
    needles: bool = False,
    scale: bool = True,
    receptor_dose_ngy: float | None = None,
    energy_kev: float | None = None,
    sid_mm: float | None = None,
    sod_mm: float | None = None,
    field_mm: float | None = None,
    circle: bool = False,
    collimator_mm: float | None = None,
    isocentre_mm: tuple[float, float, float] | None = None,
    seed: WholeNumber = 0,
    json: bool = False,
) -> None:
    """Take a simulated radiograph of a patient, with the needles of a plan.

    Parameters
    ----------
    anatomy
        "reference" (the default), a folder of bone meshes, a labelled CT or a patient file.
    plan
        A plan, as "rfplan plan" writes it; its needles stand in the picture.
    view
        true_ap (the default), ap, lateral, lateral_left, oblique_right_20 (or any angle), contralateral_oblique, sij_overlap,
        foramen_S1_right (or any), down_the_barrel_1 (or any needle of the plan).
    lao_deg
        Angle of the receptor towards the patient's left, from straight above the table; instead of a view.
    cranial_deg
        Angle of the receptor towards the head; instead of a view.
    size
        Pixels a side.
    out
        PNG or DICOM file to write (.png, .dcm).
    ct
        A CT in Hounsfield units (NIfTI) to look at instead of meshes; named views take their angles from --anatomy.
    side
        Target of views that have one; default is the side of the plan, or right.
    supine
        The patient lies on the back; prone without it.
    film
        Bone white, as on film.
    mode
        averaged (fluoroscopy after some seconds), live (one frame) or spot.
    bowel
        Gas in front of the sacrum.
    landmarks
        Draw the landmarks over the picture.
    needles
        Draw numbers and active tips of the needles over the picture.
    scale
        Draw a scale bar, the angles and the letters of the sides.
    receptor_dose_ngy
        Dose per frame that the exposure control holds.
    energy_kev
        Effective energy of the beam, 40 to 80.
    sid_mm
        Distance from source to receptor.
    sod_mm
        Distance from source to isocentre.
    field_mm
        Side of the part of the receptor that is read out; smaller magnifies.
    circle
        Round collimator.
    collimator_mm
        What the collimator leaves open on the receptor: side, or diameter.
    isocentre_mm
        Point of the patient on the central ray, three numbers (LPS, mm); default is what the view is centred on.
    seed
        Seed of the noise.
    json
        Print one JSON object and nothing else.
    """
    from rfplan.cli.console import people, print_json, warn
    from rfplan.cli.file_to_write import file_to_write
    from rfplan.errors import InputError
    from rfplan.fluoroscopy.picture_file import SUFFIXES
    from rfplan.fluoroscopy.radiograph import ASSUMPTION

    path = None if out is None else file_to_write(out, "--out", SUFFIXES)
    if path is None and not json:
        raise InputError("nothing to do: give --out FILE.png (or .dcm) for a picture, or --json for its numbers")
    if view is not None and not view.strip():
        raise InputError("--view is empty; give the name of a view, such as true_ap")
    if view is not None and (lao_deg is not None or cranial_deg is not None):
        raise InputError("give either --view or --lao-deg and --cranial-deg, not both")
    if ct is not None and plan is not None and anatomy is None:
        raise InputError("--plan belongs to a patient: give --anatomy with it, the one that the CT is of")
    if ct is not None and bowel:
        raise InputError("--bowel puts gas in front of bones; a CT shows what is there: leave it out with --ct")
    if ct is not None and anatomy is None and (landmarks or side is not None):
        flag = "--landmarks" if landmarks else "--side"
        raise InputError(f"{flag} belongs to a patient: give --anatomy with it, the one that the CT is of")
    geometry: dict[str, Any] = {
        "size_px": size,
        "position": "supine" if supine else "prone",
        "collimator": "circle" if circle else "square",
    }
    given = {
        "sid_mm": sid_mm,
        "sod_mm": sod_mm,
        "field_mm": field_mm,
        "collimator_mm": collimator_mm,
        "isocentre_mm": isocentre_mm,
    }
    geometry |= {name: value for name, value in given.items() if value is not None}
    try:
        taken = _taken(
            anatomy,
            plan,
            view,
            lao_deg,
            cranial_deg,
            ct,
            side,
            geometry,
            mode,
            receptor_dose_ngy,
            energy_kev,
            seed,
            film,
            bowel,
        )
    except InputError as error:
        raise InputError(_with_flag(str(error))) from error
    for sentence in taken.warnings:
        warn(sentence)
    if needles and plan is None:
        warn("--needles marks the needles of a plan, and there is none: give --plan for it")
    if path is not None:
        taken.save(path, landmarks=landmarks, needles=needles, scale=scale)
    document = taken.to_json() | {"file": None if path is None else str(path)}
    if json:
        print_json(document)
        return
    merit = "" if taken.view is None else f", {taken.view.merit_means}: {taken.view.merit:.3g}"
    people().print(
        f"{path}: {document['view']}, LAO {taken.c_arm.lao_deg:.1f}, cranial {taken.c_arm.cranial_deg:.1f} degrees{merit}; "
        f"{taken.c_arm.size_px} pixels of {taken.c_arm.isocentre_pixel_mm:.3f} mm; {taken.dose.dap_mgy_cm2:.3g} mGy cm2",
        soft_wrap=True,
    )
    people().print(f"{ASSUMPTION[0].upper()}{ASSUMPTION[1:]}.", style="italic", soft_wrap=True)


def _with_flag(message: str) -> str:
    """A message that begins with the name of a setting, with the name of its flag instead."""
    name, _, rest = message.partition(" is ")
    flag = {"size_px": "size"}.get(name, name)
    known = (
        "lao_deg",
        "cranial_deg",
        "sid_mm",
        "sod_mm",
        "field_mm",
        "collimator_mm",
        "isocentre_mm",
        "size",
        "mode",
        "receptor_dose_ngy",
        "energy_kev",
        "seed",
    )
    return f"--{flag.replace('_', '-')} is {rest}" if rest and flag in known else message


def _taken(
    anatomy: str | None,
    plan_file: str | None,
    view: str | None,
    lao_deg: float | None,
    cranial_deg: float | None,
    ct: str | None,
    side: str | None,
    geometry: dict[str, Any],
    mode: str,
    receptor_dose_ngy: float | None,
    energy_kev: float | None,
    seed: int,
    film: bool,
    bowel: bool,
) -> Radiograph:
    from dataclasses import replace

    from rfplan.anatomy.sides import side_named
    from rfplan.fluoroscopy.attenuation import attenuation_at
    from rfplan.fluoroscopy.c_arm import CArm
    from rfplan.fluoroscopy.display import Display
    from rfplan.fluoroscopy.exposure import Exposure
    from rfplan.fluoroscopy.view_names import parse_view

    # all that can be refused is refused before the patient is made
    exposure = Exposure(mode, receptor_dose_ngy, energy_kev=energy_kev, seed=seed)  # type: ignore[arg-type]
    attenuation_at(energy_kev)
    display = Display("film" if film else "fluoroscopy")
    named = None if lao_deg is not None or cranial_deg is not None else view or "true_ap"
    if named is not None:
        parse_view(named)
    CArm(lao_deg or 0.0, cranial_deg or 0.0, **geometry)
    if side is not None:
        side_named(side)
    if ct is not None and anatomy is None:
        return _of_ct(ct, named if view is not None else None, lao_deg, cranial_deg, geometry, exposure, display)

    from rfplan.anatomy.source import patient_from
    from rfplan.fluoroscopy.views import find_view

    patient = patient_from(anatomy or "reference")
    plan = None
    if plan_file is not None:
        from rfplan.planning.plan_file import load_plan

        plan = load_plan(plan_file, patient)
    found: View | None = None
    if named is not None:
        found = find_view(named, patient, plan, side=side, **geometry)
        arm: CArm = found.c_arm
    else:
        middle = find_view("true_ap", patient).c_arm.isocentre_mm
        arm = CArm(lao_deg or 0.0, cranial_deg or 0.0, **{"isocentre_mm": middle, **geometry})
    if ct is not None:
        from rfplan.fluoroscopy.ct import expose_ct, read_ct

        taken = expose_ct(
            arm, read_ct(Path(ct)), needles=plan.needles if plan else (), exposure=exposure, display=display
        )
        taken = replace(taken, patient=patient)
    else:
        taken = arm.expose(patient, plan, exposure=exposure, display=display, bowel=bowel)
    notes = found.notes if found else ()
    return replace(taken, view=found, warnings=(*notes, *taken.warnings))


def _of_ct(
    ct: str,
    named: str | None,
    lao_deg: float | None,
    cranial_deg: float | None,
    geometry: dict[str, Any],
    exposure: Any,
    display: Any,
) -> Radiograph:
    from rfplan.errors import InputError
    from rfplan.fluoroscopy.c_arm import CArm
    from rfplan.fluoroscopy.ct import expose_ct, read_ct

    if named not in (None, "ap"):
        raise InputError(
            f"--view {named}: is found on bones; give --anatomy with the bones of this CT, or --lao-deg and --cranial-deg"
        )
    volume = read_ct(Path(ct))
    arm = CArm(lao_deg or 0.0, cranial_deg or 0.0, **{"isocentre_mm": volume.middle_mm, **geometry})
    return expose_ct(arm, volume, exposure=exposure, display=display)
