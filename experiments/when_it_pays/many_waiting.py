"""Many requests that wait: how many one process keeps, and what each of them holds."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Sequence

import httpx
from django.core.signals import request_started
from django.db import close_old_connections, reset_queries
from django.http import HttpRequest, HttpResponse
from django.urls import path
from fastapi import FastAPI

from experiments.apparatus import site
from experiments.apparatus.serving import PATIENCE_SECONDS, ask, serving
from experiments.claim import Claim, Seen

Wait = Callable[[asyncio.Event], Awaitable[None]]

MANY = 100


async def until_all_are_here(complete: asyncio.Event) -> None:
    """Wait as a coroutine should."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        await complete.wait()


async def in_a_blocking_call(complete: asyncio.Event) -> None:
    """Wait by mistake in a call that blocks the event loop."""
    time.sleep(0.01)  # noqa: ASYNC251  (the mistake)


class Crowd:
    """Requests that wait until there are MANY; the last to come counts the threads."""

    def __init__(self, wait: Wait = until_all_are_here) -> None:
        self.wait = wait
        self.here = 0
        self.most = 0
        self.threads = 0
        self.complete = asyncio.Event()

    async def join(self) -> None:
        """Wait with the others."""
        self.here += 1
        self.most = max(self.most, self.here)
        if self.here == MANY:
            self.threads = threading.active_count()
            self.complete.set()
        await self.wait(self.complete)
        self.here -= 1


@Claim(
    "one-process-keeps-many-waiting",
    "With async views, one process keeps many waiting requests at once.",
    numbers=(10,),
    about="Django 3.1 and later under ASGI",
    instead="Await whatever takes long, such as upstreams, and never block the event loop.",
    shows=(until_all_are_here, Crowd),
)
def one_process_keeps_many_waiting(wait: Wait = until_all_are_here) -> Seen:
    """Send a hundred requests, none of which is answered before all are there."""
    crowd = Crowd(wait)

    async def view(request: HttpRequest) -> HttpResponse:
        await crowd.join()
        return HttpResponse()

    with serving(site.asgi(path("", view))) as client:
        ask(client, ["/"] * MANY)
    return Seen(held=crowd.most == MANY, evidence={"requests": MANY, "at once": crowd.most})


one_process_keeps_many_waiting.falls_when(
    "the views wait in a blocking call", wait=in_a_blocking_call
)


@one_process_keeps_many_waiting.beside(
    "FastAPI", "With `async def` endpoints, one process keeps many waiting requests at once."
)
def one_fastapi_process_keeps_many_waiting() -> Seen:
    """Send a hundred requests, none of which is answered before all are there."""
    app, crowd = FastAPI(), Crowd()
    app.get("/")(crowd.join)
    with serving(app) as client:
        ask(client, ["/"] * MANY)
    return Seen(held=crowd.most == MANY, evidence={"requests": MANY, "at once": crowd.most})


async def ask_from_one_thread(url: httpx.URL) -> None:
    """Send the requests at once, without a thread for each."""
    async with httpx.AsyncClient(
        base_url=url,
        timeout=PATIENCE_SECONDS,
        limits=httpx.Limits(max_connections=None),
        trust_env=False,
        verify=False,
    ) as client:
        for answer in await asyncio.gather(*(client.get("/") for _ in range(MANY))):
            answer.raise_for_status()  # answered well only when all were there


@Claim(
    "waiting-holds-no-thread",
    "An async view that waits holds no thread.",
    numbers=(10,),
    about="Django 5.2 and 6.1 under ASGI",
    instead="Count on a thread for each request in flight. `ThreadSensitiveContext(executor=…)` "
    "can reuse threads, but asgiref asks that no two requests use one executor at the same time.",
    why="`request_started.asend` runs the sync receivers of `django.db` on the request's own "
    "thread, which `ThreadSensitiveContext` keeps until the request ends.",
    shows=(Crowd, ask_from_one_thread),
)
def waiting_holds_no_thread(without: Sequence[Callable[..., None]] = ()) -> Seen:
    """Count the process's threads while a hundred async views wait that use no database."""
    for receiver in without:
        request_started.disconnect(receiver)
    crowd = Crowd()

    async def view(request: HttpRequest) -> HttpResponse:
        await crowd.join()
        return HttpResponse()

    with serving(site.asgi(path("", view))) as client:
        before = threading.active_count()
        asyncio.run(ask_from_one_thread(client.base_url))
    more = crowd.threads - before
    return Seen(held=more < MANY // 2, evidence={"waiting": crowd.most, "threads for them": more})


waiting_holds_no_thread.falls_when(
    "the receivers that `django.db` connects to `request_started` are taken away",
    without=(reset_queries, close_old_connections),
)


@waiting_holds_no_thread.beside("FastAPI", "An `async def` endpoint that waits holds no thread.")
def waiting_holds_no_thread_in_fastapi() -> Seen:
    """Count the process's threads while a hundred endpoints wait."""
    app, crowd = FastAPI(), Crowd()
    app.get("/")(crowd.join)
    with serving(app) as client:
        before = threading.active_count()
        asyncio.run(ask_from_one_thread(client.base_url))
    more = crowd.threads - before
    return Seen(held=more < MANY // 2, evidence={"waiting": crowd.most, "threads for them": more})
