"""Pitfalls of streaming: a generator of the wrong kind, which is collected before it is sent."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager
from threading import Event
from typing import Any

import httpx
from django.http import HttpRequest, StreamingHttpResponse
from django.urls import path
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

from experiments.apparatus import site
from experiments.apparatus.serving import serving, serving_wsgi
from experiments.claim import Claim, Seen

Parts = Callable[[Event, list[bool]], Any]
Serve = Callable[[Any], AbstractContextManager[httpx.Client]]

PATIENCE_SECONDS = 1.0


def sync_parts(read: Event, in_time: list[bool]) -> Iterator[bytes]:
    """Give a part, and another one when the first has been read, or after a second."""
    yield b"first"
    in_time.append(read.wait(PATIENCE_SECONDS))
    yield b"second"


async def async_parts(read: Event, in_time: list[bool]) -> AsyncIterator[bytes]:
    """Give the same parts, and keep the event loop free."""
    yield b"first"
    in_time.append(await asyncio.to_thread(read.wait, PATIENCE_SECONDS))
    yield b"second"


def arrives_in_parts(serve: Serve, application: Any, read: Event, in_time: list[bool]) -> bool:
    """Read an answer as it comes; say whether its first part came before the second was made."""
    with serve(application) as client, client.stream("GET", "/") as answer:
        for _ in answer.iter_raw():
            read.set()
    return in_time == [True]


@Claim(
    "sync-generator-is-buffered-under-asgi",
    "Under ASGI, `StreamingHttpResponse` of a sync generator sends nothing before all is made.",
    about="Django 4.2 and later",
    instead="Give it an async generator under ASGI; where the parts are sync, one that takes them "
    "from a thread one by one.",
    shows=(sync_parts, arrives_in_parts),
)
def sync_generator_is_buffered_under_asgi(parts: Parts = sync_parts) -> Seen:
    """Stream two parts, of which the second one waits for a reader of the first."""
    read, in_time = Event(), list[bool]()

    def view(request: HttpRequest) -> StreamingHttpResponse:
        return StreamingHttpResponse(parts(read, in_time))

    in_parts = arrives_in_parts(serving, site.asgi(path("", view)), read, in_time)
    return Seen(held=not in_parts, evidence={"the first part came at once": in_parts})


sync_generator_is_buffered_under_asgi.falls_when("the generator is async", parts=async_parts)


@sync_generator_is_buffered_under_asgi.beside(
    "FastAPI", "`StreamingResponse` takes a sync generator's parts one by one, on a thread."
)
def sync_generator_streams_in_fastapi() -> Seen:
    """Stream the same sync generator."""
    app, read, in_time = FastAPI(), Event(), list[bool]()

    @app.get("/")
    def stream() -> StreamingResponse:
        return StreamingResponse(sync_parts(read, in_time))

    in_parts = arrives_in_parts(serving, app, read, in_time)
    return Seen(held=in_parts, evidence={"the first part came at once": in_parts})


@Claim(
    "async-generator-is-buffered-under-wsgi",
    "Under WSGI, `StreamingHttpResponse` of an async generator sends nothing before all is made.",
    about="Django 4.2 and later",
    instead="Give it a sync generator under WSGI.",
    shows=(async_parts, arrives_in_parts),
)
def async_generator_is_buffered_under_wsgi(parts: Parts = async_parts) -> Seen:
    """Stream two parts, of which the second one waits for a reader of the first."""
    read, in_time = Event(), list[bool]()

    def view(request: HttpRequest) -> StreamingHttpResponse:
        return StreamingHttpResponse(parts(read, in_time))

    in_parts = arrives_in_parts(serving_wsgi, site.wsgi(path("", view)), read, in_time)
    return Seen(held=not in_parts, evidence={"the first part came at once": in_parts})


async_generator_is_buffered_under_wsgi.falls_when("the generator is sync", parts=sync_parts)


@async_generator_is_buffered_under_wsgi.beside(
    "FastAPI", "There is no WSGI to serve; an async generator is sent part by part."
)
def async_generator_streams_in_fastapi() -> Seen:
    """Stream the same async generator."""
    app, read, in_time = FastAPI(), Event(), list[bool]()

    @app.get("/")
    async def stream() -> StreamingResponse:
        return StreamingResponse(async_parts(read, in_time))

    in_parts = arrives_in_parts(serving, app, read, in_time)
    return Seen(held=in_parts, evidence={"the first part came at once": in_parts})
