"""What a fault is made on: a service on a database of its own, and the upstreams that it calls."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
from sqlalchemy import Engine, make_url, text

from compare.registry.services import Service
from compare.running import databases, launch

PATIENCE_SECONDS = 30.0
POLL_SECONDS = 0.02


@dataclass(frozen=True)
class Seen:
    """What a service did, in few words, and whether that is what is asked of a service."""

    held: bool
    said: str


@dataclass(frozen=True)
class Ground:
    """One service with a filled PostgreSQL database, and how long a fault goes on.

    `kills` is how often something is killed, `soak_seconds` how long the load goes on; `say` is
    told how far a long fault is.
    """

    service: Service
    database_url: str
    upstreams: launch.Running
    kills: int
    soak_seconds: float
    say: Callable[[str], None]

    @contextmanager
    def running(self, port: int | None = None, **overrides: str) -> Iterator[launch.Running]:
        """Run the service until the block ends, or is killed in it."""
        with launch.running(
            self.service,
            database_url=self.database_url,
            upstreams_url=self.upstreams.url,
            port=port,
            overrides=overrides,
        ) as running:
            yield running

    @property
    def database(self) -> Engine:
        """The database, by a connection of our own; each statement is its own transaction."""
        engine = databases.engine(self.database_url)
        return engine.execution_options(isolation_level="AUTOCOMMIT")

    def tell_server(self, *statements: str) -> None:
        """Run statements on the server, outside the database; {name} is the database's name."""
        url = make_url(self.database_url)
        outside = databases.engine(url.set(database="postgres").render_as_string(False))
        with outside.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            for statement in statements:
                connection.execute(text(statement.format(name=url.database)))

    def tell_upstreams(self, **behaviour: str | float) -> None:
        """Set how all upstreams behave; without a behaviour make them well."""
        with client(self.upstreams.url) as control:
            control.delete("/control").raise_for_status()
            control.delete("/log").raise_for_status()
            for name in control.get("/hits").json() if behaviour else ():
                control.put(f"/control/{name}", json=behaviour).raise_for_status()

    def upstream_calls(self) -> tuple[int, int]:
        """Count the calls of upstreams that began, and those that have ended."""
        with client(self.upstreams.url) as control:
            calls = control.get("/log").json()
        return sum(calls["hits"].values()), len(calls["log"])


# Its docstring says what is done to the service.
Fault = Callable[[Ground], Seen]


def client(url: str, timeout_seconds: float = PATIENCE_SECONDS) -> httpx.Client:
    """Give a client that no proxy of the reader's stands before."""
    return httpx.Client(base_url=url, timeout=timeout_seconds, trust_env=False)


def status(url: str, path: str, timeout_seconds: float = PATIENCE_SECONDS) -> int | None:
    """Ask on a new connection; give the status, None when no answer comes in time."""
    try:
        with client(url, timeout_seconds) as asking:
            return asking.get(path).status_code
    except httpx.TransportError:
        return None


def wait_until(is_so: Callable[[], bool]) -> float:
    """Ask until it is so, and give the seconds that took; TimeoutError when it takes too long."""
    began = time.monotonic()
    while not is_so():
        if time.monotonic() - began > PATIENCE_SECONDS:
            raise TimeoutError
        time.sleep(POLL_SECONDS)
    return time.monotonic() - began
