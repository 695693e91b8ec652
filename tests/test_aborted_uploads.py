"""A client that goes away in the middle of its request is no failure of ours: nothing is logged."""

import socket
import struct

import pytest

from compare.registry.services import SERVICES, USUAL
from compare.running import databases, launch
from compare.running.stopping import stop
from tests.support.serving import seeded

HEAD = "POST /posts HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
HEAD += "Expect: 100-continue\r\n"
LENGTH = "Content-Length: 100000\r\n\r\n"
CHUNKED = "Transfer-Encoding: chunked\r\n\r\n"
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


@pytest.mark.parametrize("name", [*USUAL, "django-async-wsgi", "django-blocking-asgi"])
def test_aborted_uploads_leave_no_traceback(sqlite: databases.Databases, name: str) -> None:
    """Uploads that break off, by a close or by a reset, leave nothing in the log."""
    service = SERVICES[name]
    url = seeded(sqlite, service)
    with launch.running(service, database_url=url, upstreams_url="http://127.0.0.1:9") as running:
        for framing in (LENGTH, CHUNKED):
            for resets in (False, True):
                abort(running.url, HEAD + framing, resets)
        stop(running.process)
        assert "Traceback" not in running.log.read_text()


def abort(url: str, head: str, resets: bool) -> None:
    """Send the beginning of a request and, once the service reads its body, go away."""
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(head.encode())
        assert connection.recv(1000).startswith(b"HTTP/1.1 100 ")
        connection.sendall(b'8000\r\n{"title": "')
        if resets:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
