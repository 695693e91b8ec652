"""What a client does wrong is no failure of ours: it is answered if it can be, and not logged."""

import json
import socket
import struct

import pytest

from compare.registry.services import SERVICES, USUAL
from compare.running import databases, launch
from compare.running.stopping import stop
from tests.contract.posts import new_post
from tests.support.serving import seeded

POST = "POST /posts HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
LENGTH = "Content-Length: 100000\r\n\r\n"
CHUNKED = "Transfer-Encoding: chunked\r\n\r\n"
LIST = "GET /posts?limit=100 HTTP/1.1\r\nHost: localhost\r\n"
UPGRADE = "Connection: Upgrade\r\nUpgrade: websocket\r\n"
HANDSHAKE = f"{LIST}{UPGRADE}Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {'A' * 22}==\r\n\r\n"
BROKEN_CHUNKS = ["zz\r\n\r\n", '3\r\n{"t\r\nzz\r\n\r\n']
BREAKS = 10
RESET_ON_CLOSE = struct.pack("ii", 1, 0)
ANSWER_SECONDS = 10.0


@pytest.mark.parametrize("name", [*USUAL, "django-async-wsgi", "django-blocking-asgi"])
def test_failures_of_clients_leave_no_traceback(sqlite: databases.Databases, name: str) -> None:
    """Broken chunks get 400, a wish for WebSocket an answer, uploads that break off nothing."""
    service = SERVICES[name]
    url = seeded(sqlite, service)
    with launch.running(service, database_url=url, upstreams_url="http://127.0.0.1:9") as running:
        for chunks in BROKEN_CHUNKS:
            assert status_of(running.url, POST + CHUNKED + chunks) == 400
        body = json.dumps(new_post())
        post = f"{POST}{UPGRADE}Content-Length: {len(body)}\r\n\r\n{body}"
        assert status_of(running.url, post) in (201, 400)
        assert status_of(running.url, HANDSHAKE) in (200, 403)
        for framing in (LENGTH, CHUNKED):
            for resets in (False, True):
                abort(running.url, POST + "Expect: 100-continue\r\n" + framing, resets)
        for _ in range(BREAKS):
            break_in(running.url)
        stop(running.process)
        assert "Traceback" not in running.log.read_text()


@pytest.mark.exhaustive
@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [f"django-{server}" for server in ("daphne", "hypercorn", "granian", "gunicorn-asgi")],
)
def test_websocket_is_refused(sqlite: databases.Databases, name: str) -> None:
    """A handshake with a server that speaks WebSocket is refused, as a path that has none."""
    service = SERVICES[name]
    url = seeded(sqlite, service)
    with launch.running(service, database_url=url, upstreams_url="http://127.0.0.1:9") as running:
        assert status_of(running.url, HANDSHAKE) == 403
        stop(running.process)
        assert "only handle ASGI/HTTP" not in running.log.read_text()


def connected(url: str) -> socket.socket:
    """Give a connection to a service."""
    host, port = url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=ANSWER_SECONDS)


def status_of(url: str, request: str) -> int:
    """Send a request, and give the status of its answer."""
    with connected(url) as connection:
        connection.sendall(request.encode())
        return int(connection.recv(1000).split(b" ")[1])


def abort(url: str, head: str, resets: bool) -> None:
    """Send the beginning of a request and, once the service reads its body, go away."""
    with connected(url) as connection:
        connection.sendall(head.encode())
        assert connection.recv(1000).startswith(b"HTTP/1.1 100 ")
        connection.sendall(b'8000\r\n{"title": "')
        if resets:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)


def break_in(url: str) -> None:
    """Ask for a dashboard and, before its answer, send a broken request on the same connection."""
    with connected(url) as connection:
        connection.sendall(b"GET /dashboard HTTP/1.1\r\nHost: localhost\r\n\r\n")
        connection.sendall((POST + CHUNKED + BROKEN_CHUNKS[0]).encode())
        while connection.recv(10_000):
            pass
