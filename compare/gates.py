"""The gates: what makes a timed run one that cannot be kept, and what it is marked with."""

from compare.load import Load
from compare.measured import Sample, Scenario
from compare.scenarios import REQUESTS

UPSTREAMS = ("weather", "news", "stocks")
# An engine that has so little left would be measured itself: of the cores it may use, and of the
# answers a second that it gets where there is no work.
BUSY_CLIENT = 0.9
NEAR_NULL = 0.7
# One or two are the engine's clock; what leaves later makes its service look as much quicker.
MOST_LATE_MS = 5.0


class GateError(Exception):
    """Figures that must not be kept: a service that is measured answered wrongly."""


def refusal_of(scenario: Scenario, found: Load, upstream_hits: int, difference: str = "") -> str:
    """Say why a run cannot be kept; the empty text when it can.

    `upstream_hits` counts all three upstreams, `difference` is how a body differed from the
    contract's. What the ceiling allows is one round more than the time of the run: clocks are read
    before the first request and after the last.
    """
    if found.errors or not found.requests:
        return f"{found.errors} errors beside {found.requests} answers"
    if difference:
        return difference
    calls = found.answers.get(REQUESTS["dashboard"].path, 0) * len(UPSTREAMS)
    if upstream_hits < calls:
        return f"{upstream_hits} calls of the upstreams, where the answers took {calls}"
    if scenario.ceiling_per_second is None or scenario.concurrency is None:
        return ""
    most = scenario.ceiling_per_second * found.duration_seconds + scenario.concurrency
    if found.requests > most:
        return f"{found.requests} answers, where the delay allows {most:.0f}"
    return ""


def marks_of(
    sample: Sample, client_cores: int, null_per_second: float | None, sent_late_ms: float = 0
) -> list[str]:
    """Say whether the load engine may have been what limited a run, or made it look quick."""
    marks = []
    if sent_late_ms > MOST_LATE_MS:
        marks.append(f"the load engine sent its requests {sent_late_ms:.0f} ms late on average")
    if sample.cost.client_cores > BUSY_CLIENT * client_cores:
        marks.append("the load engine had no time left")
    if null_per_second and sample.requests_per_second > NEAR_NULL * null_per_second:
        marks.append("the load engine was near its limit")
    return marks
