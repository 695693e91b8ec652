"""How long each answer took and how many SQL statements it ran, in its headers."""

import time
from contextvars import ContextVar
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .errors import HTTPProblem, problem_response

# A list, since a thread that runs part of the request has a copy of the context, not of the list.
statements: ContextVar[list[str]] = ContextVar("statements")


class Timing:
    """Stamps every answer: an ASGI application around the next one, without threads or tasks."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, a HEAD as a GET, and stamp the answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started_at = start()
        is_head = scope["method"] == "HEAD"

        async def send_stamped(message: Message) -> None:
            if message["type"] == "http.response.start":
                stamp(message, started_at)
            elif is_head:
                message["body"] = b""
            await send(message)

        await self.app({**scope, "method": "GET"} if is_head else scope, receive, send_stamped)


class WholePath:
    """Answers 404 for a path that ends with a line break: Starlette's `$` matches before it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer it."""
        if scope["type"] == "http" and scope["path"].endswith("\n"):
            no_such_path = problem_response(HTTPProblem(404, "There is no such path."))
            await no_such_path(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def start() -> float:
    """Begin to count the request's SQL statements; give the time, in seconds."""
    statements.set([])
    return time.perf_counter()


def stamp(message: Message, started_at: float) -> None:
    """Add the headers."""
    elapsed_ms = f"{(time.perf_counter() - started_at) * 1000:.3f}"
    headers = MutableHeaders(scope=message)
    headers["X-Elapsed-Ms"] = elapsed_ms
    headers["Server-Timing"] = f'app;dur={elapsed_ms}, sql;desc="{len(statements.get())}"'


def count_statement(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
    """Note one SQL statement of the current request."""
    statements.get([]).append(statement)
