"""The gates: what makes a figure one that cannot be kept, and what it is marked with."""

from compare.results.speed import Sample, Scenario
from compare.running.load import Load
from compare.running.requests import REQUESTS
from shared.upstreams import NAMES as UPSTREAMS

# What has so little left would be measured itself: of the cores that it may use, and of the answers
# a second that the engine gets where there is no work.
BUSY = 0.9
# Of a core, between its turns: ten times what idle services take.
IDLE_CORES = 0.05
NEAR_NULL = 0.7
# One or two are the engine's clock; what leaves later makes its service look as much quicker.
MOST_LATE_MS = 5.0
EARLY_SECONDS = 0.001


def refusal_of(scenario: Scenario, loaded: Load, upstream_hits: int, difference: str = "") -> str:
    """Say why a figure cannot be kept; the empty text when it can.

    `upstream_hits` counts all three upstreams, `difference` is how a body differed from the
    contract's. A turn begins before its first request and ends after its last answer, so that the
    ceiling is never reached; but a timer of the simulator may end EARLY_SECONDS too soon.
    """
    if loaded.errors or not loaded.requests:
        known = f": {loaded.first_error}" if loaded.first_error else ""
        return f"{loaded.errors} errors beside {loaded.requests} answers{known}"
    if difference:
        return difference
    calls = loaded.answers.get(REQUESTS["dashboard"].path, 0) * len(UPSTREAMS)
    if upstream_hits < calls:
        return f"{upstream_hits} calls of the upstreams, where the answers took {calls}"
    if scenario.ceiling_per_second is None or scenario.concurrency is None:
        return ""
    delay_seconds = scenario.concurrency / scenario.ceiling_per_second
    most = scenario.concurrency * loaded.duration_seconds / (delay_seconds - EARLY_SECONDS)
    if loaded.requests > most:
        return f"{loaded.requests} answers, where the delay allows {most:.0f}"
    return ""


def marks_of(
    sample: Sample,
    client_cores: int,
    upstream_cores: float = 0,
    null_per_second: float | None = None,
    sent_late_ms: float = 0,
) -> list[str]:
    """Say whether something else than the service may have been what limited it.

    `client_cores` is how many cores there are for load, upstreams and database, `upstream_cores`
    how many the upstreams kept busy, one at most.
    """
    database_ms = sample.cost.database_cpu_ms_per_request or 0
    database_cores = database_ms / 1000 * sample.requests / sample.duration_seconds
    busy_cores = sample.cost.client_cores + upstream_cores + database_cores
    said = {
        "the load client had no time left": sample.cost.client_cores > BUSY * client_cores,
        "the upstreams had no time left": upstream_cores > BUSY,
        "load, upstreams and database had no time left": busy_cores > BUSY * client_cores,
        "the load client was near its limit": null_per_second is not None
        and sample.requests_per_second > NEAR_NULL * null_per_second,
        "it worked between its turns": (sample.between_turns_cores or 0) > IDLE_CORES,
        f"the load client sent its requests {sent_late_ms:.0f} ms late on average": sent_late_ms
        > MOST_LATE_MS,
    }
    return [mark for mark, is_so in said.items() if is_so]
