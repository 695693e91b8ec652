"""Pitfalls of FastAPI's thread pool: what is slow in it keeps what is trivial from starting."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from threading import Event, Semaphore

import httpx
from django.http import HttpRequest, HttpResponse
from django.urls import path
from fastapi import FastAPI

from experiments.apparatus import site
from experiments.apparatus.serving import PATIENCE_SECONDS, serving
from experiments.claim import Claim, Seen

POOL_THREADS = 40  # AnyIO's default
ANSWER_SECONDS = 1.0


class Slow:
    """Views that keep their threads until they are let go."""

    def __init__(self) -> None:
        self.begun = Semaphore(0)
        self.let_go = Event()

    def hold(self) -> None:
        """Keep the thread."""
        self.begun.release()
        self.let_go.wait(PATIENCE_SECONDS)


def answered(client: httpx.Client, slow: Slow, slow_count: int, paths: Sequence[str]) -> list[bool]:
    """Say which paths are answered while so many slow requests are at work."""
    with ThreadPoolExecutor(slow_count + len(paths)) as threads:
        for _ in range(slow_count):
            threads.submit(client.get, "/slow")
        for _ in range(slow_count):
            slow.begun.acquire(timeout=PATIENCE_SECONDS)
        answers = [threads.submit(client.get, path) for path in paths]
        done = wait(answers, ANSWER_SECONDS).done
        slow.let_go.set()
    return [answer in done for answer in answers]


@Claim(
    "slow-endpoints-fill-the-thread-pool",
    "Forty slow `def` endpoints make every other `def` endpoint wait, however trivial; an "
    "`async def` endpoint answers.",
    framework="FastAPI",
    about="Starlette with AnyIO's default of 40 threads",
    instead="Make what is trivial `async def`, and the thread limiter as large as what is slow "
    "needs: `anyio.to_thread.current_default_thread_limiter().total_tokens`.",
    shows=(Slow, answered),
)
def slow_endpoints_fill_the_thread_pool(slow_count: int = POOL_THREADS) -> Seen:
    """Keep threads of the pool, and see which kind of endpoint answers meanwhile."""
    app, slow = FastAPI(), Slow()
    app.get("/slow")(slow.hold)

    @app.get("/def")
    def trivial() -> None:
        pass

    @app.get("/async")
    async def trivial_async() -> None:
        pass

    with serving(app) as client:
        of_def, of_async = answered(client, slow, slow_count, ["/def", "/async"])
    return Seen(
        held=of_async and not of_def,
        evidence={
            "slow ones": slow_count,
            "`def` answers": of_def,
            "`async def` answers": of_async,
        },
    )


slow_endpoints_fill_the_thread_pool.falls_when(
    "there are 39 slow ones, and so a thread is left", slow_count=POOL_THREADS - 1
)


@slow_endpoints_fill_the_thread_pool.beside(
    "Django", "Forty slow sync views hold up no other, since each request has a thread of its own."
)
def slow_views_hold_up_no_other() -> Seen:
    """Keep as many threads, and see which kind of view answers meanwhile."""
    slow = Slow()

    def hold(request: HttpRequest) -> HttpResponse:
        slow.hold()
        return HttpResponse()

    def trivial(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    async def trivial_async(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    paths = path("slow", hold), path("def", trivial), path("async", trivial_async)
    with serving(site.asgi(*paths)) as client:
        of_def, of_async = answered(client, slow, POOL_THREADS, ["/def", "/async"])
    return Seen(
        held=of_def and of_async,
        evidence={"`def` answers": of_def, "`async def` answers": of_async},
    )
