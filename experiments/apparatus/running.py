"""Servers as processes of their own, and the applications that are here for them.

None of them logs requests, so that none does more than another.
"""

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import httpx

from compare.registry.servers import (
    DAPHNE,
    GRANIAN,
    GUNICORN_GTHREAD,
    HYPERCORN,
    PYTHON,
    UVICORN,
    Server,
)
from compare.running.launch import Running, launched
from compare.running.protocols import command_of

DJANGO = "experiments.applications.django_project:application"
DJANGO_WSGI = "experiments.applications.django_project:wsgi_application"
DJANGO_AND_WEBSOCKETS = "experiments.applications.django_project:with_websockets"
FASTAPI = "experiments.applications.fastapi_project:application"
BARE = "experiments.applications.bare:application"

PATIENCE_SECONDS = 20.0  # a port may take connections before its workers are there


def _by_default(server: Server, command: str) -> Server:
    return replace(server, command=(PYTHON, *shlex.split(command), "{application}"))


SERVERS = {
    # Claims speak of these two as they start by default: without the flags of the registry, which
    # choose a loop, a parser and a worker.
    "uvicorn": _by_default(
        UVICORN, "-m uvicorn --log-level warning --no-access-log --host {host} --port {port}"
    ),
    "gunicorn": _by_default(
        GUNICORN_GTHREAD, "-m gunicorn --log-level warning --bind {host}:{port}"
    ),
    "daphne": DAPHNE,
    # Without a parent process, which takes seconds to end.
    "hypercorn": replace(HYPERCORN, command=(*HYPERCORN.command, "--workers", "0")),
    "granian": GRANIAN,
}


@contextmanager
def running(server: str, application: str, *flags: str, **chosen: str) -> Iterator[Running]:
    """Run a server until the block ends; `chosen` are variables of its environment."""
    command = command_of(SERVERS[server], application, flags)
    with launched(server, command, None, chosen) as started:
        yield started


def get(server: Running) -> httpx.Response:
    """Ask a server on a connection of its own."""
    # Without certificates, which take longer to load than the answer.
    return httpx.get(server.url, timeout=PATIENCE_SECONDS, trust_env=False, verify=False)
