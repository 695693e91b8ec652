"""Upstreams of which one sends exactly the bytes it is told to, or breaks off in the middle."""

import json
import socket
import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import Any

# Closing then sends a reset, unlike a close in good order.
RESET_ON_CLOSE = struct.pack("ii", 1, 0)

ANSWERS: dict[str, Any] = {
    "weather": {"city": "Tromsø", "temperature_celsius": -7.5, "conditions": "clear"},
    "news": {"headlines": ["Bytes were sent"]},
    "stocks": {"quotes": [{"symbol": "RAWB", "price_usd": 1.5}]},
}


class RawUpstreams(ThreadingTCPServer):
    """A server of the three, one request for each connection; `weather` is steered."""

    daemon_threads = True
    request_queue_size = 100

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        # By name: a cookie jar may take nothing from a bare IP address.
        self.url = f"http://localhost:{self.server_address[1]}"
        self.send(answer(ANSWERS["weather"]))

    def send(self, *parts: bytes, then: Iterable[bytes] = (), resets: bool = False) -> None:
        """From now on `weather` sends these parts, then those, and closes; or resets instead.

        What was asked and sent before is forgotten.
        """
        self.parts, self.then, self.resets = parts, then, resets
        self.requests: list[bytes] = []
        self.sent_bytes = 0


class _Connection(StreamRequestHandler):
    server: RawUpstreams

    def handle(self) -> None:
        """Read one request and send what is to be sent."""
        request = b"".join(iter(self.rfile.readline, b"\r\n"))
        self.server.requests.append(request)
        name = request.split(b" ", 2)[1].decode().strip("/")
        if name != "weather":
            self.wfile.write(answer(ANSWERS[name]))
            return
        with suppress(OSError):  # the service may have heard enough
            for parts in (self.server.parts, self.server.then):
                for part in parts:
                    self.wfile.write(part)
                    self.server.sent_bytes += len(part)
        if self.server.resets:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)


def answer(value: Any, *lines: str | bytes, status: str | bytes = "HTTP/1.1 200 OK") -> bytes:
    """Give an answer with this JSON value, or these bytes, and these header lines."""
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return head(*lines, f"Content-Length: {len(body)}", status=status) + body


def head(*lines: str | bytes, status: str | bytes = "HTTP/1.1 200 OK") -> bytes:
    """Give the head of an answer."""
    whole = [status, "Connection: close", *lines, "", ""]
    return b"\r\n".join(line.encode() if isinstance(line, str) else line for line in whole)


@contextmanager
def serving() -> Iterator[RawUpstreams]:
    """Serve until the block ends."""
    with RawUpstreams() as upstreams:
        thread = Thread(target=upstreams.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield upstreams
        finally:
            upstreams.shutdown()
            thread.join()
