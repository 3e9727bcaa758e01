"""The two ways in which rfplan says no."""


class RfplanError(Exception):
    """A run failed for a reason that the message gives; the command line ends with status 1."""

    exit_status = 1


class ConvergenceError(RfplanError):
    """A solve did not converge; there are no numbers to show."""


class InputError(RfplanError):
    """The user's input is wrong; the message names file, key or flag, the value and what would be accepted.

    The command line ends with status 2.
    """

    exit_status = 2
