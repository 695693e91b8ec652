"""Run services under the tracing entry, ask each of them once or often at once, read the spans."""

import asyncio
import os
import secrets
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx

from compare.bench.upstreams import Upstreams
from compare.errors import GateError, LaunchError
from compare.ledger import spans
from compare.ledger.timelines import REQUEST, timeline
from compare.registry.environment import settings
from compare.registry.services import Service
from compare.results.timelines import Timeline
from compare.running import databases, launch
from compare.running.requests import REQUESTS, WAITS
from compare.running.stopping import stop
from compare.running.turns import question

FILE, NAME, TELEMETRY = "TRACING_FILE", "TRACING_SERVICE", "OTEL_"
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
    services: Sequence[Service], asked: Asked, source: databases.Databases, upstreams: Upstreams
) -> list[Timeline]:
    """Trace the services: all are started at once, and asked one after another.

    LaunchError when one does not start or writes no spans, GateError when it answers wrongly.
    """
    with tempfile.TemporaryDirectory(prefix="compare-trace-") as folder, ExitStack() as stack:
        file_of = {service.name: Path(folder) / service.name for service in services}
        started = ready(services, asked.endpoint, source, upstreams, file_of, stack)
        for running in started:
            asyncio.run(_ask(running, asked, upstreams))
            _wait_for_requests(file_of[running.name], asked.concurrent, running)
        with ThreadPoolExecutor() as threads:  # when they end they write what came last
            list(threads.map(lambda running: stop(running.process), started))
        return [
            timeline(name, asked.endpoint, source.label, spans.read(file))
            for name, file in file_of.items()
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
    # The reader's own collector, which no other command hands to a service.
    telemetry = {name: text for name, text in os.environ.items() if name.startswith(TELEMETRY)}
    chosen |= {FILE: str(file), NAME: service.name} | telemetry
    return launch.begun(service.name, command(service, endpoint), chosen)


def command(service: Service, endpoint: str) -> tuple[str, ...]:
    """Give the command that runs the service, or its ladder, under the tracing entry."""
    python, flag, *server = service.ladder if endpoint in WAITS else service.command
    if flag != "-m":
        raise LaunchError(f"{service.name} cannot be traced: its server is no Python module")
    return (python, "-m", "tracing", *server)


async def _ask(running: launch.Running, asked: Asked, upstreams: Upstreams) -> None:
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(
        base_url=running.url, timeout=PATIENCE_SECONDS, trust_env=False, verify=False, limits=limits
    ) as client:
        upstreams.delay(0)
        for _ in range(WARM_UP_REQUESTS):
            await _ask_once(client, asked.endpoint, running.name, {})
        # Connected already, so that they are sent at once.
        await asyncio.gather(*(client.get("/health") for _ in range(asked.concurrent)))
        upstreams.delay(asked.upstream_delay_ms)
        await asyncio.gather(
            *(
                _ask_once(client, asked.endpoint, running.name, {"traceparent": sampled()})
                for _ in range(asked.concurrent)
            )
        )


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


def _wait_for_requests(file: Path, count: int, running: launch.Running) -> None:
    """Wait until the requests are in the file; what ends after them comes when the service ends."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        running.check_alive()
        written = file.read_text(encoding="utf-8") if file.exists() else ""
        if written.count(f'"kind": "{REQUEST}"') >= count:
            return
        time.sleep(POLL_SECONDS)
    raise LaunchError(f"{running.name} wrote no span of its request", running.log)
