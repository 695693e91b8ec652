"""Who is asked: a running service with its upstreams, over HTTP or byte by byte over a socket."""

import socket
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from json import JSONDecodeError

import httpx

from compare.running.launch import Running

TOKEN = "a-token-to-observe-with"
PATIENCE_SECONDS = 2.0
MIB = 1024 * 1024
JSON = "Content-Type: application/json"
POST = b'{"title": "a", "body": "b", "author_id": 1, "tags": []}'


@dataclass(frozen=True)
class Asked:
    """A running service; `client` keeps no connection open, `upstreams` steers the simulator."""

    running: Running
    client: httpx.Client
    upstreams: httpx.Client


# Its docstring says what is asked; it gives what is seen in few words.
Question = Callable[[Asked], str]


def send(
    asked: Asked, head: str, body: bytes = b"", patience_seconds: float = PATIENCE_SECONDS
) -> httpx.Response:
    """Send a request of these lines, to which Host and the token are added, and give the answer.

    It is taken even when the service stops reading in the middle of the body. OSError or
    HTTPException when there is none.
    """
    with connected(asked, patience_seconds) as connection:
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(request(asked, head) + body)
        with closing(HTTPResponse(connection)) as answer:
            answer.begin()
            return httpx.Response(answer.status, headers=answer.getheaders(), content=answer.read())


def request(asked: Asked, head: str) -> bytes:
    """Give the head of a request in full, as it goes over the wire."""
    host = asked.client.base_url.netloc.decode()
    lines = [head, f"Host: {host}", f"Authorization: Bearer {TOKEN}", "", ""]
    return "\r\n".join(lines).encode("latin-1")


def connected(asked: Asked, patience_seconds: float = PATIENCE_SECONDS) -> socket.socket:
    """Give a new connection to the service."""
    url = asked.client.base_url
    return socket.create_connection((url.host, url.port or 80), timeout=patience_seconds)


def seen(ask: Callable[[], str]) -> str:
    """Give what an ask gives; what goes wrong with a connection is an answer, too."""
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
