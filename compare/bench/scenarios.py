"""What is measured, as data: the studies of a profile, and the scenarios of each study."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Literal

from compare.results.speed import Scenario, StudyName
from compare.running.requests import ENDPOINTS, MIXED, REQUESTS, RUNGS, WAITS

UPSTREAM_DELAY_MS = 100.0
WAIT_MS = 50.0


@dataclass(frozen=True)
class Study:
    """A study as one profile does it: its scenarios, and how long each is timed.

    The A/A pair runs its scenarios up to `a_a_through`. The yardstick, which answers many times as
    much, may be timed for less (`yardstick_seconds`).
    """

    name: StudyName
    scenarios: tuple[Scenario, ...]
    run_seconds: float
    a_a_through: str
    yardstick_seconds: float | None = None

    @property
    def application(self) -> Literal["service", "ladder"]:
        """What is asked in all its scenarios: the services, or their frameworks' ladders."""
        return self.scenarios[0].application

    @property
    def a_a_scenarios(self) -> tuple[str, ...]:
        """Where the A/A pair is measured: what comes first in the study.

        Without gaps, since a process carries its past along: a second copy that had answered no
        lighter dashboards before took a tenth longer for 64 at once.
        """
        names = [scenario.name for scenario in self.scenarios]
        return tuple(names[: names.index(self.a_a_through) + 1])


def only(studies: Iterable[Study], names: Collection[str]) -> tuple[Study, ...]:
    """Give the studies with nothing but the scenarios of these names."""
    return tuple(chosen for study in studies if (chosen := _with_only(study, names)))


def _with_only(study: Study, names: Collection[str]) -> Study | None:
    scenarios = tuple(scenario for scenario in study.scenarios if scenario.name in names)
    if not scenarios:
        return None
    # Every run has its noise: where the usual scenarios for it are left out, another one takes it.
    paired = [scenarios[0].name, *(name for name in study.a_a_scenarios if name in names)]
    return replace(study, scenarios=scenarios, a_a_through=paired[-1])


def _request_of(endpoint: str) -> str:
    return (
        ", ".join(f"{share} % {name}" for name, share in MIXED.items())
        if endpoint == "mixed"
        else f"{REQUESTS[endpoint].method} {REQUESTS[endpoint].path}"
    )


def _closed(endpoint: str, concurrency: int) -> Scenario:
    waits = endpoint == "dashboard"
    return Scenario(
        name=f"{endpoint}-{concurrency}",
        study="mixed" if endpoint == "mixed" else "closed-loop",
        endpoint=endpoint,
        request=_request_of(endpoint),
        concurrency=concurrency,
        delay_ms=UPSTREAM_DELAY_MS if waits or endpoint == "mixed" else None,
        ceiling_per_second=concurrency / (UPSTREAM_DELAY_MS / 1000) if waits else None,
    )


def _open(endpoint: str, rate_per_second: int) -> Scenario:
    return Scenario(
        name=f"{endpoint}-at-{rate_per_second}",
        study="open-loop",
        endpoint=endpoint,
        request=_request_of(endpoint),
        rate_per_second=rate_per_second,
        delay_ms=UPSTREAM_DELAY_MS if endpoint == "dashboard" else None,
    )


def _fan_out(delay_ms: int, concurrency: int) -> Scenario:
    return Scenario(
        name=f"fan-out-{delay_ms}ms-{concurrency}",
        study="fan-out",
        endpoint="dashboard",
        request=_request_of("dashboard"),
        concurrency=concurrency,
        delay_ms=delay_ms,
        ceiling_per_second=concurrency / (delay_ms / 1000),
        async_model="async",
    )


def _rung(rung: str) -> Scenario:
    return Scenario(
        name=f"ladder-{rung}",
        study="ladder",
        endpoint=rung,
        request=_request_of(rung),
        concurrency=16,
        application="ladder",
    )


def _wait(wait: str, concurrency: int) -> Scenario:
    return Scenario(
        name=f"wait-{wait}-{concurrency}",
        study="waiting",
        endpoint=wait,
        request=_request_of(wait),
        concurrency=concurrency,
        delay_ms=WAIT_MS,
        ceiling_per_second=concurrency / (WAIT_MS / 1000),
        # Blocking views have nothing but their threads to wait in.
        async_model=None if wait == "thread" else "async",
        application="ladder",
    )


def _grid(endpoints: Iterable[str], concurrencies: Iterable[int]) -> tuple[Scenario, ...]:
    concurrencies = tuple(concurrencies)
    return tuple(
        _closed(endpoint, concurrency) for endpoint in endpoints for concurrency in concurrencies
    )


QUICK = (
    Study(
        "closed-loop",
        (*_grid(ENDPOINTS, (1, 16)), _closed("dashboard", 64)),
        # Short runs and many blocks: what is started afresh may differ more than what runs on.
        run_seconds=0.5,
        a_a_through="detail-16",
        yardstick_seconds=0.25,
    ),
)

FULL = (
    Study(
        "closed-loop",
        _grid(ENDPOINTS, (1, 16, 64, 256)),
        run_seconds=1,
        a_a_through="dashboard-256",
    ),
    Study("mixed", _grid(("mixed",), (16, 64)), run_seconds=2, a_a_through="mixed-16"),
    Study(
        "open-loop",
        (
            *(_open("list", rate) for rate in (25, 50, 100, 150, 200, 300, 400)),
            *(_open("dashboard", rate) for rate in (25, 50, 100, 200, 400)),
        ),
        run_seconds=2,
        a_a_through="list-at-50",  # at higher rates a queue may grow, and no two are alike
    ),
    Study(
        "fan-out",
        tuple(
            _fan_out(delay, concurrency)
            for delay in (10, 100, 500)
            for concurrency in (1, 4, 16, 64, 256)
        ),
        run_seconds=1,
        a_a_through="fan-out-100ms-64",
    ),
    Study("ladder", tuple(map(_rung, RUNGS)), run_seconds=1, a_a_through="ladder-objects"),
    Study(
        "waiting",
        tuple(_wait(wait, concurrency) for wait in WAITS for concurrency in (1, 16, 64, 256)),
        run_seconds=1,
        a_a_through="wait-await-64",
    ),
)

PROFILES = {"quick": QUICK, "full": FULL}
