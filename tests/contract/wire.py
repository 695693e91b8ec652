"""Requests byte by byte over a socket, for what an HTTP client would put right."""

import select
import socket
from contextlib import closing, suppress
from http.client import HTTPResponse

import httpx

from tests.contract.subject import REQUEST_TIMEOUT_SECONDS

# A server that closes a connection after its answer does so at once.
CLOSING_SECONDS = 0.2


def send(
    client: httpx.Client,
    head: str,
    body: bytes = b"",
    timeout_seconds: float = REQUEST_TIMEOUT_SECONDS,
) -> httpx.Response:
    """Send a request of these lines to a client's service, with its token, and give the answer.

    `head` is without Host, Authorization and the blank line, and its path is from the service's
    root. The answer is taken even when the service stops reading in the middle of the body; the
    connection is closed only after it.
    """
    with _connected(client, timeout_seconds) as connection:
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(_lines(client, head) + body)
        with closing(HTTPResponse(connection)) as answer:
            answer.begin()
            return httpx.Response(answer.status, headers=answer.getheaders(), content=answer.read())


def answer_to_head(client: httpx.Client, path: str) -> bytes:
    """Send a HEAD request and give every byte that came back until the connection closed."""
    with _connected(client) as connection:
        connection.sendall(_lines(client, f"HEAD {path} HTTP/1.1\r\nConnection: close"))
        with connection.makefile("rb") as stream:
            return stream.read()


def closes_silently(client: httpx.Client, head: str, body: bytes) -> bool:
    """Send a request; say whether the connection then ends though the answer did not say so."""
    with _connected(client) as connection:
        connection.sendall(_lines(client, head) + body)
        with closing(HTTPResponse(connection)) as answer:
            answer.begin()
            answer.read()
            ended, _, _ = select.select([connection], [], [], CLOSING_SECONDS)
            return bool(ended) and not answer.will_close


def _connected(
    client: httpx.Client, timeout_seconds: float = REQUEST_TIMEOUT_SECONDS
) -> socket.socket:
    address = (client.base_url.host, client.base_url.port or 80)
    return socket.create_connection(address, timeout=timeout_seconds)


def _lines(client: httpx.Client, head: str) -> bytes:
    method, path_and_rest = head.split(" ", 1)
    root = client.base_url.path.removesuffix("/")
    lines = [f"{method} {root}{path_and_rest}", f"Host: {client.base_url.netloc.decode()}"]
    if authorization := client.headers.get("authorization"):
        lines.append(f"Authorization: {authorization}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")
