"""How long each answer took and how many SQL statements it ran, in its headers."""

import time
from collections.abc import Callable
from contextvars import ContextVar
from inspect import iscoroutinefunction
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import sync_and_async_middleware

View = Callable[[HttpRequest], Any]

# A list, since a thread that runs part of the request has a copy of the context, not of the list.
statements: ContextVar[list[str]] = ContextVar("statements")


@sync_and_async_middleware
def timing(get_response: View) -> View:
    """Stamp every answer; a coroutine function or a plain one, as the next middleware is."""
    if iscoroutinefunction(get_response):

        async def async_timing(request: HttpRequest) -> HttpResponse:
            started_at = start()
            return stamp(await get_response(request), request, started_at)

        return async_timing

    def blocking_timing(request: HttpRequest) -> HttpResponse:
        started_at = start()
        return stamp(get_response(request), request, started_at)

    return blocking_timing


def start() -> float:
    """Begin to count the request's SQL statements; give the time, in seconds."""
    statements.set([])
    return time.perf_counter()


def stamp(response: HttpResponse, request: HttpRequest, started_at: float) -> HttpResponse:
    """Add the headers, and take the body off the answer to a HEAD."""
    elapsed_ms = f"{(time.perf_counter() - started_at) * 1000:.3f}"
    response["X-Elapsed-Ms"] = elapsed_ms
    response["Server-Timing"] = f'app;dur={elapsed_ms}, sql;desc="{len(statements.get())}"'
    if not response.streaming:
        response["Content-Length"] = len(response.content)
        if request.method == "HEAD":
            response.content = b""
    return response


@receiver(connection_created)
def count_on(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Count the statements of every database connection that Django opens."""
    if count_statement not in connection.execute_wrappers:
        connection.execute_wrappers.append(count_statement)


def count_statement(
    execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    """Note one SQL statement of the current request, and run it."""
    statements.get([]).append(sql)
    return execute(sql, params, many, context)
