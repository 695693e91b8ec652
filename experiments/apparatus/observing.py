"""Small ways to see what code does: what it raises, on which thread it runs."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

LOOP = "the event loop"


def outcome(call: Callable[[], object]) -> str:
    """Give what a call returned as text, or the name of what it raised."""
    try:
        return str(call())
    except Exception as error:
        return type(error).__name__


async def outcome_of(awaitable: Awaitable[object]) -> str:
    """Give what an awaitable came to as text, or the name of what it raised."""
    try:
        return str(await awaitable)
    except Exception as error:
        return type(error).__name__


def where() -> str:
    """Say where this line runs: in the event loop, or on which thread."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return threading.current_thread().name
    return LOOP


@contextmanager
def hops() -> Iterator[list[Callable[..., Any]]]:
    """Give a list of the calls that are handed to a thread of a pool meanwhile.

    asyncio and asgiref hand all of theirs to such pools; AnyIO has threads of its own.
    """
    handed: list[Callable[..., Any]] = []
    submit = ThreadPoolExecutor.submit

    def noting(pool: ThreadPoolExecutor, call: Callable[..., Any], *values: Any) -> Future[Any]:
        handed.append(call)
        return submit(pool, call, *values)

    with patch.object(ThreadPoolExecutor, "submit", noting):
        yield handed
