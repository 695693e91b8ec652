"""Several upstream calls in one request: at once or in turn, as the upstream saw them."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx
from django.http import HttpRequest, HttpResponse
from django.urls import path
from fastapi import FastAPI

from experiments.apparatus import site
from experiments.apparatus.serving import serving
from experiments.claim import Claim, Seen

View = Callable[[HttpRequest], Any]

# How long each call takes, in ms; the longest is asked for first.
CALLS = ("500", "400", "300")


def client(upstream: str) -> httpx.Client:
    """Give a client without certificates, which take long to load."""
    return httpx.Client(base_url=upstream, trust_env=False, verify=False)


def async_client(upstream: str) -> httpx.AsyncClient:
    """Give a client without certificates, which take long to load."""
    return httpx.AsyncClient(base_url=upstream, trust_env=False, verify=False)


@dataclass(frozen=True)
class Call:
    """A call as the upstream saw it: how long it should take, from when to when it did."""

    milliseconds: int
    began: float
    ended: float


def calls_of(application: Any) -> list[Call]:
    """Ask an application once; give the upstream calls that this took, in the order they ended."""
    calls: list[Call] = []
    upstream = FastAPI()

    @upstream.get("/{milliseconds}")
    async def answer(milliseconds: int) -> None:
        began = time.perf_counter()
        await asyncio.sleep(milliseconds / 1000)
        calls.append(Call(milliseconds, began, time.perf_counter()))

    with serving(upstream) as source, serving(application) as site:
        site.get("/", params={"upstream": str(source.base_url)}).raise_for_status()
    return calls


def most_at_once(calls: list[Call]) -> int:
    """Count the calls that were under way together, at the most."""
    return max(sum(other.began <= call.began < other.ended for other in calls) for call in calls)


def evidence_of(calls: list[Call]) -> dict[str, object]:
    """Say how many calls were under way together, and when which of them ended."""
    return {
        "calls": len(calls),
        "most of them at once": most_at_once(calls),
        "ended in the order": ", ".join(f"{call.milliseconds} ms" for call in calls),
    }


async def gather(request: HttpRequest) -> HttpResponse:
    """Ask for all at once; a real view keeps one client (claim `building-a-client-blocks`)."""
    async with async_client(request.GET["upstream"]) as upstream:
        await asyncio.gather(*[upstream.get(call) for call in CALLS])
    return HttpResponse()


async def await_in_turn(request: HttpRequest) -> HttpResponse:
    """Ask for one, await it, and go on to the next."""
    async with async_client(request.GET["upstream"]) as upstream:
        for call in CALLS:
            await upstream.get(call)
    return HttpResponse()


def call_in_turn(request: HttpRequest) -> HttpResponse:
    """Ask for one after another."""
    with client(request.GET["upstream"]) as upstream:
        for call in CALLS:
            upstream.get(call)
    return HttpResponse()


def call_on_threads(request: HttpRequest) -> HttpResponse:
    """Ask for each on a thread of its own."""
    with client(request.GET["upstream"]) as upstream, ThreadPoolExecutor() as threads:
        list(threads.map(upstream.get, CALLS))
    return HttpResponse()


@Claim(
    "gather-waits-for-the-slowest",
    "With `asyncio.gather()` a view waits for all its upstreams at once, so for as long as the"
    " slowest takes.",
    numbers=(18,),
    about="Django 3.1 and later",
    instead="Gather the calls that do not need each other's answers, with a timeout; in an"
    " `asyncio.TaskGroup`, if a failure of one should cancel the rest.",
    shows=(async_client, calls_of, most_at_once, gather),
)
def gather_waits_for_the_slowest(view: View = gather) -> Seen:
    """Count how many of three calls the upstream had at the same time, and which ended last."""
    calls = calls_of(site.asgi(path("", view)))
    slowest_last = calls[-1].milliseconds == max(call.milliseconds for call in calls)
    return Seen(held=most_at_once(calls) == 3 and slowest_last, evidence=evidence_of(calls))


gather_waits_for_the_slowest.falls_when("the view awaits each call in turn", view=await_in_turn)


@gather_waits_for_the_slowest.beside("FastAPI", "An endpoint does the same with `gather()`.")
def gather_in_an_endpoint() -> Seen:
    """Count how many of three calls the upstream had at the same time, and which ended last."""
    app = FastAPI()

    @app.get("/")
    async def endpoint(upstream: str) -> None:
        async with async_client(upstream) as source:
            await asyncio.gather(*[source.get(call) for call in CALLS])

    calls = calls_of(app)
    slowest_last = calls[-1].milliseconds == max(call.milliseconds for call in calls)
    return Seen(held=most_at_once(calls) == 3 and slowest_last, evidence=evidence_of(calls))


@Claim(
    "await-in-turn-pays-the-sum",
    "An async view that awaits one call after another pays the sum of their times, like a sync"
    " one.",
    numbers=(18, 19),
    about="Django 3.1 and later",
    instead="Start the calls together, by `gather()` or in a `TaskGroup`, before you await any.",
    shows=(await_in_turn,),
)
def await_in_turn_pays_the_sum(view: View = await_in_turn) -> Seen:
    """Count how many of three calls the upstream had at the same time."""
    calls = calls_of(site.asgi(path("", view)))
    return Seen(held=most_at_once(calls) == 1, evidence=evidence_of(calls))


await_in_turn_pays_the_sum.falls_when("the view gathers them", view=gather)


@await_in_turn_pays_the_sum.beside("FastAPI", "An `async def` endpoint that does so pays it, too.")
def await_in_turn_in_an_endpoint() -> Seen:
    """Count how many of three calls the upstream had at the same time."""
    app = FastAPI()

    @app.get("/")
    async def endpoint(upstream: str) -> None:
        async with async_client(upstream) as source:
            for call in CALLS:
                await source.get(call)

    calls = calls_of(app)
    return Seen(held=most_at_once(calls) == 1, evidence=evidence_of(calls))


@Claim(
    "sync-view-pays-the-sum",
    "A sync view that asks several upstreams pays the sum of their times.",
    numbers=(19,),
    about="Django 5.2 and 6.1",
    instead="Gather in an async view, or give a sync view's calls to a thread pool.",
    why="The times add up because the calls are made in turn, not because the view is sync: a"
    " `ThreadPoolExecutor` in the same view has all of them under way at once.",
    shows=(call_in_turn, call_on_threads),
)
def sync_view_pays_the_sum(in_turn: View = call_in_turn) -> Seen:
    """Count how many of three calls the upstream had at the same time, of two views."""
    calls = calls_of(site.asgi(path("", in_turn)))
    on_threads = calls_of(site.asgi(path("", call_on_threads)))
    return Seen(
        held={
            "it makes the calls in turn": most_at_once(calls) == 1,
            "it makes them on threads": most_at_once(on_threads) == 1,
        },
        evidence={
            "at once, in turn": most_at_once(calls),
            "at once, on threads": most_at_once(on_threads),
        },
    )


sync_view_pays_the_sum.falls_when("the view is `async def` and gathers", in_turn=gather)


@sync_view_pays_the_sum.beside("FastAPI", "A `def` endpoint that makes them in turn pays it, too.")
def call_in_turn_in_an_endpoint() -> Seen:
    """Count how many of three calls the upstream had at the same time."""
    app = FastAPI()

    @app.get("/")
    def endpoint(upstream: str) -> None:
        with client(upstream) as source:
            for call in CALLS:
                source.get(call)

    calls = calls_of(app)
    return Seen(held=most_at_once(calls) == 1, evidence=evidence_of(calls))
