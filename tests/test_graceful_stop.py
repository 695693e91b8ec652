"""SIGTERM on every server: what is under way has its time to end, and nobody can prolong it."""

import signal
import socket
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack

import httpx
import psutil
import pytest

from compare.registry import servers
from compare.registry.services import SERVICES, Service
from compare.running import databases, launch
from compare.running.launch import Running
from tests.support.serving import seeded

# One row of each server, since only the server decides; daphne cuts off what is under way.
ROW_OF_SERVER = {service.server: service for service in reversed(SERVICES.values())}
WAITING = [row for server, row in ROW_OF_SERVER.items() if server != servers.DAPHNE.name]
DOCKER_SECONDS = 10
BEGUN = b"POST /posts HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
BEGUN += b'Content-Length: 1000\r\n\r\n{"title": "'

pytestmark = pytest.mark.slow


def start(stack: ExitStack, rows: list[Service], upstreams: Running, url: str) -> list[Running]:
    """Start the rows one after another; each waits long for its upstreams."""
    patient = {"UPSTREAM_TIMEOUT_SECONDS": "60"}
    return [
        stack.enter_context(
            launch.running(row, database_url=url, upstreams_url=upstreams.url, overrides=patient)
        )
        for row in rows
    ]


def test_request_under_way_at_sigterm_is_answered(sqlite: databases.Databases) -> None:
    """A dashboard whose upstreams answer after the signal is answered, on all servers but one."""
    with ExitStack() as stack:
        upstreams = stack.enter_context(launch.upstreams_running())
        url = seeded(sqlite, WAITING[0])
        rows = start(stack, WAITING, upstreams, url)
        threads = stack.enter_context(ThreadPoolExecutor(len(rows)))
        control = stack.enter_context(httpx.Client(base_url=upstreams.url, trust_env=False))
        control.put("/control/weather", json={"mode": "hold"})
        answers = [threads.submit(dashboard, row) for row in rows]
        while control.get("/hits").json()["weather"] < len(rows):
            assert not any(answer.done() for answer in answers)
        for row in rows:
            row.process.send_signal(signal.SIGTERM)
        while any(serves(row) for row in rows):
            pass
        control.delete("/control")
        assert {row.name: status_of(a) for row, a in zip(rows, answers, strict=True)} == {
            row.name: 200 for row in rows
        }


def test_unfinished_create_does_not_hold_up_the_end(sqlite: databases.Databases) -> None:
    """A client that sends half a create and no more cannot keep any server from its end."""
    with ExitStack() as stack:
        upstreams = stack.enter_context(launch.upstreams_running())
        url = seeded(sqlite, WAITING[0])
        rows = start(stack, [*ROW_OF_SERVER.values()], upstreams, url)
        for row in rows:
            begin_create(stack, row)
        for row in rows:
            row.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + DOCKER_SECONDS
        gone = {row.name: is_gone(row, deadline) for row in rows}
    assert gone == {row.name: True for row in rows}


def dashboard(row: Running) -> int:
    """Ask a row for its dashboard; give the status."""
    return httpx.get(f"{row.url}/dashboard", timeout=60, trust_env=False).status_code


def serves(row: Running) -> bool:
    """Say whether a row still answers new clients; one that has taken the signal does not."""
    try:
        return httpx.get(f"{row.url}/health", timeout=1, trust_env=False).is_success
    except httpx.HTTPError:
        return False


def status_of(answer: Future[int]) -> int | str:
    """Give the status of an answer, or say why there is none."""
    try:
        return answer.result()
    except httpx.HTTPError as error:
        return repr(error)


def begin_create(stack: ExitStack, row: Running) -> None:
    """Send the beginning of a create; the service has taken it in when it answers another."""
    host, port = row.url.removeprefix("http://").split(":")
    connection = stack.enter_context(socket.create_connection((host, int(port))))
    connection.sendall(BEGUN)
    assert httpx.get(f"{row.url}/health", trust_env=False).status_code == 200


def is_gone(row: Running, deadline: float) -> bool:
    """Say whether the process ends by itself before the deadline, on the monotonic clock."""
    try:
        row.process.wait(max(0.0, deadline - time.monotonic()))
    except psutil.TimeoutExpired:
        return False
    return True
