"""A client that goes away before it has its answer."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from typing import Any

from experiments.apparatus.serving import HOST, PATIENCE_SECONDS, serving


def leave(application: Any, wrote: Event) -> None:
    """Serve a request whose client goes away once it has written; return when it has ended."""
    # uvicorn, asked to end at the end of the block, waits for its requests to end.
    with serving(application) as client, asking(client.base_url.port or 0, "/"):
        wrote.wait(PATIENCE_SECONDS)


@contextmanager
def asking(port: int, path: str) -> Iterator[None]:
    """Ask for a path, and close the connection at the end of the block, answered or not."""
    with socket.create_connection((HOST, port)) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
        yield
