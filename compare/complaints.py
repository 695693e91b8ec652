"""Say what is wrong in one line, with an exit code that tells what kind of wrong it is.

It is 1 when a service failed the contract or a figure could not be kept, 2 when something is
missing or wrong in what was asked for, and 130 after Ctrl-C.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NoReturn

import typer

from compare import (
    checking,
    databases,
    gates,
    instruction_record,
    instructions,
    launch,
    load,
    results,
    stopping,
    terminal,
)
from compare.claims import experiments, record
from compare.services import DEFAULT_PAIR, SERVICES, Service
from compare.survey import recording

FAILED, UNUSABLE, INTERRUPTED = 1, 2, 130
REFUSED = (gates.GateError, load.LoadError)
IMPOSSIBLE = (
    databases.DatabaseError,
    launch.LaunchError,
    checking.CheckError,
    results.UnusableResults,
    recording.RecordingError,
    instructions.InstructionsError,
    instruction_record.RecordError,
    experiments.ExperimentError,
    record.ClaimRecordError,
)


@contextmanager
def one_line(advice_when_stopped: Callable[[], str] = str) -> Iterator[None]:
    """Turn expected failures into one line and an exit code, and leave no process behind."""
    try:
        with stopping.clean_exit():
            yield
    except (*REFUSED, *IMPOSSIBLE) as error:
        words = "; ".join(filter(None, (str(error), advice_when_stopped())))
        fail(words, FAILED if isinstance(error, REFUSED) else UNUSABLE)
    except KeyboardInterrupt:
        fail("; ".join(filter(None, ("stopped", advice_when_stopped()))), INTERRUPTED)


def fail(message: str, code: int = UNUSABLE) -> NoReturn:
    """End the command with this line."""
    terminal.err.print(f"compare: {message}", style="red", markup=False, soft_wrap=True)
    raise typer.Exit(code)


def chosen_services(
    names: Sequence[str] | None, database: str, usual: Sequence[str] = DEFAULT_PAIR
) -> list[Service]:
    """Give the services of these names, the usual ones for none, or say what is wrong with one."""
    kind = databases.kind_of(database)
    for name in names or ():
        if name not in SERVICES:
            fail(f"no service is named {name!r}; there are {', '.join(SERVICES)}")
        if missing := SERVICES[name].missing:
            fail(f"{name} needs {', '.join(missing)}: {terminal.HOW_TO_INSTALL}")
        if kind not in SERVICES[name].databases:
            fail(f"{name} runs on {' and '.join(SERVICES[name].databases)} only")
    return [SERVICES[name] for name in dict.fromkeys(names or usual)]


def everything(database: str) -> list[str]:
    """Name every service that runs on this kind of database; one not installed is said and left."""
    kind = databases.kind_of(database)
    fitting = [service for service in SERVICES.values() if kind in service.databases]
    for service in fitting:
        if service.missing:
            line = f"left out: {service.name} needs {', '.join(service.missing)}"
            terminal.err.print(line, markup=False, soft_wrap=True)
    return [service.name for service in fitting if not service.missing]


def say_what_is_used(database: str) -> None:
    """Open a database of the reader's once, so that a wrong URL is said first."""
    if database not in databases.EMBEDDED:
        with databases.open(database) as source:
            terminal.err.print(f"{source.label}: fresh databases beside yours, dropped at the end")
