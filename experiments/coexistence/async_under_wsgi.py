"""Async views under WSGI: what each request gets, and what that costs."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from fastapi import FastAPI

from experiments.apparatus import site
from experiments.apparatus.in_process import calling, calling_wsgi
from experiments.apparatus.serving import serving, serving_wsgi
from experiments.apparatus.timing import Ratio, ratio
from experiments.claim import Claim, Seen

View = Callable[..., Any]
Views = Mapping[str, tuple[View, View]]

INTERFACES = {"WSGI": (site.wsgi, serving_wsgi), "ASGI": (site.asgi, serving)}
BLOCKS = 30
REQUESTS = 5
UPSTREAM_SECONDS = 0.01
SEVERAL = 2


@Claim(
    "async-view-under-wsgi-has-its-own-loop",
    "Under WSGI, `async_to_sync` runs each request for an async view in an event loop of its own.",
    numbers=(42,),
    about="Django 3.1 and later",
    instead="Keep nothing that belongs to a loop, such as an async HTTP client, across requests.",
)
def async_view_under_wsgi_has_its_own_loop(interface: str = "WSGI") -> Seen:
    """Ask for an async view five times, and count the event loops that ran it."""
    loops = set()

    async def view(request: HttpRequest) -> HttpResponse:
        loops.add(asyncio.get_running_loop())
        return HttpResponse()

    door, served = INTERFACES[interface]
    with served(door(path("", view))) as client:
        for _ in range(REQUESTS):
            client.get("/")
    return Seen(held=len(loops) == REQUESTS, evidence={"requests": REQUESTS, "loops": len(loops)})


async_view_under_wsgi_has_its_own_loop.falls_when("it is served under ASGI", interface="ASGI")


@async_view_under_wsgi_has_its_own_loop.beside(
    "FastAPI", "All requests for `async def` endpoints run in the server's one event loop."
)
def fastapi_has_one_loop() -> Seen:
    """Ask for an endpoint five times, and count the event loops that ran it."""
    app, loops = FastAPI(), set()

    @app.get("/")
    async def endpoint() -> None:
        loops.add(asyncio.get_running_loop())

    with serving(app) as client:
        for _ in range(REQUESTS):
            client.get("/")
    return Seen(held=len(loops) == 1, evidence={"requests": REQUESTS, "loops": len(loops)})


def answer(request: HttpRequest) -> HttpResponse:
    """Answer at once."""
    return HttpResponse()


async def answer_async(request: HttpRequest) -> HttpResponse:
    """Answer at once, in a coroutine."""
    return HttpResponse()


def ask_upstream(request: HttpRequest) -> HttpResponse:
    """Answer when an upstream has answered."""
    time.sleep(UPSTREAM_SECONDS)
    return HttpResponse()


async def ask_upstream_async(request: HttpRequest) -> HttpResponse:
    """Answer when an upstream has answered, in a coroutine."""
    await asyncio.sleep(UPSTREAM_SECONDS)
    return HttpResponse()


VIEWS: Views = {
    "the view does next to nothing": (answer, answer_async),
    "the view waits 10 ms for an upstream": (ask_upstream, ask_upstream_async),
}


def async_to_def(synchronous: View, asynchronous: View) -> Ratio:
    """Time an async view beside a sync one, in Django's WSGI handler."""
    call = calling_wsgi(site.wsgi(path("def", synchronous), path("async", asynchronous)))
    return ratio(lambda: call("/def"), lambda: call("/async"), times=3, blocks=BLOCKS)


@Claim(
    "async-view-under-wsgi-is-slow",
    "Under WSGI, an async view takes several times as long as a sync one.",
    numbers=(42,),
    about="Django 5.2 and 6.1, without a server",
    instead="Write `def` under WSGI, unless the view waits for several upstreams at once.",
    why="`AsyncToSync.__call__` starts a thread with an event loop for each call: a fixed price, "
    "which only a short request feels. Several times is twice at least.",
    timed=True,
    shows=(answer_async, ask_upstream_async, async_to_def),
)
def async_view_under_wsgi_is_slow(views: Views = VIEWS) -> Seen:
    """Time async views beside sync ones that do the same, in Django's WSGI handler."""
    ratios = {condition: async_to_def(*pair) for condition, pair in views.items()}
    held = {condition: ratio.at_least(SEVERAL) for condition, ratio in ratios.items()}
    return Seen(
        held=None if None in held.values() else held,
        evidence={f"async to def, when {condition}": ratio for condition, ratio in ratios.items()},
    )


async_view_under_wsgi_is_slow.falls_when(
    "every view waits for an upstream",
    views={"the view waits 10 ms for an upstream": (ask_upstream, ask_upstream_async)},
)


@async_view_under_wsgi_is_slow.beside(
    "FastAPI",
    "The other way round: a `def` endpoint takes several times as long, if it does "
    "next to nothing.",
)
def def_endpoint_is_slow() -> Seen:
    """Time a `def` endpoint, which goes to a thread, beside an `async def` one."""
    app = FastAPI()

    @app.get("/def")
    def answer() -> None: ...

    @app.get("/async")
    async def answer_async() -> None: ...

    with calling(app) as call:
        def_to_async = ratio(lambda: call("/async"), lambda: call("/def"), times=3, blocks=BLOCKS)
    return Seen(held=def_to_async.at_least(SEVERAL), evidence={"def to async def": def_to_async})
