"""What processes take of the machine: CPU time, memory and threads, as psutil finds them."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import TypeVar

import psutil

MIB = 2**20
Figure = TypeVar("Figure")


def allowed_cores() -> list[int]:
    """Give the cores that this process may use; none where the system has no say, or forbids it."""
    try:
        return sorted(os.sched_getaffinity(0))
    except (AttributeError, OSError):
        return []


# Those that this process may use, which may be fewer than the machine has.
CORES = len(allowed_cores()) or os.cpu_count() or 1


def cpu_seconds(members: Iterable[psutil.Process]) -> float:
    """CPU time that these and their finished children have taken so far; those gone count 0."""
    # User, system, and those of finished children.
    return sum(_readings(members, lambda process: sum(process.cpu_times()[:4])))


def memory_mib(members: Iterable[psutil.Process]) -> float | None:
    """Proportional set size of all together, in MiB: a page that n share counts 1/n for each.

    None where the system does not tell it, which only Linux does.
    """
    sizes = [pss for pss in _readings(members, _proportional_set_size) if pss is not None]
    return sum(sizes) / MIB if sizes else None


def threads(members: Iterable[psutil.Process]) -> int:
    """How many threads they have together."""
    return sum(_readings(members, psutil.Process.num_threads))


def _proportional_set_size(process: psutil.Process) -> int | None:
    size: int | None = getattr(process.memory_full_info(), "pss", None)
    return size


def _readings(
    members: Iterable[psutil.Process], ask: Callable[[psutil.Process], Figure]
) -> Iterator[Figure]:
    for process in members:
        # It may have ended, or be somebody else's.
        with suppress(psutil.Error):
            yield ask(process)
