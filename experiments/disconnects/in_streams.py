"""Clients that go away in the middle of a stream."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from threading import Event

from django.http import HttpRequest, StreamingHttpResponse
from django.urls import path
from fastapi import FastAPI, Response
from fastapi.responses import StreamingResponse
from sqlalchemy import NullPool
from sqlalchemy.ext.asyncio import AsyncSession

from django_app.models import Author
from experiments.apparatus.alchemy import async_engine
from experiments.apparatus.leaving import leave
from experiments.apparatus.site import asgi
from experiments.apparatus.stored import added_authors
from experiments.claim import Claim, Seen
from fastapi_app.models import Author as AlchemyAuthor

# How long a stream takes that nobody cancels.
SLOW_SECONDS = 2.0


async def streamed(parts: AsyncIterator[str]) -> Response:
    """Send each part when it is there."""
    return StreamingResponse(parts)


async def collected(parts: AsyncIterator[str]) -> Response:
    """Send all parts at the end."""
    return Response("".join([part async for part in parts]))


@Claim(
    "disconnect-cancels-a-stream",
    "On uvicorn, FastAPI cancels a `StreamingResponse` whose client goes away, and a transaction "
    "of the stream is rolled back.",
    framework="FastAPI",
    about="Starlette 1.10 on uvicorn 0.54",
    instead="Write before the stream begins; a stream may end anywhere.",
    why="Where the server names an ASGI `spec_version` below 2.4, as uvicorn does (2.3), a "
    "streaming response listens for the disconnect beside its stream. Under gunicorn's `asgi` "
    "worker (2.4) it does not: over HTTP/1.1 that worker ignores what is sent to a client that has "
    "left, and the stream goes on to its end or until the worker's grace is over.",
    database="postgresql",
    shows=(leave, streamed),
)
def disconnect_during_a_stream(
    respond: Callable[[AsyncIterator[str]], Awaitable[Response]] = streamed,
) -> Seen:
    """Leave while a stream has a transaction open."""
    app, engine = FastAPI(), async_engine(poolclass=NullPool)
    wrote = Event()
    events: list[str] = []

    async def parts() -> AsyncIterator[str]:
        async with AsyncSession(engine) as session, session.begin():
            session.add(AlchemyAuthor(name="Grace"))
            await session.flush()
            yield "the first part"
            wrote.set()
            await asyncio.sleep(SLOW_SECONDS)
            events.append("finished")

    @app.get("/")
    async def endpoint() -> Response:
        return await respond(parts())

    leave(app, wrote)
    rows = added_authors()
    return Seen(
        held=not events and not rows,
        evidence={"the stream": events or "did not finish", "rows that stay": rows},
    )


disconnect_during_a_stream.falls_when(
    "the endpoint collects all parts before it answers", respond=collected
)


@disconnect_during_a_stream.beside(
    "Django", "Django cancels the generator as well, where it awaits."
)
def disconnect_during_a_stream_of_django() -> Seen:
    """Leave while a stream is between two writes."""
    wrote = Event()

    async def parts() -> AsyncIterator[bytes]:
        await Author.objects.acreate(name="Grace")
        yield b"the first part"
        wrote.set()
        await asyncio.sleep(SLOW_SECONDS)
        await Author.objects.acreate(name="Edsger")

    async def view(request: HttpRequest) -> StreamingHttpResponse:
        return StreamingHttpResponse(parts())

    leave(asgi(path("", view)), wrote)
    rows = added_authors()
    return Seen(held=rows == ["Grace"], evidence={"rows that stay": rows})
