"""`thread_sensitive`: which calls share a thread, and why a transaction needs that."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any

from asgiref.sync import async_to_sync, sync_to_async
from django.db import transaction
from django.http import HttpRequest, JsonResponse
from django.urls import path
from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from django_app.models import Author
from experiments.apparatus.alchemy import async_engine
from experiments.apparatus.observing import where
from experiments.apparatus.serving import serving
from experiments.apparatus.site import asgi
from experiments.claim import Claim, Seen
from fastapi_app.models import Author as AlchemyAuthor

NAP_SECONDS = 0.05
ABOUT = "asgiref 3.13, with Django 5.2 and 6.1"


async def threads_of_two_calls(adapter: Callable[..., Any]) -> set[str]:
    """Make two calls at once; give the threads that they ran on."""

    def name_thread() -> str:
        time.sleep(NAP_SECONDS)  # so long that the other call has begun, if it can
        return where()

    call = adapter(name_thread)
    return set(await asyncio.gather(call(), call()))


@Claim(
    "sync-to-async-has-one-thread",
    "By default (`thread_sensitive=True`) `sync_to_async` runs everything on one and the same "
    "thread.",
    numbers=(22,),
    about=ABOUT,
    instead="Count on one thread within a request only; another request has another one.",
    why="`ASGIHandler.__call__` enters a `ThreadSensitiveContext` for each request, and "
    "`SyncToAsync.__call__` makes one thread for each of these; outside of them it has one thread "
    "for the process, and below `async_to_sync` it is the thread that called that.",
    shows=(threads_of_two_calls,),
)
def sync_to_async_has_one_thread(adapter: Callable[..., Any] = sync_to_async) -> Seen:
    """Make two calls at once: in each of two requests, outside of them, and from two threads."""

    async def view(request: HttpRequest) -> JsonResponse:
        return JsonResponse(sorted(await threads_of_two_calls(adapter)), safe=False)

    with serving(asgi(path("", view))) as client:
        first, second = (set(client.get("/").json()) for _ in range(2))
    no_request = asyncio.run(threads_of_two_calls(adapter))
    with ThreadPoolExecutor(max_workers=2, thread_name_prefix="caller") as callers:
        called = callers.map(async_to_sync(threads_of_two_calls), [adapter, adapter])
        by_callers = set().union(*called)
    threads = {
        "both calls are made in one request": first,
        "they are made in two requests": first | second,
        "they are made outside of requests": no_request,
        "two threads make them by `async_to_sync`": by_callers,
    }
    return Seen(
        held={calls: len(names) == 1 for calls, names in threads.items()},
        evidence={calls: ", ".join(sorted(names)) for calls, names in threads.items()},
    )


sync_to_async_has_one_thread.falls_when(
    "`thread_sensitive` is False", adapter=partial(sync_to_async, thread_sensitive=False)
)


@sync_to_async_has_one_thread.beside(
    "FastAPI", "AnyIO's pool keeps no thread per request: two calls at once run on two threads."
)
def threadpool_has_many_threads() -> Seen:
    """Make two calls at once in one request."""
    app = FastAPI()

    def identify_thread() -> int:
        time.sleep(NAP_SECONDS)
        return threading.get_ident()

    @app.get("/")
    async def endpoint() -> int:
        calls = (run_in_threadpool(identify_thread) for _ in range(2))
        return len(set(await asyncio.gather(*calls)))

    with serving(app) as client:
        threads = client.get("/").json()
    return Seen(held=threads == 2, evidence={"threads": threads})


class Refused(Exception):
    """Raised to roll a transaction back."""


def write_author() -> None:
    """Write a row, so slowly that three at once are on three threads if they can."""
    Author.objects.create(name="Refused")
    time.sleep(NAP_SECONDS)


async def in_steps(adapter: Callable[..., Any]) -> None:
    """Begin, write three rows and roll back, each by a call of its own."""
    atomic = transaction.atomic()
    await adapter(atomic.__enter__)()
    await asyncio.gather(*(adapter(write_author)() for _ in range(3)))
    await adapter(atomic.__exit__)(Refused, Refused(), None)


async def in_one_function(adapter: Callable[..., Any]) -> None:
    """Begin, write three rows and roll back in one function."""

    def write_and_refuse() -> None:
        with suppress(Refused), transaction.atomic():
            for _ in range(3):
                write_author()
            raise Refused

    await adapter(write_and_refuse)()


@Claim(
    "transactions-need-one-thread",
    "A transaction that spans several `sync_to_async` calls needs `thread_sensitive=True`: without "
    "it, rows are written outside of it.",
    numbers=(23,),
    about=ABOUT,
    instead="Put a whole transaction into one function and call that by `sync_to_async`.",
    database="postgresql",
    shows=(in_steps, write_author),
)
async def transactions_need_one_thread(
    transact: Callable[[Callable[..., Any]], Awaitable[None]] = in_steps,
) -> Seen:
    """Roll three rows back with either setting, and count those that are still there."""
    left = {}
    for sensitive in (True, False):
        await transact(partial(sync_to_async, thread_sensitive=sensitive))
        left[sensitive] = await Author.objects.filter(name="Refused").acount()
    return Seen(
        held=left[True] == 0 and left[False] > 0,
        evidence={
            f"rows left with thread_sensitive={sensitive}": rows for sensitive, rows in left.items()
        },
    )


transactions_need_one_thread.falls_when(
    "the whole transaction is one function, which runs on one thread with either setting",
    transact=in_one_function,
)


@transactions_need_one_thread.beside(
    "FastAPI",
    "In SQLAlchemy a transaction belongs to the session, not to a thread; one task at a time may "
    "use it.",
)
async def session_has_its_transaction() -> Seen:
    """Roll back three rows that three tasks wrote, one after another; count those still there."""
    engine = async_engine()
    names = select(func.count()).where(AlchemyAuthor.name == "Refused")
    async with AsyncSession(engine) as session:
        for _ in range(3):
            session.add(AlchemyAuthor(name="Refused"))
            await asyncio.create_task(session.flush())
        written = await session.scalar(names)
        await session.rollback()
        left = await session.scalar(names)
    await engine.dispose()
    return Seen(
        held=written == 3 and left == 0,
        evidence={"rows in the transaction": written, "rows left": left},
    )
