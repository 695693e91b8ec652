"""Pitfalls of threads: how many each request takes, also when it has no use for one."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Thread
from typing import Any
from unittest.mock import patch

from asgiref.sync import ThreadSensitiveContext
from django.core.signals import request_started
from django.db import close_old_connections, reset_queries
from django.http import HttpRequest, HttpResponse
from django.urls import path
from fastapi import FastAPI

from experiments.apparatus import site
from experiments.apparatus.serving import ask, serving
from experiments.claim import Claim, Seen

Receivers = Sequence[Callable[..., None]]
Wrap = Callable[[Any], Any]

IN_TURN = 5
AT_ONCE = 20
NOT_OF_REQUESTS = "MainThread", "uvicorn", "client"


@contextmanager
def started() -> Iterator[list[str]]:
    """List the threads that are started for requests until the block ends."""
    names: list[str] = []
    start = Thread.start

    def noting(thread: Thread) -> None:
        if not thread.name.startswith(NOT_OF_REQUESTS):
            names.append(thread.name)
        start(thread)

    with patch.object(Thread, "start", noting):
        yield names


def request_threads() -> int:
    """Count the threads that are there for requests."""
    return sum(not thread.name.startswith(NOT_OF_REQUESTS) for thread in threading.enumerate())


def as_it_is(application: Any) -> Any:
    """Change nothing about an application."""
    return application


def on_one_thread(application: Any) -> Any:
    """Give all requests of an application one thread for what is sync in them."""
    executor = ThreadPoolExecutor(max_workers=1)

    async def outer(scope: Any, receive: Any, send: Any) -> None:
        async with ThreadSensitiveContext(executor=executor):
            await application(scope, receive, send)

    return outer


@Claim(
    "async-view-starts-two-threads",
    "Each request to an `async def` view starts two threads, even if the view asks no database.",
    about="Django 5.2 and 6.1 under ASGI, with asgiref 3.13",
    instead="Where that counts, let an outer ASGI application lend requests threads that stay, by "
    "`ThreadSensitiveContext(executor=…)`, and several of them, as `django_app/threads.py` does. "
    "When there are more requests than threads, some share a thread and its connection, of which "
    "asgiref warns: keep sync parts short, a transaction in one call, and connections open, by "
    "`CONN_MAX_AGE=None` or a pool. A task that outlives its request may then no longer use "
    "`sync_to_async`.",
    why="`ASGIHandler.handle` runs the sync receivers of `request_started` and the response's "
    "`close()` by `sync_to_async`, on a thread of the request; "
    "`ThreadSensitiveContext.__aexit__` starts another one to wait for the end of the first.",
    shows=(started,),
)
def async_view_starts_two_threads(wrap: Wrap = as_it_is) -> Seen:
    """Send five requests, one after another, and count the threads that are started."""

    async def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    with started() as names, serving(wrap(site.asgi(path("", view)))) as client:
        for _ in range(IN_TURN):
            client.get("/")
    return Seen(
        held=len(names) == 2 * IN_TURN,
        evidence={"threads started": f"{len(names)} for {IN_TURN} requests"},
    )


async_view_starts_two_threads.falls_when(
    "an outer ASGI application lends one thread to all requests", wrap=on_one_thread
)


@async_view_starts_two_threads.beside(
    "FastAPI", "A request to an `async def` endpoint starts no thread."
)
def async_endpoint_starts_none() -> Seen:
    """Send five requests, one after another, and count the threads that are started."""
    app = FastAPI()

    @app.get("/")
    async def endpoint() -> None:
        pass

    with started() as names, serving(app) as client:
        for _ in range(IN_TURN):
            client.get("/")
    return Seen(
        held=not names, evidence={"threads started": f"{len(names)} for {IN_TURN} requests"}
    )


@Claim(
    "waiting-async-view-keeps-a-thread",
    "An `async def` view that waits keeps a thread of its own, even if it asks no database.",
    about="Django 5.0 and later under ASGI",
    instead="Count a thread for each request that waits. While it idles it takes memory only; "
    "starting it and joining it takes time in every request.",
    why="`django/db/__init__.py` connects two sync receivers to `request_started`; the thread that "
    "runs them stays until the request has ended.",
    shows=(request_threads,),
)
def waiting_async_view_keeps_a_thread(disconnected: Receivers = ()) -> Seen:
    """Let twenty views wait for each other, and count the threads that are there then."""
    for receiver in disconnected:
        request_started.disconnect(receiver)
    all_are_in = asyncio.Barrier(AT_ONCE)
    counts: list[int] = []

    async def view(request: HttpRequest) -> HttpResponse:
        await all_are_in.wait()
        counts.append(request_threads())
        return HttpResponse()

    with serving(site.asgi(path("", view))) as client:
        ask(client, ["/"] * AT_ONCE)
    return Seen(
        held=counts[0] == AT_ONCE,
        evidence={"threads": f"{counts[0]} for {AT_ONCE} requests that wait"},
    )


waiting_async_view_keeps_a_thread.falls_when(
    "the two receivers of `request_started` are disconnected",
    disconnected=(reset_queries, close_old_connections),
)


@waiting_async_view_keeps_a_thread.beside(
    "FastAPI", "`async def` endpoints that wait keep no thread."
)
def waiting_async_endpoint_keeps_none() -> Seen:
    """Let twenty endpoints wait for each other, and count the threads that are there then."""
    app, all_are_in = FastAPI(), asyncio.Barrier(AT_ONCE)
    counts: list[int] = []

    @app.get("/")
    async def endpoint() -> None:
        await all_are_in.wait()
        counts.append(request_threads())

    with serving(app) as client:
        ask(client, ["/"] * AT_ONCE)
    return Seen(
        held=counts[0] == 0,
        evidence={"threads": f"{counts[0]} for {AT_ONCE} requests that wait"},
    )
