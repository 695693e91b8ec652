"""What HTTP leaves open or a server decides, and the contract cannot ask: seen, not judged."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial

import httpx

from compare.registry.services import Service
from compare.results.surveys import Observation
from compare.running.up import up
from compare.survey.observed import ends, left_open, sizes
from compare.survey.observed.target import PATIENCE_SECONDS, TOKEN, Question, Target, answer_of

# The last one ends the service.
QUESTIONS: tuple[Question, ...] = (*left_open.QUESTIONS, *sizes.QUESTIONS, *ends.QUESTIONS)
SETTINGS = {
    "API_TOKEN": TOKEN,
    "UPSTREAM_TIMEOUT_SECONDS": str(ends.UPSTREAM_TIMEOUT_SECONDS),
}


def observe_servers(
    services: Sequence[Service], on_progress: Callable[[str], None] | None = None
) -> list[Observation]:
    """Run each service on SQLite and put every question to it; some 15 seconds for each.

    `on_progress` is told each service's name before it is run.
    """
    observations: list[Observation] = []
    for service in services:
        if on_progress:
            on_progress(service.name)
        observations += _observe(service)
    return observations


def _observe(service: Service) -> list[Observation]:
    with up([service], "sqlite", overrides=SETTINGS) as running, ExitStack() as stack:
        process = running.services[service.name]
        client = stack.enter_context(_client(process.url, {"Authorization": f"Bearer {TOKEN}"}))
        upstreams = stack.enter_context(_client(running.upstreams.url))
        target = Target(process, client, upstreams)
        return [
            Observation(
                question=(question.__doc__ or "").split("\n")[0],
                service=service.name,
                server=service.server,
                said=answer_of(partial(question, target)),
            )
            for question in QUESTIONS
        ]


def _client(url: str, headers: dict[str, str] | None = None) -> httpx.Client:
    # An idle connection that is kept would be one more thing for a server to wait for at its end.
    return httpx.Client(
        base_url=url,
        headers=headers,
        timeout=PATIENCE_SECONDS,
        limits=httpx.Limits(max_keepalive_connections=0),
        trust_env=False,
    )
