"""A load that goes on: what a service holds must not grow with the requests it has answered."""

from collections.abc import Sequence
from dataclasses import dataclass

from compare.running import load
from compare.running.launch import Running
from compare.running.requests import mix_of
from compare.running.stopping import family
from compare.survey.faults.ground import Fault, Ground, Seen

IN_FLIGHT = 8
PARTS = 6
MIB = 1024**2
# Of the last part beside the second; the first one warms up. Allocators keep what they once had.
MOST_MIB_MORE = 8.0
MOST_DESCRIPTORS_MORE = 4
SLOWER = 1.5


@dataclass(frozen=True)
class Reading:
    """What a service holds after a part of the load, and how fast it answered."""

    memory_mib: float
    descriptors: int
    threads: int
    p95_ms: float
    requests: int
    errors: int


def load_goes_on(ground: Ground) -> Seen:
    """A mixed load goes on and on: lists, details, dashboards and creates."""
    ground.tell_upstreams()
    with ground.running() as running:
        readings = []
        for number in range(PARTS):
            ground.say(f"{number} of {PARTS} parts")
            readings.append(_part(running, ground.soak_seconds / PARTS))
        running.check_alive()
    return _judged(ground.soak_seconds, readings)


def _part(running: Running, seconds: float) -> Reading:
    result = load.run(running.url, mix_of("mixed"), load.ClosedLoop(IN_FLIGHT), seconds)
    processes = family(running.process)
    return Reading(
        memory_mib=sum(process.memory_info().rss for process in processes) / MIB,
        descriptors=sum(process.num_fds() for process in processes),
        threads=sum(process.num_threads() for process in processes),
        p95_ms=result.p95_ms,
        requests=result.requests,
        errors=result.errors,
    )


def _judged(seconds: float, readings: Sequence[Reading]) -> Seen:
    _, early, *_, late = readings
    errors = sum(reading.errors for reading in readings)
    held = (
        not errors
        and late.memory_mib - early.memory_mib < MOST_MIB_MORE
        and late.descriptors - early.descriptors < MOST_DESCRIPTORS_MORE
        and late.p95_ms < SLOWER * early.p95_ms
    )
    said = (
        f"{sum(reading.requests for reading in readings):,} requests in {seconds / 60:.1f} minutes,"
        f" {errors:,} errors; from its second sixth to its last: memory {early.memory_mib:.0f} to "
        f"{late.memory_mib:.0f} MiB, descriptors {early.descriptors} to {late.descriptors}, threads"
        f" {early.threads} to {late.threads}, p95 {early.p95_ms:.0f} to {late.p95_ms:.0f} ms"
    )
    return Seen(held, said)


FAULTS: tuple[Fault, ...] = (load_goes_on,)
