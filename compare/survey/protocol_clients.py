"""Ask a URL one thing by one protocol, and say in few words what came back."""

import ssl
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from socket import create_connection, socket

import httpx
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import Event, StreamEnded
from h2.exceptions import ProtocolError
from websockets.exceptions import InvalidStatus, WebSocketException
from websockets.sync.client import connect

PATIENCE_SECONDS = 10.0  # a port may take connections before its workers are there
RECEIVE_BYTES = 65_536
MESSAGE = "a message"


@dataclass(frozen=True)
class Seen:
    """Whether it was the protocol that was asked for, and what was seen."""

    works: bool
    said: str


Ask = Callable[[str, ssl.SSLContext], Seen]


def http_1_1(url: str, trusted: ssl.SSLContext) -> Seen:
    """GET by HTTP/1.1."""
    return _get(url, trusted, http1=True, http2=False)


def http_2_over_tls(url: str, trusted: ssl.SSLContext) -> Seen:
    """GET by what the server chooses when it is offered HTTP/2 and HTTP/1.1."""
    return _get(url, trusted, http1=True, http2=True)


def http_2_in_clear_text(url: str, trusted: ssl.SSLContext) -> Seen:
    """GET by HTTP/2 at once, as who knows that the server speaks it; then by an upgrade to it."""
    at_once = _get(url, trusted, http1=False, http2=True)
    return at_once if at_once.works else _upgrade(httpx.URL(url), at_once)


def websocket(url: str, trusted: ssl.SSLContext) -> Seen:
    """Send a message over a WebSocket, which is to come back."""
    address = url.replace("http", "ws", 1)
    try:
        with connect(address, open_timeout=PATIENCE_SECONDS, proxy=None) as connection:
            connection.send(MESSAGE)
            echoed = connection.recv(timeout=PATIENCE_SECONDS) == MESSAGE
    except InvalidStatus as error:
        return Seen(False, f"the handshake is answered with {error.response.status_code}")
    except (WebSocketException, OSError) as error:
        return Seen(False, _words(error))
    return Seen(echoed, "echoes" if echoed else "echoes another message")


def _get(url: str, trusted: ssl.SSLContext, *, http1: bool, http2: bool) -> Seen:
    try:
        with httpx.Client(
            http1=http1, http2=http2, verify=trusted, timeout=PATIENCE_SECONDS, trust_env=False
        ) as client:
            answer = client.get(url)
    except httpx.HTTPError as error:
        return Seen(False, _words(error))
    said = f"answers {answer.status_code} by {answer.http_version}"
    return Seen(
        answer.is_success and answer.http_version == ("HTTP/2" if http2 else "HTTP/1.1"), said
    )


def _upgrade(url: httpx.URL, at_once: Seen) -> Seen:
    try:
        with closing(create_connection((url.host, url.port or 80), PATIENCE_SECONDS)) as wire:
            seen = _upgraded(wire, url)
    except (OSError, ProtocolError) as error:
        seen = Seen(False, _words(error))
    return Seen(seen.works, f"at once: {at_once.said}; by Upgrade: {seen.said}")


def _upgraded(wire: socket, url: httpx.URL) -> Seen:
    client = H2Connection(H2Configuration(client_side=True))
    settings = (client.initiate_upgrade_connection() or b"").decode()
    lines = ["GET / HTTP/1.1", f"Host: {url.netloc.decode()}", "Upgrade: h2c"]
    lines += ["Connection: Upgrade, HTTP2-Settings", f"HTTP2-Settings: {settings}", "", ""]
    wire.sendall("\r\n".join(lines).encode())
    head, _, received = wire.recv(RECEIVE_BYTES).partition(b"\r\n\r\n")
    status = head[9:12].decode()
    if status != "101":
        return Seen(False, f"answers {status} by HTTP/1.1" if status else "closes the connection")
    wire.sendall(client.data_to_send())
    events: list[Event] = client.receive_data(received)
    while not any(isinstance(event, StreamEnded) for event in events):
        if not (received := wire.recv(RECEIVE_BYTES)):
            return Seen(False, "closes the connection after it")
        events += client.receive_data(received)
    return Seen(True, "answers by HTTP/2")


def _words(error: Exception) -> str:
    if isinstance(error, TimeoutError | httpx.TimeoutException):
        return f"no answer within {PATIENCE_SECONDS:.0f} s"
    return f"{error}" or type(error).__name__
