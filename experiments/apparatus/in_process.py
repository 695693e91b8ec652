"""Applications that are called without a server, so that a timing has little else in it."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from wsgiref.util import setup_testing_defaults

Call = Callable[[str], None]


class NotOk(Exception):
    """An answer other than 200, which is not to be timed."""


@contextmanager
def calling(application: Any) -> Iterator[Call]:
    """Give a function that asks an ASGI application for a path, in one event loop."""
    with asyncio.Runner() as runner:
        yield lambda path: runner.run(_ask(application, path))


def calling_wsgi(application: Any) -> Call:
    """Give a function that asks a WSGI application for a path, on the thread that calls it."""

    def call(path: str) -> None:
        environ = {"PATH_INFO": path}
        setup_testing_defaults(environ)
        response = application(environ, lambda status, headers: _check(status))
        b"".join(response)
        response.close()

    return call


async def _ask(application: Any, path: str) -> None:
    messages = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive() -> dict[str, Any]:
        for message in messages:
            return message
        return await asyncio.Future()  # nobody leaves

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            _check(str(message["status"]))

    scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": []}
    await application(scope, receive, send)


def _check(status: str) -> None:
    if not status.startswith("200"):
        raise NotOk(status)
