"""Closing a connection from a coroutine: whose it is."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from asgiref.sync import sync_to_async
from django.db import connection
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from django_app.models import Author
from experiments.apparatus.alchemy import async_engine
from experiments.apparatus.observing import outcome_of
from experiments.apparatus.stored import open_connections
from experiments.claim import Claim, Seen
from fastapi_app.models import Author as AlchemyAuthor


def closing_the_loops() -> Coroutine[Any, Any, None]:
    """Name the connection here, where the coroutine runs."""
    return sync_to_async(connection.close)()


def closing_the_threads() -> Coroutine[Any, Any, None]:
    """Name the connection on the thread that has opened it."""
    return sync_to_async(lambda: connection.close())()


@Claim(
    "connection-close-is-the-loops",
    "`sync_to_async(connection.close)` raises `DatabaseError`, and closes nothing.",
    about="Django 5.2 and 6.1",
    instead="`sync_to_async(lambda: connection.close())`, or, for all databases, "
    "`sync_to_async(connections.close_all)`; `close_old_connections` leaves open what is younger "
    "than `CONN_MAX_AGE`.",
    why="`connection` stands for another connection on each thread: its `close` is read in the "
    "event loop, and then called on a thread that is not its own.",
    database="postgresql",
    shows=(closing_the_loops,),
)
async def connection_close(
    close: Callable[[], Coroutine[Any, Any, None]] = closing_the_loops,
) -> Seen:
    """Open a connection by a query, and close it."""
    await Author.objects.acount()
    came_to = await outcome_of(close())
    left = await asyncio.to_thread(open_connections)
    return Seen(
        held=came_to == "DatabaseError" and left == 1,
        evidence={"the call": came_to, "connections left open": left},
    )


connection_close.falls_when(
    "a function names the connection on the thread", close=closing_the_threads
)


@connection_close.beside(
    "FastAPI", "`await engine.dispose()` closes what a session has opened, from any task."
)
async def engine_dispose() -> Seen:
    """Open a connection by a query, and close it in another task."""
    engine = async_engine()
    async with AsyncSession(engine) as session:
        await session.scalar(select(func.count(AlchemyAuthor.id)))
    before = await asyncio.to_thread(open_connections, 1)
    await asyncio.create_task(engine.dispose())
    left = await asyncio.to_thread(open_connections)
    return Seen(
        held=before == 1 and left == 0,
        evidence={"connections before": before, "connections left open": left},
    )
