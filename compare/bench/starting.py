"""Start a contender for a block: on fresh seed data, ready, and warm."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from compare.bench import costs
from compare.bench.block import Block
from compare.bench.contenders import Contender
from compare.bench.rig import Entrant, Rig
from compare.bench.scenarios import Study
from compare.errors import GateError
from compare.results.speed import Null, Start
from compare.running import databases, launch
from compare.running.requests import ENDPOINTS, REQUESTS, Request

WARM_UP_SECONDS = 0.3
WARM_UP_CONNECTIONS = 16
NULL = [(100, Request("GET", "/health"))]
NULL_SECONDS = 0.3
# While it is timed, a service waits as long as it takes: too much load shows as waiting, and not
# as the errors that its usual timeouts make of it.
PATIENCE = {"UPSTREAM_TIMEOUT_SECONDS": "20", "DATABASE_TIMEOUT_SECONDS": "20"}


@contextmanager
def started(contender: Contender, study: Study, block: Block, rig: Rig) -> Iterator[Entrant]:
    """Run a contender until the block ends, and note its start; it stands ready and warm."""
    databases.fill(contender.database_url)
    rig.upstreams.delay(0)
    began_at_seconds = time.monotonic()
    with launch.running(
        replace(contender.service, command=contender.command(study)),
        database_url=contender.database_url,
        upstreams_url=rig.upstreams.url,
        cores=rig.service_cores,
        overrides=PATIENCE,
    ) as running:
        ready_seconds = time.monotonic() - began_at_seconds
        entrant = Entrant(contender, running)
        block.starts.append(_start(entrant, block, ready_seconds))
        _warm_up(entrant, study, rig)
        if contender.service.is_yardstick:
            block.nulls.append(_null(entrant, block, rig))
        yield entrant
        running.kill()  # nothing of it is needed any more, and its connections would be waited for


def _start(entrant: Entrant, block: Block, ready_seconds: float) -> Start:
    memory_mib, threads = costs.idle(entrant.running)
    return Start(
        study=block.run.study,
        contender=entrant.contender.name,
        block=block.run.number,
        ready_seconds=ready_seconds,
        memory_mib=memory_mib,
        threads=threads,
    )


def _null(entrant: Entrant, block: Block, rig: Rig) -> Null:
    turn = rig.client.turn(entrant.running.url, NULL, WARM_UP_CONNECTIONS, NULL_SECONDS)
    rig.null_per_second = turn.answers.total() / turn.duration_seconds
    return Null(
        study=block.run.study,
        block=block.run.number,
        requests_per_second=rig.null_per_second,
    )


def _warm_up(entrant: Entrant, study: Study, rig: Rig) -> None:
    endpoints = {
        scenario.endpoint
        for scenario in study.scenarios
        if entrant.contender.takes(scenario, study, block=0)
    }
    asked = ENDPOINTS if study.application == "service" else sorted(endpoints)
    mix = [(100 // len(asked), REQUESTS[endpoint]) for endpoint in asked]
    turn = rig.client.turn(entrant.running.url, mix, WARM_UP_CONNECTIONS, WARM_UP_SECONDS)
    if turn.errors:
        name, errors = entrant.contender.name, turn.errors.total()
        raise GateError(
            f"{name}: {errors} errors while it was warmed up: {next(iter(turn.errors))}"
        )
