"""What else the machine did while something was timed: other programs, swapping, heat, steal.

What a system does not tell is not marked.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

import psutil

from compare.running import processes
from compare.running.stopping import family

# More than idle programs take together, and no less than half a second can tell: the machine counts
# its time in ticks of a hundredth. Taken from the service's core it changes the figure by a fifth.
OTHERS_CORES = 0.2
# Comparisons leave out what the hypervisor took (see compare.bench.verdicts); with this much of it,
# what is left is an estimate.
STOLEN_SHARE = 0.1
# A page or two go out for no reason; a mebibyte is memory that somebody needed.
SWAPPED_MIB = 1.0
THROTTLES = Path("/sys/devices/system/cpu")


@dataclass(frozen=True)
class Reading:
    """Counters of the machine since it started, all cores together; `own` is the run's own part.

    `core_stolen_seconds` is what the hypervisor took of the service's core, or of a typical one.
    """

    total_seconds: float
    idle_seconds: float
    stolen_seconds: float
    core_stolen_seconds: float
    own_seconds: float
    swapped_mib: float
    throttles: int


class Disturbance:
    """The marks of a scenario, known when its turns have ended."""

    def __init__(self, before: Reading) -> None:
        self.before = before
        self.after = before

    def marks(self) -> list[str]:
        """Say what may have disturbed the turns, a sentence each."""
        return marks_between(self.before, self.after, psutil.cpu_count() or 1)


@contextmanager
def watching(
    *servers: psutil.Process | None, cores: Collection[int] | None = None
) -> Iterator[Disturbance]:
    """Watch the machine until the block ends; `cores` are those of the service, if it is pinned.

    The instrument and all that it started are no disturbance, and neither are `servers`, such as
    a database server that something else started, with their children.
    """
    own = [psutil.Process(), *filter(None, servers)]
    disturbance = Disturbance(_read(own, cores))
    try:
        yield disturbance
    finally:
        disturbance.after = _read(own, cores)


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
    stolen_share = (after.core_stolen_seconds - before.core_stolen_seconds) * cores / total_seconds
    if stolen_share > STOLEN_SHARE:
        marks.append(f"the hypervisor took {stolen_share * 100:.0f} % of the service's core")
    if swapped_mib > SWAPPED_MIB:
        marks.append(f"the machine swapped {swapped_mib:.0f} MiB")
    if after.throttles > before.throttles:
        marks.append("the processor was throttled by heat")
    return marks


def stolen_seconds(cores: Collection[int] | None) -> float:
    """How long the hypervisor has kept these cores from work so far, or a typical one for None."""
    by_core = [
        getattr(times_of_core, "steal", 0.0) for times_of_core in psutil.cpu_times(percpu=True)
    ]
    return mean(by_core[core] for core in cores or range(len(by_core)))


def _read(own: list[psutil.Process], cores: Collection[int] | None) -> Reading:
    times, swap = psutil.cpu_times(), psutil.swap_memory()
    members = {member for process in own for member in family(process)}
    return Reading(
        # A guest's time is part of the user's, and told twice.
        total_seconds=sum(times) - getattr(times, "guest", 0) - getattr(times, "guest_nice", 0),
        idle_seconds=times.idle + getattr(times, "iowait", 0),
        stolen_seconds=getattr(times, "steal", 0),
        core_stolen_seconds=stolen_seconds(cores),
        own_seconds=processes.cpu_seconds(members),
        swapped_mib=(swap.sin + swap.sout) / processes.MIB,
        throttles=sum(map(_count, THROTTLES.glob("cpu*/thermal_throttle/core_throttle_count"))),
    )


def _count(path: Path) -> int:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return 0
