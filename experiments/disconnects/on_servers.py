"""Clients that go away, on five servers: what each of them does to the application."""

import time
from contextlib import ExitStack

import httpx

from compare.running.launch import Running
from experiments.apparatus.leaving import asking
from experiments.apparatus.running import PATIENCE_SECONDS, running
from experiments.apparatus.stored import added_authors
from experiments.claim import Claim, Seen

DJANGO = "experiments.applications.leaving_site:application"
FASTAPI = "experiments.applications.leaving_api:application"

# Two servers let an application go on for a time, and cancel it then: its option, if it has one.
GRACE_OPTIONS = {
    "daphne": "--application-close-timeout {seconds}",
    "gunicorn": "--worker-class asgi --asgi-disconnect-grace-period {seconds}",
    "uvicorn": "",
    "hypercorn": "",
    "granian": "",
}
SHORT_SECONDS = 1
LONG_SECONDS = 30
POLL_SECONDS = 0.05


def leave_servers(application: str, grace_seconds: int) -> dict[str, str]:
    """Begin a slow request on each server and leave it; give what became of it, by server."""
    with ExitStack() as stack:
        servers: dict[str, Running] = {}
        for name, option in GRACE_OPTIONS.items():
            flags = option.format(seconds=grace_seconds).split()
            servers[name] = stack.enter_context(running(name, application, *flags))
            stack.callback(servers[name].kill)  # some take seconds to end in good order
            with asking(httpx.URL(servers[name].url).port or 0, "/slow"):
                last_event(servers[name], 1)
        return {name: last_event(server, 2) for name, server in servers.items()}


def last_event(server: Running, events_noted: int) -> str:
    """Give the event that the application noted last, once it has noted that many."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        answer = httpx.get(f"{server.url}/events", timeout=PATIENCE_SECONDS, trust_env=False)
        events: list[str] = answer.json()
        if len(events) >= events_noted or time.monotonic() > deadline:
            return events[-1]
        time.sleep(POLL_SECONDS)


@Claim(
    "endpoint-goes-on-after-a-disconnect",
    "FastAPI lets an endpoint go on when its client has left, and so its transaction commits.",
    framework="FastAPI",
    about="FastAPI 0.165 on uvicorn, hypercorn, granian, gunicorn 27 (`asgi`) and daphne 4.2",
    instead="Let the work take less than the server's grace, or give it to a background worker.",
    why="gunicorn's `asgi` worker cancels what still runs after `asgi_disconnect_grace_period`, "
    "3 seconds by default, and daphne after `--application-close-timeout`, 10 seconds by default; "
    "here both have 1 second, and the endpoint takes 4.",
    database="postgresql",
    needs=("daphne", "granian", "gunicorn", "hypercorn"),
)
def endpoint_goes_on(grace_seconds: int = SHORT_SECONDS) -> Seen:
    """Leave an endpoint of FastAPI in its transaction, on each server."""
    became = leave_servers(FASTAPI, grace_seconds)
    rows = added_authors()
    return Seen(
        held={f"it runs on {name}": word == "committed" for name, word in became.items()},
        evidence={**became, "rows that stay": len(rows)},
    )


endpoint_goes_on.falls_when(
    "the grace is longer than the endpoint takes", grace_seconds=LONG_SECONDS
)


@endpoint_goes_on.beside(
    "Django", "Django cancels an async view itself, on each of the five, long before the server."
)
def view_is_cancelled() -> Seen:
    """Leave an async view of Django, on each server."""
    became = leave_servers(DJANGO, LONG_SECONDS)
    return Seen(
        held=all(word == "cancelled" for word in became.values()),
        evidence=became,
    )
