"""Run services under the tracing entry, ask each of them once or often at once, read the spans."""

import asyncio
import os
import secrets
import tempfile
import time
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import httpx

from compare.bench.upstreams import Upstreams
from compare.errors import GateError, LaunchError
from compare.ledger import spans
from compare.ledger.timelines import timeline
from compare.registry.environment import settings
from compare.registry.services import Service
from compare.results.timelines import Timeline
from compare.running import databases, launch
from compare.running.requests import GATHERED, REQUESTS, WAITS
from compare.running.stopping import stop
from compare.running.turns import question

FILE, NAME, COLLECTOR = "TRACING_FILE", "TRACING_SERVICE", "OTEL_EXPORTER_OTLP_"
WARM_UP_REQUESTS = 2
PATIENCE_SECONDS = 20.0
POLL_SECONDS = 0.02


@dataclass(frozen=True)
class Asked:
    """What is traced: so many requests of an endpoint at once, with upstreams this slow."""

    endpoint: str
    concurrent: int
    upstream_delay_ms: float


def record(
    services: Sequence[Service],
    questions: Sequence[Asked],
    source: databases.Databases,
    upstreams: Upstreams,
) -> list[Timeline]:
    """Trace the services: all are started at once, and asked one after another, of one application.

    LaunchError when one does not start or writes no spans, GateError when it answers wrongly.
    """
    with tempfile.TemporaryDirectory(prefix="compare-trace-") as folder, ExitStack() as stack:
        file_of = {service.name: Path(folder) / service.name for service in services}
        started = ready(services, questions[0].endpoint, source, upstreams, file_of, stack)
        traces = {
            (running.name, asked): asyncio.run(_ask(running, asked, upstreams))
            for running in started
            for asked in questions
        }
        for running in started:
            of_this = [traces[running.name, asked] for asked in questions]
            wait_for_requests(running, file_of[running.name], {*chain(*of_this)})
        with ThreadPoolExecutor() as threads:  # when they end they write what came last
            list(threads.map(lambda running: stop(running.process), started))
        return [
            timeline(name, asked.endpoint, source.label, spans.read(file_of[name], of))
            for (name, asked), of in traces.items()
        ]


def ready(
    services: Sequence[Service],
    endpoint: str,
    source: databases.Databases,
    upstreams: Upstreams,
    file_of: Mapping[str, Path],
    stack: ExitStack,
) -> list[launch.Running]:
    """Run services under the tracing entry until the stack is closed, on the seed data, and ready.

    They share a database, whose tables the first one makes: those of all are the same. It is made
    while they start.
    """
    url = source.create(services[0].name)
    started = [
        stack.enter_context(begun(service, endpoint, url, upstreams.url, file_of[service.name]))
        for service in services
    ]
    launch.migrate(services[0], url)
    databases.fill(url)
    for running in started:
        launch.wait_until_ready(running, "/ready")
    return started


def begun(
    service: Service, endpoint: str, database_url: str, upstreams_url: str, file: Path
) -> AbstractContextManager[launch.Running]:
    """Start a service under the tracing entry; its spans go to the file.

    What asks the endpoint, or any other of the same application, can ask for its spans (`sampled`).
    """
    chosen = settings(service, database_url, upstreams_url)
    # The reader's own collector, which a service that is measured must not know of.
    collector = {name: text for name, text in os.environ.items() if name.startswith(COLLECTOR)}
    chosen |= {FILE: str(file), NAME: service.name} | collector
    return launch.begun(service.name, command(service, endpoint), chosen)


def command(service: Service, endpoint: str) -> tuple[str, ...]:
    """Give the command that runs the service, or its ladder, under the tracing entry."""
    python, _, *server = service.ladder if endpoint in (*WAITS, GATHERED) else service.command
    if not service.is_traceable:
        reason = "its server is no Python module, or starts Python anew"
        raise LaunchError(f"{service.name} cannot be traced: {reason}")
    return (python, "-m", "tracing", *server)


async def _ask(running: launch.Running, asked: Asked, upstreams: Upstreams) -> set[str]:
    """Warm the service up, ask it, and give the ids of the traces."""
    parents = [sampled() for _ in range(asked.concurrent)]
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(
        base_url=running.url, timeout=PATIENCE_SECONDS, trust_env=False, verify=False, limits=limits
    ) as client:
        upstreams.delay(0)
        for _ in range(WARM_UP_REQUESTS):
            await _ask_once(client, asked.endpoint, running.name, {})
        # Connected already, so that they are sent at once.
        await asyncio.gather(*(_connect(client, running.name) for _ in parents))
        upstreams.delay(asked.upstream_delay_ms)
        await asyncio.gather(
            *(
                _ask_once(client, asked.endpoint, running.name, {"traceparent": parent})
                for parent in parents
            )
        )
    return {trace_of(parent) for parent in parents}


async def _connect(client: httpx.AsyncClient, service: str) -> None:
    try:
        await client.get("/health")
    except httpx.HTTPError as error:
        raise GateError(f"{service}: no answer to GET /health: {error}") from error


async def _ask_once(
    client: httpx.AsyncClient, endpoint: str, service: str, headers: dict[str, str]
) -> None:
    asked = question(100, REQUESTS[endpoint])
    path, body = asked.draw()
    try:
        headers = headers | {"Content-Type": "application/json"}
        answer = await client.request(asked.method, path, content=body or None, headers=headers)
    except httpx.HTTPError as error:
        reason = str(error) or type(error).__name__
        raise GateError(f"{service}: no answer to {asked.method} {path}: {reason}") from error
    if answer.status_code != asked.status or asked.contains not in answer.text:
        raise GateError(
            f"{service}: {asked.method} {path} gave {answer.status_code}: {answer.text}"
        )


def sampled() -> str:
    """Make a `traceparent` (W3C Trace Context) that asks for the request to be traced."""
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"


def trace_of(parent: str) -> str:
    """Give the id of the trace in a `traceparent`."""
    return parent.split("-")[1]


def wait_for_requests(running: launch.Running, file: Path, traces: Collection[str]) -> None:
    """Wait until the requests of these traces are in the file; LaunchError when they never are.

    What ends after them is written a little later, or when the service ends.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        running.check_alive()
        if spans.requests(file) >= set(traces):
            return
        time.sleep(POLL_SECONDS)
    raise LaunchError(f"{running.name} wrote no span of its request", running.log)
