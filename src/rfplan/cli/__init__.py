"""The command line. Every command is a file of its own and is loaded only when it is called."""

from __future__ import annotations

import sys
from collections.abc import Sequence

COMMANDS = {
    "plan": ("rfplan.cli.plan:plan", "Place a technique on a patient and judge it: the main job."),
    "optimise": ("rfplan.cli.optimise:optimise", "Find the best plan, and prove how good it is."),
    "evaluate": ("rfplan.cli.evaluate:evaluate", "Judge a plan that exists."),
    "compare": ("rfplan.cli.compare:compare", "Compare techniques on many virtual patients."),
    "study": ("rfplan.cli.study:study", "Judge strategies on many virtual patients."),
    "lesion": ("rfplan.cli.lesion:lesion", "Solve one lesion: temperatures around an electrode."),
    "import": ("rfplan.cli.import_:import_", "Make a patient from bone meshes or a labelled CT."),
    "fluoro": ("rfplan.cli.fluoro:fluoro", "Take a radiograph: what the operator sees."),
    "show": ("rfplan.cli.show:show", "Draw a patient and a plan in 3-D."),
    "devices": ("rfplan.cli.devices:devices", "List the electrodes."),
    "techniques": ("rfplan.cli.techniques:techniques", "List the techniques."),
    "doctor": ("rfplan.cli.doctor:doctor", "Say what works on this machine."),
}
"""Name of a command -> the function that does it, and its line of help."""

LATER = {
    "app": "opens the web app",
}
"""Commands that the interface promises and this version does not have yet."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 0 done, 1 the run failed, 2 wrong usage or input."""
    from cyclopts import App, CycloptsError

    import rfplan
    from rfplan.cli.console import complain
    from rfplan.errors import RfplanError

    tokens = list(sys.argv[1:] if arguments is None else arguments)
    app = App(
        name="rfplan",
        version=rfplan.__version__,
        help="Plan and simulate radiofrequency denervation of the sacroiliac joint. For education and research, "
        "not for treating patients.",
        result_action="return_value",
        help_epilogue="Documentation: README.md and docs/.",
    )
    for name, (target, line) in COMMANDS.items():
        app.command(target, name=name, help=line)
    if tokens and not tokens[0].startswith("-") and tokens[0] not in COMMANDS:
        return _refuse_command(tokens[0])
    try:
        status = app(tokens, exit_on_error=False, print_error=False)
    except CycloptsError as error:
        complain(_usage(error, tokens))
        return 2
    except RfplanError as error:
        complain(str(error))
        return error.exit_status
    except KeyboardInterrupt:
        complain("interrupted; nothing was written")
        return 130
    except BrokenPipeError:
        return 1
    except OSError as error:
        if error.filename is None:
            raise
        complain(f"{error.filename}: {error.strerror}; give a file or folder that this system can open")
        return 2
    return status if isinstance(status, int) else 0


def _usage(error: Exception, tokens: Sequence[str]) -> str:
    from cyclopts.exceptions import UnusedCliTokensError

    if tokens and tokens[0].startswith("-"):
        return (
            f"'{tokens[0]}' stands where a command is expected, flags come after it; commands are {', '.join(COMMANDS)}"
        )
    command = f" {tokens[0]}" if tokens and tokens[0] in COMMANDS else ""
    text = str(error).strip().rstrip(".")
    if isinstance(error, UnusedCliTokensError):
        text = f"'rfplan{command}' takes nothing called {', '.join(map(repr, error.unused_tokens or ()))}"
    return f"{text}; 'rfplan{command} --help' lists what is accepted"


def _refuse_command(name: str) -> int:
    import rfplan
    from rfplan.cli.console import complain
    from rfplan.errors import did_you_mean

    if name in LATER:
        complain(f"'rfplan {name}' ({LATER[name]}) is not part of version {rfplan.__version__} yet")
        return 2
    complain(f"there is no command '{name}';{did_you_mean(name, COMMANDS)} commands are {', '.join(COMMANDS)}")
    return 2
