"""Processes get the environment that was chosen, say why they fail, and are stopped whole."""

import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import httpx
import psutil
import pytest

from compare.errors import LaunchError
from compare.registry.environment import environment, settings
from compare.registry.services import SERVICES
from compare.running import addresses, databases, launch, stopping

FASTAPI = SERVICES["fastapi"]
PARENT = """
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
time.sleep(60)
"""


@pytest.fixture
def database_url() -> Iterator[str]:
    """A migrated SQLite database."""
    with databases.open("sqlite") as source:
        url = source.create("fastapi")
        launch.migrate(FASTAPI, url)
        yield url


def test_readers_own_settings_stay_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A token or database of the reader's shell reaches no service that was not given it."""
    for name in ("API_TOKEN", "DATABASE_URL", "DJANGO_ADMIN", "http_proxy", "WEB_CONCURRENCY"):
        monkeypatch.setenv(name, "the reader's own")
    for name in ("FASTAPI_OTEL_AUTO_CONFIGURE", "OTEL_EXPORTER_OTLP_ENDPOINT"):
        monkeypatch.setenv(name, "the reader's own")
    given = environment(settings(FASTAPI, "sqlite:////there", "http://upstreams"))
    assert "the reader's own" not in given.values()
    assert given["DATABASE_URL"] == "sqlite:////there"
    assert environment({"API_TOKEN": "chosen"})["API_TOKEN"] == "chosen"


def test_service_runs_until_its_block_ends(database_url: str) -> None:
    """It is ready at once, uses CPU time, and is gone with its log afterwards."""
    with launch.running(FASTAPI, database_url=database_url, upstreams_url="http://x") as running:
        assert httpx.get(f"{running.url}/health", trust_env=False).json() == {"status": "alive"}
        assert running.cpu_seconds() > 0
        assert running.log.exists()
    assert not running.process.is_running()
    assert not running.log.exists()


def test_failing_start_says_why() -> None:
    """A process that ends before it is ready fails at once, with its last words and its log."""
    command = (sys.executable, "-c", "import sys; print('first'); sys.exit('no such thing')")
    with pytest.raises(LaunchError) as failure, launch.launched("broken", command, "/"):
        pytest.fail("it cannot be ready")
    log = failure.value.log
    assert log is not None
    assert str(failure.value) == f"broken ended with exit code 1: no such thing (see {log})"
    assert "first" in log.read_text()
    shutil.rmtree(log.parent)


def test_failing_migration_says_why() -> None:
    """A database that cannot be migrated is one line too."""
    with pytest.raises(LaunchError, match="fastapi: its migrations failed: .*unable to open"):
        launch.migrate(FASTAPI, "sqlite:////nowhere/at/all.sqlite3")


def test_kill_ends_the_children_too() -> None:
    """Stopping a process leaves none of its children behind."""
    process = psutil.Popen([sys.executable, "-c", PARENT])
    while not process.children():
        assert process.poll() is None
    members = stopping.family(process)
    stopping.stop(process, grace_seconds=0)
    assert len(members) == 2
    assert not any(member.is_running() for member in members)


def test_stranger_on_the_port_is_not_taken_for_what_was_started(
    scripted_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the choice of a port and its use somebody else may take it, and answer there."""
    monkeypatch.setattr(launch, "READY_SECONDS", 0.5)
    sleeper = (sys.executable, "-c", "import time; time.sleep(60)")
    with (
        launch.begun("sleeper", sleeper) as started,
        pytest.raises(LaunchError, match="sleeper was not ready"),
    ):
        launch.wait_until_ready(replace(started, url=scripted_server), "/fast")


@pytest.mark.skipif(not addresses.EPHEMERAL.exists(), reason="only Linux says which ports it gives")
def test_reserved_ports_are_all_different_and_not_of_outgoing_connections() -> None:
    """Who starts servers side by side, in whatever process, gets each port once."""
    with ExitStack() as stack:
        ports = [stack.enter_context(addresses.reserved_port()) for _ in range(500)]
    assert len(set(ports)) == 500
    assert max(ports) < int(addresses.EPHEMERAL.read_text().split()[0])
