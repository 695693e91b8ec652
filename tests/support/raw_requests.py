"""Requests byte by byte, and what of the answers two services must agree on."""

import json
import re
import socket
import time
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import Any
from urllib.parse import urlsplit

from tests.contract.subject import KEEPALIVE_SECONDS, REQUEST_TIMEOUT_SECONDS

# What the contract decides; the rest (Date, Server, elapsed times) is the server's affair.
COMPARED_HEADERS = ("content-type", "allow", "location", "www-authenticate", "retry-after")
# Every answer of a service has it (C39): an answer without it is its server's own.
OF_THE_SERVICE = "x-elapsed-ms"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


@dataclass(frozen=True)
class Request:
    """The bytes of a request; a length is added to a body, and to a POST without one."""

    method: str
    target: bytes
    lines: tuple[bytes, ...] = ()
    body: bytes = b""

    def __bytes__(self) -> bytes:
        lines = [self.method.encode() + b" " + self.target + b" HTTP/1.1", b"Host: localhost"]
        if self.body or self.method == "POST":
            lines.append(b"Content-Length: %d" % len(self.body))
        return b"\r\n".join([*lines, *self.lines, b"", self.body])


@dataclass(frozen=True)
class Answer:
    """What two services must agree on; a time by its shape alone."""

    status: int
    headers: dict[str, str | None]
    body: Any
    is_of_the_service: bool


class Connection:
    """A connection to a service; opened anew when an answer said that it ends, or after a pause."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self.address = (address.hostname, address.port)
        self._socket: socket.socket | None = None
        self._used_at_seconds = 0.0

    def send(self, request: Request) -> Answer:
        """Send a request, and give the answer."""
        connection = self._open()
        connection.sendall(bytes(request))
        with closing(HTTPResponse(connection, method=request.method)) as response:
            response.begin()
            answer = essence(response)
            self._used_at_seconds = time.monotonic()
            if response.will_close:
                self.close()
        return answer

    def close(self) -> None:
        """End it; the next request opens another one."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _open(self) -> socket.socket:
        if time.monotonic() - self._used_at_seconds > KEEPALIVE_SECONDS:
            self.close()
        if self._socket is None:
            self._socket = socket.create_connection(self.address, REQUEST_TIMEOUT_SECONDS)
        return self._socket


def essence(response: HTTPResponse) -> Answer:
    """Read an answer to its end, and leave out what services may differ in."""
    body: Any = response.read()
    if (response.getheader("content-type") or "").endswith("json") and body:
        body = without_times(json.loads(body))
    headers = {name: response.getheader(name) for name in COMPARED_HEADERS}
    return Answer(response.status, headers, body, OF_THE_SERVICE in response.headers)


def without_times(value: Any) -> Any:
    """Put the shape of a post's time in the place of the time."""
    match value:
        case {"published_at": str(published_at), **rest} if TIME.fullmatch(published_at):
            return without_times(rest)
        case dict():
            return {name: without_times(inner) for name, inner in value.items()}
        case list():
            return [without_times(inner) for inner in value]
    return value
