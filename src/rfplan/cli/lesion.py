"""``rfplan lesion``: solves one lesion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

if TYPE_CHECKING:
    from pathlib import Path

Repeated = Annotated[list[str] | None, Parameter(negative=())]


def lesion(
    *,
    electrode: str | None = None,
    diameter_mm: float | None = None,
    tip_mm: float | None = None,
    cooled: bool = False,
    coolant_c: float | None = None,
    exchange_w_m2k: float | None = None,
    set_c: float | None = None,
    time_s: float | None = None,
    ramp_s: float | None = None,
    start_c: float = 37.0,
    perfusion: bool = True,
    perfusion_stops: bool = False,
    bone_gap_mm: float | None = None,
    bone_angle_deg: float | None = None,
    layer: Repeated = None,
    depot_fluid: str | None = None,
    depot_ml: float | None = None,
    depot_at_mm: float | None = None,
    bipolar_spacing_mm: float | None = None,
    bipolar_offset_mm: float | None = None,
    bipolar_splay_deg: float | None = None,
    bipolar_twist_deg: float | None = None,
    contacts: str | None = None,
    between_contacts: bool = False,
    limit_voltage_v: float | None = None,
    limit_current_a: float | None = None,
    limit_power_w: float | None = None,
    accuracy: str = "standard",
    compare: str | None = None,
    store: bool = True,
    out: str | None = None,
    figure: str | None = None,
    export: Repeated = None,
    export_isotherm_c: float = 50.0,
    export_value: str = "temperature_c",
    export_spacing_mm: float = 0.5,
    json: bool = False,
) -> None:
    """Solve the lesion of one electrode: potential, heat and death of tissue around it.

    Parameters
    ----------
    electrode
        Name of an electrode; "rfplan devices" lists them. Default, without --diameter-mm, is conventional-18g-10mm.
    diameter_mm
        Outside diameter of an electrode that is in no catalogue; goes with --tip-mm.
    tip_mm
        Length of its active tip.
    cooled
        It has water inside, as --coolant-c and --exchange-w-m2k say (default: those of cooled-17g-4mm, which are assumptions).
    coolant_c
        Temperature of the water.
    exchange_w_m2k
        Exchange between water and metal, W/(m2 K) of the active tip's side.
    set_c
        Set temperature of the thermocouple; default is what is usual for the electrode, else 80.
    time_s
        Seconds from switching on to switching off; default is what is usual for the electrode, else 90.
    ramp_s
        Seconds of the straight ramp at the start, part of --time-s.
    start_c
        Temperature of tissue and blood: 37 in the body, 22 on a bench.
    perfusion
        Blood flows through the tissue; --no-perfusion for a bench.
    perfusion_stops
        Blood flow ends as tissue dies.
    bone_gap_mm
        Distance to a plane of bone: cortical 1.5 mm over cancellous.
    bone_angle_deg
        90: the needle is perpendicular to the bone, its tip end the gap above it; 0: it lies along the bone with the gap
        between. Goes with --bone-gap-mm; default is 90.
    layer
        A layer of tissue, TISSUE:MM: fat:25 is fat from 25 mm over the tip end up, to the next layer. Tissues are muscle and fat; below
        the lowest layer is muscle. Layers lie across the needle, or along the bone where there is some. May be given again.
    depot_fluid
        Fluid injected before heating: saline, hypertonic_saline (3 %), lidocaine (1 %) or glucose (5 %). It is taken to stay in a ball.
    depot_ml
        Volume of the fluid.
    depot_at_mm
        Centre of the ball on the needle's axis, from the tip end towards the hub; default is 0.
    bipolar_spacing_mm
        A pair, current flowing between its tips: distance of the tip ends across the mean of the axes. Parallel where nothing else is said.
    bipolar_offset_mm
        How much nearer to the hubs the tip end of the second needle is.
    bipolar_splay_deg
        Angle by which the needles part towards the hubs, in the plane that holds both tip ends.
    bipolar_twist_deg
        Angle between the needles seen along the line from tip to tip.
    contacts
        Contacts of a probe with several that are on, counted from the tip: 1,2 for the first two. All are at one potential; default is 1.
    between_contacts
        The current flows from the first half of --contacts to the others, instead of to a pad.
    limit_voltage_v
        Highest voltage of the generator, RMS.
    limit_current_a
        Highest current of the generator, RMS.
    limit_power_w
        Highest power of the generator.
    accuracy
        fast, standard or fine.
    compare
        Electrodes to be solved side by side, each by its usual protocol: names with commas between, and @ with a spacing in mm for a
        pair, such as conventional-18g-10mm,cooled-17g-4mm,conventional-20g-10mm@10. Goes with --figure or --json.
    store
        Answer from the store where the same was solved before; --no-store to solve anew.
    out
        File for the solved lesion, ending in .npz; a .json appears beside it.
    figure
        File for a figure of the lesion and the generator's history, ending in .png, .svg or .pdf.
    export
        File for another program, may be given again. Ending in .vti, .vtk or .vtu: temperatures and doses on a regular grid; .nii or
        .nii.gz: one of them; .stl, .ply or .vtp: the surface of an isotherm. In the needle's frame: tip end at 0, z to the hub, mm.
    export_isotherm_c
        Isotherm of an exported surface.
    export_value
        Value of an exported NIfTI volume: temperature_c, peak_c, nerve_dose, tissue_dose or cem43_min.
    export_spacing_mm
        Spacing of an exported grid.
    json
        Print one JSON object and nothing else.
    """
    from dataclasses import replace

    from rfplan.cli import lesion_request as flags
    from rfplan.cli.console import print_json, warn
    from rfplan.cli.file_to_write import file_to_write
    from rfplan.cli.lesion_table import tell_lesion
    from rfplan.cli.progress import progress_bar
    from rfplan.errors import ConvergenceError
    from rfplan.lesion.generator import GeneratorLimits
    from rfplan.lesion.surroundings import Surroundings

    around = Surroundings(
        start_c,
        perfusion,
        perfusion_stops,
        bone_gap_mm,
        flags.bone_angle(bone_gap_mm, bone_angle_deg),
        flags.tissue_layers(layer or ()),
        flags.depot_of(depot_fluid, depot_ml, depot_at_mm),
    )
    limits = replace(
        GeneratorLimits(),
        **{
            key: value
            for key, value in (
                ("voltage_v", limit_voltage_v),
                ("current_a", limit_current_a),
                ("power_w", limit_power_w),
            )
            if value is not None
        },
    )
    kept = None if out is None else file_to_write(out, "--out", (".npz",))
    picture = None if figure is None else file_to_write(figure, "--figure", (".png", ".svg", ".pdf"))
    wanted = flags.exports(export or (), export_isotherm_c, export_value, export_spacing_mm)
    if compare is None:
        device = flags.device_of(electrode, diameter_mm, tip_mm, cooled, coolant_c, exchange_w_m2k)
        pose = flags.pair_pose(bipolar_spacing_mm, bipolar_offset_mm, bipolar_splay_deg, bipolar_twist_deg)
        numbers = flags.contact_numbers(contacts, between_contacts, device)
        asked = [flags.Request(device, pose, numbers, between_contacts)]
    else:
        alone = {
            "--electrode": electrode,
            "--diameter-mm": diameter_mm,
            "--tip-mm": tip_mm,
            "--cooled": cooled or None,
            "--coolant-c": coolant_c,
            "--exchange-w-m2k": exchange_w_m2k,
            "--bipolar-spacing-mm": bipolar_spacing_mm,
            "--bipolar-offset-mm": bipolar_offset_mm,
            "--bipolar-splay-deg": bipolar_splay_deg,
            "--bipolar-twist-deg": bipolar_twist_deg,
            "--contacts": contacts,
            "--between-contacts": between_contacts or None,
            "--out": out,
            "--export": export or None,
        }
        asked = flags.compared(compare, [flag for flag, value in alone.items() if value is not None])
    protocols = [
        flags.protocol_of(entry.device, entry.pair is not None or entry.between_contacts, set_c, time_s, ramp_s)
        for entry in asked
    ]
    from rfplan.lesion.solve import solve_lesion

    solved = []
    try:
        with progress_bar(len(asked)) as tell:
            for entry, protocol in zip(asked, protocols, strict=True):
                solved.append(
                    solve_lesion(
                        entry.device,
                        protocol,
                        around,
                        accuracy,
                        limits,
                        entry.contacts,
                        entry.pair,
                        entry.between_contacts,
                        progress=tell(),
                        stored=store,
                    )
                )
    except ConvergenceError:
        if json:
            print_json({"status": "not_converged"})
        raise
    files: list[Path] = []
    if kept is not None:
        from rfplan.lesion.solved_file import save_lesion

        files += save_lesion(solved[0], kept)
    for path in wanted:
        from rfplan.lesion.exports import export_lesion

        files.append(export_lesion(solved[0], path, export_isotherm_c, export_value, export_spacing_mm))
    titles = [entry.title for entry in asked]
    if picture is not None:
        from rfplan.report.lesion_figure import save_lesion_figure

        save_lesion_figure(solved, titles, picture)
        files.append(picture)
    for one, title in zip(solved, titles, strict=True):
        if one.caveat is not None:
            warn(one.caveat if compare is None else f"{title}: {one.caveat}")
    if json:
        documents = [
            {**one.to_json(), "electrode": entry.device.name} for one, entry in zip(solved, asked, strict=True)
        ]
        names = [str(path) for path in files]
        print_json({"lesions": documents, "files": names} if compare is not None else {**documents[0], "files": names})
        return
    for number, (one, title) in enumerate(zip(solved, titles, strict=True)):
        tell_lesion(one, title, files if number == len(solved) - 1 else [])
