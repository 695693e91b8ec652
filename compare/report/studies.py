"""Each study as the page shows it: which charts it has, the steps of the ladder, and the costs."""

from collections.abc import Sequence
from dataclasses import dataclass

from compare.report.charts import Chart, charts
from compare.report.figures import ContenderFigures, Measured, Studies, all_scenarios, middle
from compare.results.model import Results

WAIT_TITLES = {
    "await": "The view awaits",
    "blocking-call": "An async view makes a blocking call",
    "thread": "The view waits in a thread",
}
RUNG_TITLES = {
    "nothing": "no database",
    "select-1": "one `SELECT 1`",
    "rows": "the query, as rows",
    "objects": "the query, as objects",
    "n-plus-1": "objects, one post at a time",
}


@dataclass(frozen=True)
class Rung:
    """A rung of the ladder for one service; `added_ms` is what it costs above the rung below."""

    text: str
    measured: Measured
    figures: ContenderFigures
    added_ms: float | None


@dataclass(frozen=True)
class Peak:
    """The highest figure of a service, and the scenario that has it."""

    value: float
    measured: Measured


@dataclass(frozen=True)
class Standing:
    """What a contender takes before it is asked anything (medians of its starts), and at most."""

    contender: str
    starts: int
    ready_seconds: float
    idle_memory_mib: float | None
    idle_threads: float
    memory_mib: Peak | None
    threads: Peak | None
    connections: Peak | None


def rates(studies: Studies, services: Sequence[str]) -> dict[str, list[Chart]]:
    """Give endpoint -> two charts of time to answer by offered rate: median, and 95th of 100."""
    return {
        endpoint: charts(
            {
                "Half of the answers came within (p50)": (
                    scenarios,
                    lambda figures: figures.p50_ms,
                ),
                "95 % of the answers came within (p95)": (
                    scenarios,
                    lambda figures: figures.p95_ms,
                ),
            },
            "ms",
            services,
        )
        for endpoint, scenarios in studies.get("open-loop", {}).items()
    }


def fan_out(studies: Studies, services: Sequence[str]) -> list[Chart]:
    """Give a chart of throughput by requests in flight for each delay of the upstreams."""
    by_delay = delays(studies)
    return _throughputs(
        {f"Upstreams answer after {delay}": scenarios for delay, scenarios in by_delay.items()},
        services,
    )


def delays(studies: Studies) -> dict[str, list[Measured]]:
    """Give delay of the upstreams, in words -> the scenarios of the fan-out."""
    groups: dict[str, list[Measured]] = {}
    for measured in studies.get("fan-out", {}).get("dashboard", []):
        groups.setdefault(f"{measured.scenario.delay_ms or 0:g} ms", []).append(measured)
    return groups


def waiting(studies: Studies, services: Sequence[str]) -> list[Chart]:
    """Give a chart of throughput by requests in flight for each way to wait."""
    return _throughputs(waits(studies), services)


def waits(studies: Studies) -> dict[str, list[Measured]]:
    """Give way to wait, in words -> its scenarios."""
    by_wait = studies.get("waiting", {})
    return {WAIT_TITLES.get(name, name): scenarios for name, scenarios in by_wait.items()}


def ladder(studies: Studies, services: Sequence[str]) -> dict[str, list[Rung]]:
    """Give service -> its rungs from the bottom."""
    rungs = [measured for scenarios in studies.get("ladder", {}).values() for measured in scenarios]
    climbed: dict[str, list[Rung]] = {}
    for service in services:
        below: ContenderFigures | None = None
        for measured in rungs:
            figures = measured.figures.get(service)
            if figures:
                text = RUNG_TITLES.get(measured.scenario.endpoint, measured.scenario.endpoint)
                added_ms = figures.cpu_ms - below.cpu_ms if below else None
                climbed.setdefault(service, []).append(Rung(text, measured, figures, added_ms))
                below = figures
    return climbed


def standings(results: Results, studies: Studies) -> list[Standing]:
    """Give what each contender takes, services first; peaks are those of the service itself."""
    own = [
        measured
        for measured in all_scenarios(studies)
        if measured.scenario.application == "service"
    ]
    names = [service.name for service in results.services]
    names += [results.yardstick.name] if results.yardstick else []
    candidates = (_standing(results, own, name) for name in names)
    return [standing for standing in candidates if standing.starts]


def _throughputs(groups: dict[str, list[Measured]], services: Sequence[str]) -> list[Chart]:
    shown = {
        title: (scenarios, lambda figures: figures.requests_per_second)
        for title, scenarios in groups.items()
    }
    return charts(shown, "a second", services)


def _standing(results: Results, scenarios: Sequence[Measured], name: str) -> Standing:
    ladders = {scenario.study for scenario in results.scenarios if scenario.application == "ladder"}
    starts = [
        start for start in results.starts if start.contender == name and start.study not in ladders
    ]
    return Standing(
        contender=name,
        starts=len(starts),
        ready_seconds=middle(start.ready_seconds for start in starts) or 0.0,
        idle_memory_mib=middle(start.memory_mib for start in starts),
        idle_threads=middle(start.threads for start in starts) or 0.0,
        memory_mib=_peak(scenarios, name, "memory_mib"),
        threads=_peak(scenarios, name, "threads"),
        connections=_peak(scenarios, name, "connections"),
    )


def _peak(scenarios: Sequence[Measured], name: str, figure: str) -> Peak | None:
    peaks = [
        Peak(value, measured)
        for measured in scenarios
        if name in measured.figures
        and (value := getattr(measured.figures[name], figure)) is not None
    ]
    return max(peaks, key=lambda peak: peak.value, default=None)
