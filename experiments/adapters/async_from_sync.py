"""`async_to_sync`: the event loop that a coroutine gets from sync code, and what that costs."""

import asyncio
from asyncio import AbstractEventLoop
from collections.abc import Callable

import anyio.to_thread
from anyio import from_thread
from asgiref.sync import async_to_sync, sync_to_async
from django.http import HttpRequest, HttpResponse
from django.urls import path
from fastapi import FastAPI

from experiments.apparatus.observing import outcome
from experiments.apparatus.serving import serving, serving_wsgi
from experiments.apparatus.site import asgi, wsgi
from experiments.apparatus.timing import ratio
from experiments.claim import Claim, Seen

CALLS = 5
TIMED_CALLS = 50
COSTLY = 10
ABOUT = "asgiref 3.13, with Django 5.2 and 6.1"

Loops = list[AbstractEventLoop]


async def note_loop(loops: Loops) -> None:
    """Keep the running event loop, so that a later one cannot have the same identity."""
    loops.append(asyncio.get_running_loop())


def call_by_call(loops: Loops) -> None:
    """Adapt each call."""
    for _ in range(CALLS):
        async_to_sync(note_loop)(loops)


def all_in_one(loops: Loops) -> None:
    """Adapt one coroutine that makes all calls."""

    async def make_all_calls() -> None:
        for _ in range(CALLS):
            await note_loop(loops)

    async_to_sync(make_all_calls)()


@Claim(
    "async-to-sync-starts-a-loop",
    "Each call by `async_to_sync` starts an event loop of its own.",
    numbers=(26,),
    about=ABOUT,
    instead="Adapt once: call one coroutine that awaits all the others.",
    why="`AsyncToSync.__call__` uses the event loop that waits for its thread, which a sync view "
    "under ASGI has; where there is none, it runs `asyncio.run` on a new thread.",
    shows=(note_loop, call_by_call),
)
def async_to_sync_starts_a_loop(make_calls: Callable[[Loops], None] = call_by_call) -> Seen:
    """Count the loops of five calls: in a script, and in a sync view under WSGI and under ASGI."""

    def count() -> int:
        loops: Loops = []
        make_calls(loops)
        return len(set(loops))

    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(count())

    counted = {"a script calls it": count()}
    with serving_wsgi(wsgi(path("", view))) as client:
        counted["a sync view under WSGI calls it"] = int(client.get("/").text)
    with serving(asgi(path("", view))) as client:
        counted["a sync view under ASGI calls it"] = int(client.get("/").text)
    return Seen(
        held={caller: loops == CALLS for caller, loops in counted.items()},
        evidence={f"loops when {caller}": loops for caller, loops in counted.items()},
    )


async_to_sync_starts_a_loop.falls_when("one coroutine makes all calls", make_calls=all_in_one)


@async_to_sync_starts_a_loop.beside(
    "FastAPI",
    "`anyio.from_thread.run` starts none: in a `def` endpoint it uses the server's loop, and "
    "elsewhere it raises `NoEventLoopError`.",
)
def from_thread_run_starts_no_loop() -> Seen:
    """Count the loops of five calls in a `def` endpoint, and try it in a script."""
    app = FastAPI()
    loops: Loops = []

    @app.get("/server")
    async def note_server() -> None:
        await note_loop(loops)

    @app.get("/calls")
    def make_calls() -> None:
        for _ in range(CALLS):
            from_thread.run(note_loop, loops)

    with serving(app) as client:
        client.get("/server")
        client.get("/calls")
    in_script = outcome(lambda: from_thread.run(note_loop, loops))
    return Seen(
        held=len(loops) == 1 + CALLS and len(set(loops)) == 1 and in_script == "NoEventLoopError",
        evidence={"calls": len(loops), "loops": len(set(loops)), "in a script": in_script},
    )


async def do_nothing() -> None:
    """Take no time of its own."""


def do_nothing_at_once() -> None:
    """Do the same without a coroutine."""


async def await_often() -> None:
    """Await as often as the other side calls."""
    for _ in range(TIMED_CALLS):
        await do_nothing()


def adapt_once() -> None:
    """Adapt one coroutine that awaits often."""
    async_to_sync(await_often)()


def adapt_often() -> None:
    """Adapt each call."""
    for _ in range(TIMED_CALLS):
        async_to_sync(do_nothing)()


def call_often() -> None:
    """Call a sync function as often."""
    for _ in range(TIMED_CALLS):
        do_nothing_at_once()


@Claim(
    "async-to-sync-costs",
    "`async_to_sync` is costly: fifty calls by it take at least ten times as long as one that "
    "awaits fifty times.",
    numbers=(26,),
    about=ABOUT,
    instead="Adapt once: call one coroutine that awaits all the others.",
    timed=True,
    shows=(adapt_once, await_often, adapt_often),
)
def async_to_sync_costs(slow: Callable[[], None] = adapt_often) -> Seen:
    """Time both in a script, and on a thread that an event loop waits for, as a sync view's is."""
    in_a_script = ratio(adapt_once, slow)
    in_a_view = asyncio.run(sync_to_async(ratio)(adapt_once, slow))
    return Seen(
        held={
            "a script calls it": in_a_script.at_least(COSTLY),
            "a sync view calls it": in_a_view.at_least(COSTLY),
        },
        evidence={"in a script": in_a_script, "on the thread of a sync view": in_a_view},
    )


async_to_sync_costs.falls_when("nothing is adapted, since the function is sync", slow=call_often)


@async_to_sync_costs.beside(
    "FastAPI", "Fifty calls by `anyio.from_thread.run` take longer than one that awaits as often."
)
async def from_thread_run_costs() -> Seen:
    """Time both on a thread of AnyIO's pool, as a `def` endpoint's is."""

    def run_once() -> None:
        from_thread.run(await_often)

    def run_often() -> None:
        for _ in range(TIMED_CALLS):
            from_thread.run(do_nothing)

    ratio_on_thread = await anyio.to_thread.run_sync(ratio, run_once, run_often)
    return Seen(
        held=ratio_on_thread.is_longer, evidence={"on a thread of the pool": ratio_on_thread}
    )
