"""Keep the service on one core and everything else on the others, where the system allows it.

What shares a core with its own load is timed while it waits for it.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from compare.running.processes import allowed_cores
from compare.running.stopping import family

SIBLINGS = "/sys/devices/system/cpu/cpu{core}/topology/thread_siblings_list"
# Each pass finds what was started by a thread that the pass before had not yet moved.
PASSES = 10


@dataclass(frozen=True)
class Cores:
    """The cores of the service, and those of load, upstreams, database and the instrument."""

    service: tuple[int, ...]
    others: tuple[int, ...]


def split() -> Cores | None:
    """Divide the cores that this process may use; None when there is one, or no say in it.

    The service gets one, since it has one worker process. The others keep off the second thread
    of that core, if they have enough without it.
    """
    first, *rest = allowed_cores() or [0]
    apart = [core for core in rest if core not in _siblings(first)]
    return Cores((first,), tuple(apart or rest)) if rest else None


def pin(process: psutil.Process, cores: Iterable[int]) -> bool:
    """Keep a process, its children and all their threads on these cores, and what they start.

    False when the system forbids it, as with another user's process.
    """
    cores = set(cores)
    try:
        for _ in range(PASSES):
            strays = list(_strays(process, cores))
            if not strays:
                return True
            for thread_id in strays:
                with suppress(ProcessLookupError):
                    os.sched_setaffinity(thread_id, cores)
    except (OSError, psutil.AccessDenied):
        return False
    return False


@contextmanager
def pinned(process: psutil.Process, cores: Iterable[int]) -> Iterator[bool]:
    """Pin a process until the block ends, then let it go where it might go before.

    Gives whether the system allows it. The instrument's own process is psutil.Process().
    """
    try:
        before = os.sched_getaffinity(process.pid)
    except ProcessLookupError:  # it has ended meanwhile
        yield True
        return
    except OSError:  # it is forbidden to ask
        yield False
        return
    try:
        yield pin(process, cores)
    finally:
        pin(process, before)


def sentence(cores: Cores | None, database: bool | None, everywhere: bool = True) -> str:
    """Say who runs where, for a reader.

    `database` says whether its server can be pinned, if there is one; `everywhere` is false where
    the system refused to pin a process.
    """
    if cores is None:
        reason = (
            "there is one core" if allowed_cores() else "this system does not let a program choose"
        )
        return f"nothing is pinned: {reason}"
    others = "load, upstreams and database" if database else "load and upstreams"
    clauses = [f"service on {_named(cores.service)}", f"{others} on {_named(cores.others)}"]
    if database is False:
        clauses.append("the database where its server is")
    return "; ".join(clauses) + ("" if everywhere else ", as far as the system allows it")


def _siblings(core: int) -> set[int]:
    """Give the logical cores that are threads of the same core, itself too, if Linux says so."""
    try:
        spans = Path(SIBLINGS.format(core=core)).read_text().strip().split(",")  # such as 0-1,8
    except OSError:
        return {core}
    ends = [(int(first), int(last or first)) for first, _, last in map(_parts, spans)]
    return {sibling for first, last in ends for sibling in range(first, last + 1)}


def _parts(span: str) -> tuple[str, str, str]:
    return span.partition("-")


def _strays(process: psutil.Process, cores: set[int]) -> Iterator[int]:
    """Give the threads that may run elsewhere; psutil's own setter moves the main thread only."""
    for member in family(process):
        with suppress(psutil.NoSuchProcess):
            for thread in member.threads():
                with suppress(ProcessLookupError):
                    if os.sched_getaffinity(thread.id) != cores:
                        yield thread.id


def _named(cores: tuple[int, ...]) -> str:
    numbers = ", ".join(map(str, cores))
    return f"core {numbers}" if len(cores) == 1 else f"cores {numbers}"
