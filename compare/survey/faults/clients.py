"""Clients that send half a request, say nothing, or hang up, and a server that is told to end."""

import signal
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress

import httpx
import psutil

from compare.running.front_door import front_door
from compare.survey.faults.ground import (
    PATIENCE_SECONDS,
    POLL_SECONDS,
    Fault,
    Ground,
    Seen,
    status,
    wait_until,
)

SLOW = HANGING_UP = 50
IDLE = 500
SOON_SECONDS = 2.0
HALF_A_CREATE = (
    "POST {path}/posts HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
    'Content-Length: 1000\r\n\r\n{{"title": "'
)
HEALTH = "GET {path}/health HTTP/1.1\r\nHost: {host}\r\n\r\n"
DASHBOARD = "GET {path}/dashboard HTTP/1.1\r\nHost: {host}\r\n\r\n"


def clients_are_slow(ground: Ground) -> Seen:
    """Fifty clients send half a create each, and nothing more."""
    with ground.running() as running, _connected(running.url, HALF_A_CREATE, SLOW):
        return _with_others(running.url)


def clients_are_slow_behind_the_door(ground: Ground) -> Seen:
    """Fifty clients send half a create each to the front door of compose.yml (nginx)."""
    with (
        ground.running() as running,
        front_door(running.url) as door,
        _connected(door.url, HALF_A_CREATE, SLOW),
    ):
        return _with_others(door.url)


def connections_are_idle(ground: Ground) -> Seen:
    """Five hundred connections stay open after one request each."""
    with ground.running() as running:
        before = running.process.memory_info().rss
        with _connected(running.url, HEALTH, IDLE):
            seen = _with_others(running.url)
            grown_mib = max(0, running.process.memory_info().rss - before) / 1024**2
    return Seen(seen.held, f"{seen.said}; {grown_mib:.0f} MiB more memory")


def clients_hang_up(ground: Ground) -> Seen:
    """Fifty clients ask for the dashboard while all upstreams hang, and hang up."""
    ground.tell_upstreams(mode="hang")
    with ground.running(UPSTREAM_TIMEOUT_SECONDS="2") as running:
        with _connected(running.url, DASHBOARD, HANGING_UP):
            _settle(ground)
        hung_up_at = time.monotonic()
        answered = status(running.url, "/posts?limit=1")
        seconds = time.monotonic() - hung_up_at
        time.sleep(max(0.0, 1.0 - seconds))
        began, ended = ground.upstream_calls()
    ground.tell_upstreams()
    others = f"another client is answered after {seconds:.1f} s" if answered else "nobody is served"
    going_on = f"{began - ended} of {began} upstream calls go on {max(1.0, seconds):.0f} s later"
    return Seen(answered == 200 and seconds < SOON_SECONDS, f"{going_on}; {others}")


def server_is_stopped(ground: Ground) -> Seen:
    """The server is told to end (SIGTERM) amid a dashboard and half a create."""
    ground.tell_upstreams(mode="hold")
    with (
        ground.running(UPSTREAM_TIMEOUT_SECONDS="60") as running,
        _connected(running.url, HALF_A_CREATE, 1),
        ThreadPoolExecutor() as threads,
    ):
        dashboard = threads.submit(status, running.url, "/dashboard")
        wait_until(lambda: ground.upstream_calls()[0] > 0)
        told_at = time.monotonic()
        running.process.send_signal(signal.SIGTERM)
        wait_until(lambda: status(running.url, "/health", 0.5) is None)
        ground.tell_upstreams()
        with suppress(psutil.TimeoutExpired):
            running.process.wait(PATIENCE_SECONDS)
        seconds = time.monotonic() - told_at
        answered, ended = dashboard.result(), not running.process.is_running()
    whole = "the dashboard is answered" if answered == 200 else "the dashboard is cut off"
    end = f"the process ends after {seconds:.0f} s" if ended else "the process never ends"
    return Seen(answered == 200 and ended and seconds < 10, f"{whole}; {end}")


@contextmanager
def _connected(url: str, request: str, times: int) -> Iterator[None]:
    """Open connections, send each the text, and close them at the end of the block."""
    address = httpx.URL(url)
    host, port = address.host, address.port or 80
    sent = request.format(path=address.path.rstrip("/"), host=f"{host}:{port}").encode()
    with ExitStack() as stack:
        for _ in range(times):
            connection = stack.enter_context(socket.create_connection((host, port)))
            connection.sendall(sent)
        yield


def _with_others(url: str) -> Seen:
    if status(url, "/posts?limit=1", SOON_SECONDS) == 200:
        return Seen(True, "others are answered")
    return Seen(False, f"others have no answer within {SOON_SECONDS:.0f} s")


def _settle(ground: Ground) -> None:
    """Wait until no further calls of the upstreams begin."""
    wait_until(lambda: ground.upstream_calls()[0] > 0)
    before = 0
    while (began := ground.upstream_calls()[0]) > before:
        before = began
        time.sleep(10 * POLL_SECONDS)


FAULTS: tuple[Fault, ...] = (
    clients_are_slow,
    clients_are_slow_behind_the_door,
    connections_are_idle,
    clients_hang_up,
    server_is_stopped,
)
