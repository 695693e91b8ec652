"""Pitfalls of context variables: which values come back from a thread."""

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse
from django.urls import path
from fastapi import Depends, FastAPI
from fastapi.concurrency import run_in_threadpool

from experiments.apparatus import site
from experiments.apparatus.serving import serving
from experiments.claim import Claim, Seen

OnThread = Callable[..., Awaitable[object]]

NOBODY = "nobody"
USER = ContextVar("user", default=NOBODY)


async def by_sync_to_async(call: Callable[..., object], *values: object) -> object:
    """Call a function on a thread, as Django does."""
    return await sync_to_async(call)(*values)


@Claim(
    "sync-to-async-carries-context-back",
    "What a function sets in a context variable under `sync_to_async` is there in the coroutine "
    "afterwards.",
    about="asgiref 3.13, with Django 5.2 and 6.1",
    instead="Rely on it with `sync_to_async` only: `asyncio.to_thread` and AnyIO give the thread a "
    "copy. Better still, return the value.",
    shows=(by_sync_to_async,),
)
async def sync_to_async_carries_context_back(on_thread: OnThread = by_sync_to_async) -> Seen:
    """Set a context variable on a thread, and read it in the coroutine."""
    await on_thread(USER.set, "Ada")
    return Seen(held=USER.get() == "Ada", evidence={"the coroutine reads": USER.get()})


sync_to_async_carries_context_back.falls_when(
    "`asyncio.to_thread` calls it", on_thread=asyncio.to_thread
)


@sync_to_async_carries_context_back.beside(
    "FastAPI", "`run_in_threadpool`, which is AnyIO's, loses it."
)
async def run_in_threadpool_loses_context() -> Seen:
    """Set a context variable on a thread, and read it in the coroutine."""
    await run_in_threadpool(USER.set, "Ada")
    return Seen(held=USER.get() == NOBODY, evidence={"the coroutine reads": USER.get()})


def set_user() -> None:
    """Set a context variable, on a thread."""
    USER.set("Ada")


async def set_user_in_the_loop() -> None:
    """Set a context variable, in the event loop."""
    USER.set("Ada")


@Claim(
    "def-dependency-loses-context",
    "What a `def` dependency sets in a context variable does not reach the endpoint.",
    framework="FastAPI",
    about="FastAPI 0.165",
    instead="Make a dependency that sets a context variable `async def`, or let it return the "
    "value.",
    shows=(set_user,),
)
def def_dependency_loses_context(dependency: Callable[[], object] = set_user) -> Seen:
    """Set a context variable in a dependency, and read it in the endpoint."""
    app = FastAPI(dependencies=[Depends(dependency)])

    @app.get("/")
    async def endpoint() -> str:
        return USER.get()

    with serving(app) as client:
        read = client.get("/").json()
    return Seen(held=read == NOBODY, evidence={"the endpoint reads": read})


def_dependency_loses_context.falls_when(
    "the dependency is `async def`", dependency=set_user_in_the_loop
)


def sync_middleware(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Make a middleware that sets the context variable on its thread."""

    def middleware(request: HttpRequest) -> Any:
        set_user()
        return get_response(request)

    return middleware


@def_dependency_loses_context.beside(
    "Django", "What a sync middleware sets in a context variable reaches an async view."
)
def sync_middleware_reaches_async_view() -> Seen:
    """Set a context variable in a sync middleware, and read it in an async view."""

    async def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(USER.get())

    middleware = [f"{__name__}.{sync_middleware.__name__}"]
    with serving(site.asgi(path("", view), MIDDLEWARE=middleware)) as client:
        read = client.get("/").text
    return Seen(held=read == "Ada", evidence={"the view reads": read})
