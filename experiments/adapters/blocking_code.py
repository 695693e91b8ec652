"""Adapters: blocking code in a coroutine, and the thread that it runs on."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated, Any

from asgiref.sync import sync_to_async
from fastapi import Depends, FastAPI
from fastapi.concurrency import run_in_threadpool

from django_app.models import Post
from experiments.apparatus.observing import LOOP, outcome_of, where
from experiments.apparatus.serving import serving
from experiments.claim import Claim, Seen

Call = Callable[[Callable[[], Any]], Awaitable[Any]]

PATIENCE_SECONDS = 1.0
ABOUT = "asgiref 3.13, with Django 5.2 and 6.1"


async def goes_on(call: Call, block: Callable[[threading.Event], bool]) -> bool:
    """Say whether the event loop runs another task while this blocks."""
    another_ran = threading.Event()

    async def another() -> None:
        another_ran.set()

    async def blocking() -> bool:
        return bool(await call(partial(block, another_ran)))

    saw_it, _ = await asyncio.gather(blocking(), another())
    return saw_it


def wait(event: threading.Event) -> bool:
    """Block without using the processor."""
    return event.wait(PATIENCE_SECONDS)


def compute(event: threading.Event) -> bool:
    """Block with Python code that never lets go by itself."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not event.is_set() and time.monotonic() < deadline:
        pass
    return event.is_set()


async def adapted(function: Callable[[], Any]) -> Any:
    """Call a blocking function by `sync_to_async`."""
    return await sync_to_async(function)()


async def as_it_is(function: Callable[[], Any]) -> Any:
    """Call a blocking function in the event loop."""
    return function()


@Claim(
    "sync-to-async-frees-the-loop",
    "`sync_to_async` runs a blocking function on a thread, and the event loop goes on meanwhile.",
    numbers=(20,),
    about=ABOUT,
    instead="Wrap what blocks in `sync_to_async`; computing in a thread still shares the GIL with "
    "the loop, so give long computations to a process. A library that can be awaited needs no "
    "thread.",
    shows=(goes_on, wait, compute, adapted),
)
async def sync_to_async_frees_the_loop(call: Call = adapted) -> Seen:
    """Block, waiting and computing, until another task of the event loop has run."""
    place = await call(where)
    waiting, computing = await goes_on(call, wait), await goes_on(call, compute)
    return Seen(
        held=place != LOOP and waiting and computing,
        evidence={
            "the function's place": place,
            "the loop goes on while it waits": waiting,
            "and while it computes": computing,
        },
    )


sync_to_async_frees_the_loop.falls_when("the function is called as it is", call=as_it_is)


@sync_to_async_frees_the_loop.beside(
    "FastAPI", "`run_in_threadpool` does the same, by a thread of AnyIO's pool."
)
async def run_in_threadpool_frees_the_loop() -> Seen:
    """Block, waiting and computing, until another task of the event loop has run."""
    place = await run_in_threadpool(where)
    waiting = await goes_on(run_in_threadpool, wait)
    computing = await goes_on(run_in_threadpool, compute)
    return Seen(
        held=place != LOOP and waiting and computing,
        evidence={
            "the function's place": place,
            "the loop goes on while it waits": waiting,
            "and while it computes": computing,
        },
    )


def undecorated(function: Callable[..., Any]) -> Callable[..., Any]:
    """Leave a function as it is."""
    return function


@Claim(
    "sync-to-async-decorates",
    "`@sync_to_async` above a blocking function or method makes it one to await.",
    numbers=(24,),
    about=ABOUT,
    instead="Decorate what is only ever awaited; wrap a function that sync code calls as well.",
)
async def sync_to_async_decorates(decorator: Callable[..., Any] = sync_to_async) -> Seen:
    """Await a function and a method that count posts."""

    @decorator
    def count_posts() -> int:
        return Post.objects.count()

    class Blog:
        @decorator
        def count_posts(self) -> int:
            return Post.objects.count()

    async def awaited(call: Callable[[], Any]) -> int:
        return int(await call())

    evidence = {
        "await count_posts()": await outcome_of(awaited(count_posts)),
        "await blog.count_posts()": await outcome_of(awaited(Blog().count_posts)),
    }
    return Seen(held=set(evidence.values()) == {"3"}, evidence=evidence)


sync_to_async_decorates.falls_when("there is no decorator", decorator=undecorated)


@sync_to_async_decorates.beside(
    "FastAPI", "A `def` dependency needs no decorator: FastAPI runs it on a thread."
)
def def_dependency_needs_no_decorator() -> Seen:
    """Ask where a `def` dependency of an `async def` endpoint runs."""
    app = FastAPI()

    def dependency() -> str:
        return where()

    @app.get("/")
    async def endpoint(dependency_ran_on: Annotated[str, Depends(dependency)]) -> list[str]:
        return [dependency_ran_on, where()]

    with serving(app) as client:
        of_dependency, of_endpoint = client.get("/").json()
    return Seen(
        held=of_dependency != LOOP and of_endpoint == LOOP,
        evidence={"the dependency's place": of_dependency, "the endpoint's": of_endpoint},
    )
