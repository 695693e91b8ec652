"""What holds for every test, and what many share: databases, and services that are only read."""

import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache

import httpx
import pytest

from compare.registry.services import SERVICES
from compare.running import databases
from tests.support.scripted_server import running as scripted_server_running
from tests.support.serving import serving


def pytest_configure() -> None:
    """Let Ctrl-C mean something again: a shell lets the jobs in its background ignore it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def sqlite() -> Iterator[databases.Databases]:
    """Fresh SQLite files."""
    with databases.open("sqlite") as source:
        yield source


@pytest.fixture(scope="session")
def postgres() -> Iterator[databases.Databases]:
    """Fresh databases of an embedded PostgreSQL."""
    with databases.open("postgres") as source:
        yield source


@pytest.fixture(scope="session", params=["sqlite", "postgres"])
def source(request: pytest.FixtureRequest) -> databases.Databases:
    """Fresh databases of one kind."""
    source: databases.Databases = request.getfixturevalue(request.param)
    return source


@pytest.fixture(scope="session")
def client_of(sqlite: databases.Databases) -> Iterator[Callable[[str], httpx.Client]]:
    """A client of a service of this name on SQLite, which is started once for all tests."""
    with ExitStack() as stack:
        yield cache(lambda name: stack.enter_context(serving(SERVICES[name], sqlite)))


@pytest.fixture(scope="session")
def scripted_server() -> Iterator[str]:
    """The URL of a server whose answers are known beforehand."""
    with scripted_server_running() as url:
        yield url
