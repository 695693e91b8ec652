"""What is observed: a running service, asked over HTTP or byte by byte over a socket."""

import socket
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from json import JSONDecodeError

import httpx

from compare.running.launch import Running

TOKEN = "a-token-to-observe-with"  # noqa: S105
PATIENCE_SECONDS = 2.0
MIB = 1024 * 1024
JSON = "Content-Type: application/json"
POST = b'{"title": "a", "body": "b", "author_id": 1, "tags": []}'


@dataclass(frozen=True)
class Target:
    """A running service; `client` keeps no connection open, `upstreams` steers the simulator."""

    running: Running
    client: httpx.Client
    upstreams: httpx.Client


# Its docstring is the question; it returns the answer in few words.
Question = Callable[[Target], str]


def send(
    target: Target, head: str, body: bytes = b"", patience_seconds: float = PATIENCE_SECONDS
) -> httpx.Response:
    """Send a request of these lines, to which Host and the token are added, and give the answer.

    The answer is read even when the service stops reading in the middle of the body. OSError or
    HTTPException when there is no answer.
    """
    with connected(target, patience_seconds) as connection:
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(request(target, head) + body)
        with closing(HTTPResponse(connection)) as answer:
            answer.begin()
            return httpx.Response(answer.status, headers=answer.getheaders(), content=answer.read())


def request(target: Target, head: str) -> bytes:
    """Give the head of a request in full, as it goes over the wire."""
    host = target.client.base_url.netloc.decode()
    lines = [head, f"Host: {host}", f"Authorization: Bearer {TOKEN}", "", ""]
    return "\r\n".join(lines).encode("latin-1")


def connected(target: Target, patience_seconds: float = PATIENCE_SECONDS) -> socket.socket:
    """Give a new connection to the service."""
    url = target.client.base_url
    return socket.create_connection((url.host, url.port or 80), timeout=patience_seconds)


def answer_of(ask: Callable[[], str]) -> str:
    """Give what is answered; what goes wrong with the connection is an answer, too."""
    try:
        return ask()
    except (TimeoutError, httpx.TimeoutException):
        return "no answer"
    except ConnectionRefusedError:
        return "refuses the connection"
    except (OSError, HTTPException, httpx.TransportError):
        return "closes the connection"
    except JSONDecodeError:
        return "answers without JSON"
