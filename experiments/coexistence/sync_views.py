"""Sync and async together: where sync views run under ASGI, and whom they hold up."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
from django.http import HttpRequest, HttpResponse
from django.urls import path
from fastapi import FastAPI

from django_app.threads import on_reused_threads
from experiments.apparatus import site
from experiments.apparatus.serving import PATIENCE_SECONDS, ask, serving
from experiments.claim import Claim, Seen

View = Callable[..., Any]

AT_ONCE = 60
ROUNDS = 2
FASTAPI_THREADS = 40
RELEASE_SECONDS = 2.0


class Meeting:
    """Requests that meet on their threads: none goes on before the expected number is there."""

    def __init__(self, size: int) -> None:
        self.threads: set[threading.Thread] = set()
        self.barrier = threading.Barrier(size)

    def join(self) -> None:
        """Meet the others."""
        self.threads.add(threading.current_thread())
        self.barrier.wait(PATIENCE_SECONDS)


@Claim(
    "sync-views-share-a-thread-pool",
    "Under ASGI, Django runs sync views on a thread pool.",
    numbers=(40,),
    about="Django 5.2 and 6.1",
    instead="Limit the requests at once in the server or the proxy, since Django has no limit, or "
    "run them on threads that stay, as `django_app/threads.py` does. When there are more requests "
    "than threads, some share a thread and its connection, of which asgiref warns: keep sync "
    "parts short, a transaction in one call, and connections open, by `CONN_MAX_AGE=None` or a "
    "pool.",
    why="`ASGIHandler.__call__` opens a `ThreadSensitiveContext` for each request, and "
    "`SyncToAsync.__call__` gives each of those a new `ThreadPoolExecutor` with one thread.",
    shows=(Meeting,),
)
def sync_views_share_a_thread_pool(limit: int | None = None) -> Seen:
    """Send sixty requests at once, and again sixty, and count the threads that ran the view."""
    meeting = Meeting(AT_ONCE)

    def view(request: HttpRequest) -> HttpResponse:
        meeting.join()
        return HttpResponse()

    django: Any = site.asgi(path("", view))
    with serving(on_reused_threads(django, limit) if limit else django) as client:
        answers = [answer for _ in range(ROUNDS) for answer in ask(client, ["/"] * AT_ONCE)]
    met = sum(answer.is_success for answer in answers)
    return Seen(
        held=len(meeting.threads) < met,
        evidence={"requests that met sixty at a time": met, "threads": len(meeting.threads)},
    )


sync_views_share_a_thread_pool.falls_when(
    "requests run on ninety threads that stay, by `django_app/threads.py`", limit=90
)


@sync_views_share_a_thread_pool.beside(
    "FastAPI", "FastAPI runs `def` endpoints on one pool of 40 threads, and the others wait."
)
def fastapi_has_a_thread_pool() -> Seen:
    """Send eighty requests at once that meet forty at a time, and count the threads."""
    app, meeting = FastAPI(), Meeting(FASTAPI_THREADS)
    app.get("/")(meeting.join)
    with serving(app) as client:
        answers = ask(client, ["/"] * FASTAPI_THREADS * ROUNDS)
    met = sum(answer.is_success for answer in answers)
    return Seen(
        held=met == len(answers) and len(meeting.threads) == FASTAPI_THREADS,
        evidence={"requests that met forty at a time": met, "threads": len(meeting.threads)},
    )


class Gate:
    """Something that one request waits for, and that another one opens."""

    def __init__(self) -> None:
        self.waited_for = threading.Event()
        self.opened = threading.Event()

    def wait(self) -> str:
        """Wait on the thread that calls this."""
        self.waited_for.set()
        return "opened" if self.opened.wait(RELEASE_SECONDS) else "nobody came"


GATE = Gate()


def wait_on_a_thread(request: HttpRequest) -> HttpResponse:
    """Wait as a sync view may."""
    return HttpResponse(GATE.wait())


async def wait_in_the_loop(request: HttpRequest) -> HttpResponse:
    """Wait in the same way, in a coroutine."""
    return HttpResponse(GATE.wait())


def waited_and_opened(client: httpx.Client) -> str:
    """Ask for the view that waits, then for the one that opens; give what the first answered."""
    with ThreadPoolExecutor() as threads:
        waiting = threads.submit(client.get, "/wait")
        GATE.waited_for.wait(PATIENCE_SECONDS)
        client.get("/open")
        return waiting.result().text.strip('"')


@Claim(
    "sync-view-leaves-the-loop-free",
    "Under ASGI, a sync view that blocks does not hold up the event loop.",
    numbers=(41,),
    about="Django 3.1 and later",
    instead="Keep a view that blocks a `def`; make it `async def` only together with the calls in "
    "it.",
    shows=(Gate, wait_on_a_thread, waited_and_opened),
)
def sync_view_leaves_the_loop_free(view: View = wait_on_a_thread) -> Seen:
    """Let a view block until an async view, which needs the event loop, releases it."""

    async def open_gate(request: HttpRequest) -> HttpResponse:
        GATE.opened.set()
        return HttpResponse()

    with serving(site.asgi(path("wait", view), path("open", open_gate))) as client:
        outcome = waited_and_opened(client)
    return Seen(held=outcome == "opened", evidence={"the view that blocks": outcome})


sync_view_leaves_the_loop_free.falls_when(
    "the view that blocks is an `async def`", view=wait_in_the_loop
)


@sync_view_leaves_the_loop_free.beside(
    "FastAPI", "A `def` endpoint that blocks does not hold up the event loop."
)
def def_endpoint_leaves_the_loop_free() -> Seen:
    """Let an endpoint block until an async one, which needs the event loop, releases it."""
    app = FastAPI()
    app.get("/wait")(GATE.wait)

    @app.get("/open")
    async def open_gate() -> None:
        GATE.opened.set()

    with serving(app) as client:
        outcome = waited_and_opened(client)
    return Seen(held=outcome == "opened", evidence={"the endpoint that blocks": outcome})
