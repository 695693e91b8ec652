"""What can go wrong, as one tree; the message of each is one line for the person at the terminal.

A run meets them in this order:

1. `DatabaseError`: the database that was asked for cannot be had.
2. `LaunchError`: a service, a server or the simulator did not start, or did not stay.
3. `CheckError`: the contract suite did not run to its end. A failed test is an outcome, no error.
4. `LoadError`: the load engine itself failed, so that nothing was measured.
5. `GateError`: a service answered wrongly where its figures would have been kept.
6. `UnusableResults`: a results file is missing, damaged, cut short, or of another machine.

Two exceptions stay in their modules, which catch them themselves: `Difference` of bodies, and
`WrongAnswer` in the process that is counted. Other commands have four more: `InstructionsError`
(nothing could be counted under valgrind), `StatementError` (a service's SQL cannot be recorded),
`ExperimentError` (an experiment did not end with an answer) and `RecordError` (a file of recorded
counts or verdicts is damaged).
"""

from pathlib import Path

FAILED, UNUSABLE, INTERRUPTED = 1, 2, 130


class CompareError(Exception):
    """Anything that ends a command in one line; `exit_code` is the command's.

    It is 1 (`FAILED`) when a service or a figure was refused, and 2 (`UNUSABLE`) when something is
    missing or wrong in what was asked for; after Ctrl-C a command ends with 130.
    """

    exit_code = UNUSABLE


class DatabaseError(CompareError):
    """A database that cannot be had; the message says what to do."""


class LaunchError(CompareError):
    """A process that did not start or did not stay; its log, if it has one, is left to be read."""

    def __init__(self, message: str, log: Path | None = None) -> None:
        super().__init__(f"{message} (see {log})" if log else message)
        self.message = message
        self.log = log


class CheckError(CompareError):
    """The contract suite did not run to its end."""


class LoadError(CompareError):
    """The load engine itself failed, so that nothing was measured."""

    exit_code = FAILED


class GateError(CompareError):
    """Figures that must not be kept: a service that is measured answered wrongly."""

    exit_code = FAILED


class UnusableResults(CompareError):
    """A results file that cannot be read back, or whose figures cannot stand beside new ones."""


class InstructionsError(CompareError):
    """No instructions could be counted."""


class StatementError(CompareError):
    """A service whose SQL statements cannot be recorded."""


class ExperimentError(CompareError):
    """An experiment that did not end with an answer."""


class RecordError(CompareError):
    """A file of recorded counts or verdicts that cannot be read."""
