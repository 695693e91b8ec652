"""Servers as processes of their own, and the applications that are here for them.

None of them logs requests, so that none does more than another.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from compare.running.launch import Running, launched

DJANGO = "experiments.applications.django_project:application"
DJANGO_WSGI = "experiments.applications.django_project:wsgi_application"
DJANGO_AND_WEBSOCKETS = "experiments.applications.django_project:with_websockets"
FASTAPI = "experiments.applications.fastapi_project:application"
BARE = "experiments.applications.bare:application"

PATIENCE_SECONDS = 20.0  # a port may take connections before its workers are there

SERVERS = {
    "uvicorn": "uvicorn --log-level warning --no-access-log",
    "daphne": "daphne --verbosity 0",
    # Without a parent process, which takes seconds to end.
    "hypercorn": "hypercorn --log-level warning --workers 0",
    "granian": "granian --interface asgi --log-level warning --no-access-log",
    "gunicorn": "gunicorn --log-level warning",
}
ADDRESSES = {
    "uvicorn": "--host {host} --port {port}",
    "daphne": "--bind {host} --port {port}",
    "hypercorn": "--bind {host}:{port}",
    "granian": "--host {host} --port {port}",
    "gunicorn": "--bind {host}:{port}",
}


@contextmanager
def running(server: str, application: str, *flags: str, **chosen: str) -> Iterator[Running]:
    """Run a server until the block ends; `chosen` are variables of its environment."""
    words = f"{SERVERS[server]} {ADDRESSES[server]}".split()
    command = (sys.executable, "-m", *words, *flags, application)
    with launched(server, command, None, chosen) as started:
        yield started


def get(server: Running) -> httpx.Response:
    """Ask a server on a connection of its own."""
    # Without certificates, which take longer to load than the answer.
    return httpx.get(server.url, timeout=PATIENCE_SECONDS, trust_env=False, verify=False)
