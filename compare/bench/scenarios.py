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
    """A study as one profile does it: its scenarios, and how long each is timed in a block.

    A contender gets so many turns in each scenario, of so many seconds each; `yardstick_turns` are
    those of the yardstick, which answers many times as much. In an open loop a turn is a run of its
    own.
    """

    name: StudyName
    scenarios: tuple[Scenario, ...]
    turns: int
    turn_seconds: float
    yardstick_turns: int

    def turns_of(self, scenario: Scenario) -> int:
        """How many turns a scenario has in a block.

        What waits for others is steadier, and its turns are longer: it has a quarter of them.
        """
        return max(1, self.turns // 4) if scenario.ceiling_per_second else self.turns

    @property
    def application(self) -> Literal["service", "ladder"]:
        """What is asked in all its scenarios: the services, or their frameworks' ladders."""
        return self.scenarios[0].application


def only(studies: Iterable[Study], names: Collection[str]) -> tuple[Study, ...]:
    """Give the studies with nothing but the scenarios of these names."""
    return tuple(chosen for study in studies if (chosen := _with_only(study, names)))


def _with_only(study: Study, names: Collection[str]) -> Study | None:
    scenarios = tuple(scenario for scenario in study.scenarios if scenario.name in names)
    return replace(study, scenarios=scenarios) if scenarios else None


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
        _grid(ENDPOINTS, (16,)),
        # Few turns and many blocks: what is started afresh may differ more than what runs on.
        turns=5,
        turn_seconds=0.15,
        yardstick_turns=1,
    ),
)

FULL = (
    Study(
        "closed-loop",
        _grid(ENDPOINTS, (1, 16, 64, 256)),
        turns=4,
        turn_seconds=0.2,
        yardstick_turns=2,
    ),
    Study("mixed", _grid(("mixed",), (16, 64)), turns=10, turn_seconds=0.25, yardstick_turns=4),
    Study(
        "open-loop",
        (
            *(_open("list", rate) for rate in (25, 50, 100, 150, 200, 300, 400)),
            *(_open("dashboard", rate) for rate in (25, 50, 100, 200, 400)),
        ),
        turns=1,
        turn_seconds=2,
        yardstick_turns=1,
    ),
    Study(
        "fan-out",
        tuple(
            _fan_out(delay, concurrency)
            for delay in (10, 100, 500)
            for concurrency in (1, 4, 16, 64, 256)
        ),
        turns=4,
        turn_seconds=0.25,
        yardstick_turns=2,
    ),
    Study("ladder", tuple(map(_rung, RUNGS)), turns=6, turn_seconds=0.2, yardstick_turns=3),
    Study(
        "waiting",
        tuple(_wait(wait, concurrency) for wait in WAITS for concurrency in (1, 16, 64, 256)),
        turns=4,
        turn_seconds=0.2,
        yardstick_turns=2,
    ),
)

PROFILES = {"quick": QUICK, "full": FULL}
