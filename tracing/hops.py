"""Hops between an event loop and threads: asgiref's, anyio's and aiosqlite's, and threads started.

A hop has two spans: what waits for it where it was asked for, and the piece of work on the thread.
"""

import threading
from contextvars import copy_context
from functools import partial
from typing import Any

import wrapt
from opentelemetry import trace

from tracing.spans import is_traced, name_of, span, work


def hook() -> None:
    """Hook in, each library once it is imported."""
    wrapt.wrap_function_wrapper(threading, "Thread.start", _started)
    for module, name, wrapper in (
        ("asgiref.sync", "SyncToAsync.__call__", _sync_to_async),
        ("asgiref.sync", "SyncToAsync.thread_handler", _thread_handler),
        ("asgiref.sync", "AsyncToSync.__call__", _async_to_sync),
        ("anyio.to_thread", "run_sync", _run_sync),
        ("aiosqlite.core", "Connection._execute", _execute),
    ):
        when_imported(module, name, wrapper)


def when_imported(module: str, name: str, wrapper: Any) -> None:
    """Wrap a function of a module, now or when it is imported."""
    wrapt.register_post_import_hook(
        lambda imported: wrapt.wrap_function_wrapper(imported, name, wrapper), module
    )


def _started(wrapped: Any, thread: threading.Thread, args: Any, kwargs: Any) -> None:
    if is_traced():
        trace.get_current_span().add_event("thread started", {"thread.name": thread.name})
    wrapped(*args, **kwargs)


async def _sync_to_async(wrapped: Any, instance: Any, args: Any, kwargs: Any) -> Any:
    with span("hop", "sync_to_async", function=name_of(instance.func)):
        return await wrapped(*args, **kwargs)


def _thread_handler(wrapped: Any, instance: Any, args: Any, kwargs: Any) -> Any:
    # The last argument is what runs inside the request's context, which the thread has not yet.
    *before, child = args
    return wrapped(*before, partial(_piece, child), **kwargs)


def _async_to_sync(wrapped: Any, instance: Any, args: Any, kwargs: Any) -> Any:
    with span("hop", "async_to_sync", function=name_of(instance.awaitable)):
        return wrapped(*args, **kwargs)


async def _run_sync(wrapped: Any, instance: Any, args: Any, kwargs: Any) -> Any:
    function, *arguments = args
    with span("hop", "run_in_threadpool", function=name_of(function)):
        return await wrapped(partial(_piece, function), *arguments, **kwargs)


async def _execute(wrapped: Any, instance: Any, args: Any, kwargs: Any) -> Any:
    function, *arguments = args
    if not is_traced():
        return await wrapped(*args, **kwargs)
    with span("hop", "aiosqlite", function=name_of(function)):
        # Its thread takes functions from a queue, and knows nothing of who put them there.
        in_context = partial(copy_context().run, _piece, function)
        return await wrapped(in_context, *arguments, **kwargs)


def _piece(function: Any, *args: Any, **kwargs: Any) -> Any:
    with work("piece", name_of(function)):
        return function(*args, **kwargs)
