"""The request: a span around the application that the server was told to run."""

import asyncio
import inspect
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any

import wrapt
from opentelemetry import propagate
from opentelemetry.trace import Span, SpanKind

from tracing import steps
from tracing.spans import on_cpu, tracer


def hook(module: str, attribute: str) -> None:
    """Trace what comes through the door `module:attribute`, once it is there."""

    @wrapt.when_imported(module)
    def wrap(imported: Any) -> None:
        setattr(imported, attribute, _traced(getattr(imported, attribute)))


def _traced(application: Callable[..., Any]) -> Callable[..., Any]:
    async def asgi_application(scope: dict[str, Any], receive: Any, send: Any) -> None:
        steps.watch(asyncio.get_running_loop())
        if scope["type"] != "http":
            await application(scope, receive, send)
            return
        headers = {
            name.decode("latin-1"): text.decode("latin-1") for name, text in scope["headers"]
        }
        with _request(headers, scope["method"], scope["path"]) as span:
            steps.of_task.set(span)
            await application(scope | {"headers": _within(scope["headers"])}, receive, send)

    def wsgi_application(environ: Mapping[str, Any], start_response: Any) -> Any:
        headers = {"traceparent": environ.get("HTTP_TRACEPARENT", "")}
        with _request(headers, environ["REQUEST_METHOD"], environ["PATH_INFO"]), on_cpu():
            return application(environ, start_response)

    return asgi_application if _is_asgi(application) else wsgi_application


def _within(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Give the headers as they are inside of the request's span, for a framework to go on from."""
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    own = [(name.encode(), text.encode()) for name, text in carrier.items()]
    return [header for header in headers if header[0].decode("latin-1") not in carrier] + own


def _is_asgi(application: Callable[..., Any]) -> bool:
    return len(inspect.signature(application).parameters) == len(("scope", "receive", "send"))


def _request(headers: Mapping[str, str], method: str, path: str) -> AbstractContextManager[Span]:
    return tracer.start_as_current_span(
        f"{method} {path}",
        context=propagate.extract(headers),
        kind=SpanKind.SERVER,
        attributes={"kind": "request"},
        record_exception=False,
        set_status_on_exception=False,
    )
