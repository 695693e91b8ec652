"""The load engine behind one function: connections that each ask again at once (a closed loop).

The engine is k9-load. What counts as answered, as an error and as time is decided here, and
`tests/test_load.py` proves it against a server whose delays and errors are known.
"""

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import k9
import k9.plan

GRACE_SECONDS = 15
INTERRUPTED = re.compile(r"(\d+) interrupted iterations")
CHECKS = ("checks{check:status}", "checks{check:contains}")


class LoadError(Exception):
    """The load engine itself failed, so that nothing was measured."""


@dataclass(frozen=True)
class Request:
    """What is asked again and again, and what makes an answer a good one.

    `contains` is a text that all good answers hold and no other. Path and body may hold references
    of `k9.plan`, such as `k9.plan.uuid()`; {id} in the path is one of `ids`, drawn at random for
    each request.
    """

    method: str
    path: str
    status: int = 200
    contains: str = ""
    json: Mapping[str, Any] | None = None
    ids: tuple[int, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Load:
    """What a run found; the rate and the percentiles are those of the good answers alone."""

    duration_seconds: float
    requests: int
    errors: int
    requests_per_second: float
    p50_ms: float
    p95_ms: float
    p99_ms: float


def run(url: str, request: Request, connections: int, duration_seconds: float) -> Load:
    """Ask the service at `url` over that many kept-alive connections, without a pause between.

    Another status, a broken connection and no answer within GRACE_SECONDS of the end are errors.
    An answer under way at the end is waited for and counted, and so is the time it took.
    """
    plan = _plan(url, request, connections, duration_seconds)
    try:
        result = k9.run(plan, args=["--quiet"], timeout=duration_seconds + 2 * GRACE_SECONDS)
    except (k9.K9Error, OSError, subprocess.SubprocessError) as error:
        raise LoadError(f"the load engine failed: {error}") from error
    interrupted = INTERRUPTED.search(result.stdout)
    if interrupted is None:
        raise LoadError("the load engine did not say how many requests were left unanswered")
    return _read(result.metrics, request.status, int(interrupted[1]))


def engine() -> str:
    """Name the engine and its version."""
    return f"k9-load {k9.__version__}"


def _plan(url: str, request: Request, connections: int, duration_seconds: float) -> k9.plan.Plan:
    ids = k9.plan.feeder("ids", rows=[{"id": id} for id in request.ids or (0,)], mode="random")
    step = k9.plan.request(
        request.method,
        url + request.path.replace("{id}", ids.id),
        json=request.json,
        name=request.path,
        checks={
            "status": k9.plan.status(request.status),
            "contains": k9.plan.body_contains(request.contains),
        },
    )
    options = {
        "scenarios": {"closed_loop": _closed_loop(connections, duration_seconds)},
        "maxRedirects": 0,
        # Thresholds that always hold: they make the engine report these apart.
        "thresholds": {
            _times(request.status): ["max>=0"],
            **{check: ["rate>=0"] for check in CHECKS},
        },
    }
    return k9.plan.Plan([step], options=options, feeders=[ids] if request.ids else [])


def _closed_loop(connections: int, duration_seconds: float) -> dict[str, object]:
    return {
        "executor": "constant-vus",
        "vus": connections,
        "duration": f"{round(duration_seconds * 1000)}ms",
        "gracefulStop": f"{GRACE_SECONDS}s",
    }


def _read(metrics: Mapping[str, Mapping[str, Any]], status: int, interrupted: int) -> Load:
    total = metrics.get("http_reqs", {"count": 0, "rate": 1})
    duration_seconds = total["count"] / total["rate"]
    good = min(int(metrics[check]["passes"]) for check in CHECKS)
    times = metrics[_times(status)]
    return Load(
        duration_seconds=duration_seconds,
        requests=good,
        errors=int(total["count"]) - good + interrupted,
        requests_per_second=good / duration_seconds if good else 0.0,
        p50_ms=times["med"],
        p95_ms=times["p(95)"],
        p99_ms=times["p(99)"],
    )


def _times(status: int) -> str:
    return f"http_req_duration{{status:{status}}}"
