"""Calls of upstreams: from the first byte that is sent until the answer is read whole.

OpenTelemetry's instrumentation of httpx ends its span with the answer's head, and knows httpx's own
transports only.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from tracing.hops import when_imported
from tracing.spans import span


def hook() -> None:
    """Hook in once httpx is imported."""
    when_imported("httpx", "AsyncClient.stream", _stream_async)
    when_imported("httpx", "Client.stream", _stream)


@asynccontextmanager
async def _stream_async(wrapped: Any, _: Any, args: Any, kwargs: Any) -> AsyncIterator[Any]:
    with span("upstream", " ".join(map(str, args))):
        async with wrapped(*args, **kwargs) as response:
            yield response


@contextmanager
def _stream(wrapped: Any, _: Any, args: Any, kwargs: Any) -> Iterator[Any]:
    with span("upstream", " ".join(map(str, args))), wrapped(*args, **kwargs) as response:
        yield response
