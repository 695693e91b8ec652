"""What else the machine did while something was timed: other programs, swapping, heat, steal.

What a system does not tell is not marked.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from compare import processes
from compare.stopping import family

# More than idle programs take together, and no less than half a second can tell: the machine counts
# its time in ticks of a hundredth. Taken from the service's core it changes the figure by a fifth.
OTHERS_CORES = 0.2
# A hypervisor always takes something; up to this it is less than blocks differ among themselves.
STOLEN_SHARE = 0.02
# A page or two go out for no reason; a mebibyte is memory that somebody needed.
SWAPPED_MIB = 1.0
THROTTLES = Path("/sys/devices/system/cpu")


@dataclass(frozen=True)
class Reading:
    """Counters of the machine since it started, all cores together; `own` is the run's own part."""

    total_seconds: float
    idle_seconds: float
    stolen_seconds: float
    own_seconds: float
    swapped_mib: float
    throttles: int


class Disturbance:
    """The marks of one block, known when it has ended."""

    def __init__(self, before: Reading) -> None:
        self.before = before
        self.after = before

    def marks(self) -> list[str]:
        """Say what may have disturbed the block, a sentence each."""
        return marks_between(self.before, self.after, psutil.cpu_count() or 1)


@contextmanager
def watching(*servers: psutil.Process | None) -> Iterator[Disturbance]:
    """Watch the machine until the block ends.

    The instrument and all that it started are no disturbance, and neither are `servers`, such as
    a database server that something else started, with their children.
    """
    own = [psutil.Process(), *filter(None, servers)]
    found = Disturbance(_read(own))
    try:
        yield found
    finally:
        found.after = _read(own)


def marks_between(before: Reading, after: Reading, cores: int) -> list[str]:
    """Compare two readings of a machine with so many cores."""
    total_seconds = after.total_seconds - before.total_seconds
    if total_seconds <= 0:
        return []
    stolen_seconds = after.stolen_seconds - before.stolen_seconds
    idle_seconds = after.idle_seconds - before.idle_seconds
    own_seconds = after.own_seconds - before.own_seconds
    others_seconds = total_seconds - idle_seconds - stolen_seconds - own_seconds
    others_cores = others_seconds / total_seconds * cores
    swapped_mib = after.swapped_mib - before.swapped_mib
    marks = []
    if others_cores > OTHERS_CORES:
        marks.append(f"other programs used {others_cores:.1f} of {cores} cores")
    if stolen_seconds > STOLEN_SHARE * total_seconds:
        marks.append(
            f"the hypervisor took {stolen_seconds / total_seconds * 100:.0f} % of the time"
        )
    if swapped_mib > SWAPPED_MIB:
        marks.append(f"the machine swapped {swapped_mib:.0f} MiB")
    if after.throttles > before.throttles:
        marks.append("the processor was throttled by heat")
    return marks


def _read(own: list[psutil.Process]) -> Reading:
    times, swap = psutil.cpu_times(), psutil.swap_memory()
    members = {member for process in own for member in family(process)}
    return Reading(
        # A guest's time is part of the user's, and told twice.
        total_seconds=sum(times) - getattr(times, "guest", 0) - getattr(times, "guest_nice", 0),
        idle_seconds=times.idle + getattr(times, "iowait", 0),
        stolen_seconds=getattr(times, "steal", 0),
        own_seconds=processes.cpu_seconds(members),
        swapped_mib=(swap.sin + swap.sout) / processes.MIB,
        throttles=sum(map(_count, THROTTLES.glob("cpu*/thermal_throttle/core_throttle_count"))),
    )


def _count(path: Path) -> int:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return 0
