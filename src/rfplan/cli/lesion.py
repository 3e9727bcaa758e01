"""``rfplan lesion``: solves one lesion."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from rfplan.devices.electrode import Electrode
    from rfplan.devices.protocol import Protocol
    from rfplan.lesion.solved import SolvedLesion


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
    bone_angle_deg: float = 90.0,
    bipolar_spacing_mm: float | None = None,
    limit_voltage_v: float | None = None,
    limit_current_a: float | None = None,
    limit_power_w: float | None = None,
    accuracy: str = "standard",
    compare: str | None = None,
    store: bool = True,
    out: str | None = None,
    figure: str | None = None,
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
        90: the needle is perpendicular to the bone, its tip end the gap above it; 0: it lies along the bone with the gap between.
    bipolar_spacing_mm
        A parallel pair, current flowing between its tips, with this distance of the axes.
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
    json
        Print one JSON object and nothing else.
    """
    from dataclasses import replace

    from rfplan.cli.console import print_json, warn
    from rfplan.cli.progress import progress_bar
    from rfplan.errors import ConvergenceError
    from rfplan.lesion.generator import GeneratorLimits
    from rfplan.lesion.problem import Surroundings

    around = Surroundings(start_c, perfusion, perfusion_stops, bone_gap_mm, bone_angle_deg)
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
    kept = None if out is None else _writable(out, "--out", (".npz",))
    picture = None if figure is None else _writable(figure, "--figure", (".png", ".svg", ".pdf"))
    if compare is None:
        device = _device(electrode, diameter_mm, tip_mm, cooled, coolant_c, exchange_w_m2k)
        asked = [(device, bipolar_spacing_mm)]
    else:
        alone = {
            "--electrode": electrode,
            "--diameter-mm": diameter_mm,
            "--tip-mm": tip_mm,
            "--cooled": cooled or None,
            "--coolant-c": coolant_c,
            "--exchange-w-m2k": exchange_w_m2k,
            "--bipolar-spacing-mm": bipolar_spacing_mm,
            "--out": out,
        }
        asked = _compared(compare, [flag for flag, value in alone.items() if value is not None])
    protocols = [_protocol(device, spacing is not None, set_c, time_s, ramp_s) for device, spacing in asked]
    from rfplan.lesion.solve import solve_lesion

    solved = []
    try:
        with progress_bar(len(asked)) as tell:
            for (device, spacing), protocol in zip(asked, protocols, strict=True):
                solved.append(
                    solve_lesion(
                        device, protocol, around, accuracy, limits, pair=spacing, progress=tell(), stored=store
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
    titles = [
        device.name if spacing is None else f"{device.name}, pair {spacing:g} mm apart" for device, spacing in asked
    ]
    if picture is not None:
        from rfplan.report.lesion_figure import save_lesion_figure

        save_lesion_figure(solved, titles, picture)
        files.append(picture)
    for one, title in zip(solved, titles, strict=True):
        if one.caveat is not None:
            warn(one.caveat if compare is None else f"{title}: {one.caveat}")
    if json:
        documents = [
            {**one.to_json(), "electrode": device.name} for one, (device, _) in zip(solved, asked, strict=True)
        ]
        names = [str(path) for path in files]
        print_json({"lesions": documents, "files": names} if compare is not None else {**documents[0], "files": names})
        return
    for number, (one, title) in enumerate(zip(solved, titles, strict=True)):
        _tell(one, title, files if number == len(solved) - 1 else [])


def _compared(text: str, alone: list[str]) -> list[tuple[Electrode, float | None]]:
    """Electrodes and spacings of ``--compare``, which goes without the flags in ``alone``."""
    from rfplan.devices.catalogue import electrode as named
    from rfplan.errors import InputError

    if alone:
        raise InputError(
            f"{alone[0]} and --compare contradict each other; --compare takes electrodes by name, NAME or NAME@SPACING"
        )
    asked: list[tuple[Electrode, float | None]] = []
    for entry in text.split(","):
        name, at, spacing = entry.strip().partition("@")
        try:
            asked.append((named(name), float(spacing) if at else None))
        except ValueError as error:
            raise InputError(f"--compare: {entry.strip()!r} has no spacing in mm after the @") from error
    return asked


def _device(
    name: str | None,
    diameter_mm: float | None,
    tip_mm: float | None,
    cooled: bool,
    coolant_c: float | None,
    exchange_w_m2k: float | None,
) -> Electrode:
    from dataclasses import replace

    from rfplan.devices.catalogue import electrode as named
    from rfplan.devices.electrode import Electrode
    from rfplan.errors import InputError

    own = {"--diameter-mm": diameter_mm, "--tip-mm": tip_mm}
    given = [flag for flag, value in own.items() if value is not None]
    if name is not None and given:
        raise InputError(f"{given[0]} and --electrode {name} contradict each other; give a name, or diameter and tip")
    if len(given) == 1:
        missing = next(flag for flag in own if flag not in given)
        raise InputError(f"{given[0]} is given without {missing}; an electrode of one's own needs both")
    if diameter_mm is not None and tip_mm is not None:
        device = Electrode("own", "electrode of one's own", diameter_mm, tip_mm, (), {}, ())
    else:
        device = named(name or "conventional-18g-10mm")
    cooling = {"--coolant-c": coolant_c, "--exchange-w-m2k": exchange_w_m2k}
    if not cooled and not device.cooled:
        for flag, value in cooling.items():
            if value is not None:
                raise InputError(f"{flag} is given, but the electrode has no coolant; add --cooled")
        return device
    usual = device if device.cooled else named("cooled-17g-4mm")
    return replace(
        device,
        cooled=True,
        coolant_c=usual.coolant_c if coolant_c is None else coolant_c,
        exchange_w_m2k=usual.exchange_w_m2k if exchange_w_m2k is None else exchange_w_m2k,
    )


def _protocol(
    device: Electrode, pair: bool, set_c: float | None, time_s: float | None, ramp_s: float | None
) -> Protocol:
    from rfplan.devices.protocol import Protocol
    from rfplan.lesion.problem import within

    if pair and "bipolar" in device.modes:
        usual = device.protocol_for("bipolar")
    elif device.modes:
        usual = device.protocol
    else:
        usual = Protocol(60.0, 150.0) if device.cooled else Protocol(90.0, 180.0) if pair else Protocol(80.0, 90.0)
    seconds = usual.time_s if time_s is None else time_s
    ramp = min(usual.ramp_s, seconds) if ramp_s is None else ramp_s
    wanted_c = usual.set_c if set_c is None else set_c
    within("--time-s", seconds, (1.0, 3600.0), "s")
    within("--ramp-s", ramp, (0.0, seconds), "s, the ramp being part of --time-s")
    within("--set-c", wanted_c, (38.0, 100.0), "degC")
    return Protocol(wanted_c, seconds, ramp)


def _writable(name: str, flag: str, endings: tuple[str, ...]) -> Path:
    """The file that a flag names, refused before any work is done for it."""
    import os
    from pathlib import Path

    from rfplan.errors import InputError

    path = Path(name)
    if path.suffix.lower() not in endings:
        raise InputError(f"{flag} {name}: the name must end in {' or '.join(endings)}")
    if path.is_dir() or not path.parent.is_dir() or not os.access(path.parent, os.W_OK | os.X_OK):
        raise InputError(
            f"{flag} {name}: cannot be written there; give a file in a folder that exists and can be written"
        )
    return path


def _tell(solved: SolvedLesion, title: str, files: list[Path]) -> None:
    from rich.table import Table

    from rfplan.cli.console import people

    console = people()
    protocol = solved.problem.protocol
    table = Table(
        title=f"{title}, {protocol.set_c:g} degC, {protocol.time_s:g} s: {solved.status}",
        caption="Sizes in the soft tissue: isotherms when heating ended, doses after a minute of cooling.",
    )
    for heading in ("surface", "width mm", "length mm", "beyond tip mm", "volume mm3"):
        table.add_column(heading, justify="left" if heading == "surface" else "right")
    rows = [(f"{isotherm:g} degC", size) for isotherm, size in solved.isotherms.items()]
    rows += [("nerve dead (provisional dose)", solved.doses["nerve"]), ("tissue dead (dose)", solved.doses["tissue"])]
    for name, size in rows:
        numbers = (size.width_mm, size.length_mm, size.beyond_tip_mm, size.volume_mm3)
        table.add_row(name, *(f"{number:.1f}" for number in numbers[:3]), f"{numbers[3]:.0f}")
    console.print(table)
    last = solved.to_json()["generator"]
    kept = " (from the store)" if solved.stored else ""
    console.print(
        f"Thermocouple {solved.thermocouple_c:.1f} degC, hottest tissue {solved.max_tissue_c:.1f} degC at the end "
        f"({solved.peak_tissue_c:.1f} ever); {last['voltage_v']:.1f} V, {last['power_w']:.2f} W, {last['impedance_ohm']:.0f} ohm"
    )
    console.print(
        f"{solved.problem.accuracy.name}: {solved.to_json()['cells']} cells, {solved.steps} steps, {solved.seconds:.2f} s{kept}, "
        f"energy balance to {100.0 * solved.energy_balance_error:.1g} %"
    )
    console.print(solved.assumption, style="italic")
    if solved.pair is not None:
        console.print(
            f"Half-way between the needles {solved.pair.midpoint_c:.1f} degC; the two join up to {solved.pair.confluent_at_c:.1f} degC"
        )
    if solved.radii_mm is not None:
        radii = ", ".join(f"{name} {value:.1f}" for name, value in solved.radii_mm[50.0].items())
        console.print(f"From the axis to 50 degC beside the middle of the tip, mm: {radii} (the bone is toward)")
    for path in files:
        console.print(f"wrote {path}")
