"""WSGI and ASGI: what runs under which, and how many requests a process serves at once."""

import asyncio
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import httpx
from django.db import models
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from experiments.apparatus import site
from experiments.apparatus.observing import LOOP, where
from experiments.apparatus.running import PATIENCE_SECONDS, running
from experiments.apparatus.serving import ask, serving, serving_wsgi
from experiments.async_orm.methods import is_async
from experiments.claim import Claim, Seen

View = Callable[..., Any]
Announced = Mapping[str, tuple[Any, str]]

QUERYSET = "aaggregate abulk_create abulk_update acontains acount acreate adelete aearliest aexists"
QUERYSET += " aexplain afirst aget aget_or_create ain_bulk aiterator alast alatest aupdate"
QUERYSET += " aupdate_or_create"
ANNOUNCED: Announced = {
    "4.1": (QuerySet, QUERYSET),
    "4.2": (Model, "adelete arefresh_from_db asave"),
    "5.0": (models, "aprefetch_related_objects"),
}
SESSION = "commit delete execute flush get merge refresh rollback scalar scalars"
NOT_IN_ASYNC_SESSION = "query bulk_save_objects bulk_insert_mappings bulk_update_mappings"

AT_ONCE = 8
PLACES = {"--worker-class sync --workers 2": 2, "--worker-class gthread --threads 3": 3}


@Claim(
    "orm-can-be-awaited",
    "The ORM can be awaited since Django 4.1, and more of it since 4.2 and 5.0.",
    numbers=(1,),
    about="Django 4.1 and later; which release brought which is read from its release notes",
    instead="Use the `a` methods in a coroutine, and know that each runs on a thread.",
    shows=(is_async,),
)
def orm_can_be_awaited(announced: Announced = ANNOUNCED) -> Seen:
    """Look in the installed Django for the methods that the release notes announce."""
    are_async = {
        f"{owner.__name__}, {release}": [
            is_async(getattr(owner, name, None)) for name in names.split()
        ]
        for release, (owner, names) in announced.items()
    }
    return Seen(
        held=all(map(all, are_async.values())),
        evidence={owner: f"{sum(known)} of {len(known)}" for owner, known in are_async.items()},
    )


orm_can_be_awaited.falls_when(
    "a method is looked for that no release has announced",
    announced={"none": (Model, "afull_clean")},
)


@orm_can_be_awaited.beside(
    "FastAPI",
    "SQLAlchemy's `AsyncSession` has the methods of `Session` that reach the database by the same "
    "names, to await; `query()` and the `bulk_…` methods are missing.",
)
def session_can_be_awaited() -> Seen:
    """Look in the installed SQLAlchemy for what a session does with the database."""
    names = SESSION.split()
    both = [name for name in names if is_async(getattr(AsyncSession, name, None))]
    missing = [name for name in NOT_IN_ASYNC_SESSION.split() if not hasattr(AsyncSession, name)]
    return Seen(
        held=all(hasattr(Session, name) for name in both + missing)
        and (both, missing) == (names, NOT_IN_ASYNC_SESSION.split()),
        evidence={"to await": f"{len(both)} of {len(names)}", "missing": ", ".join(missing)},
    )


def most_at_once(answers: Iterable[str]) -> int:
    """Count the naps that overlapped at most; each answer says when its nap began and ended."""
    spans = [(float(began), float(ended)) for began, ended in map(str.split, answers)]
    return max(sum(began <= at < ended for began, ended in spans) for at, _ in spans)


@Claim(
    "wsgi-serves-a-request-a-thread",
    "Under WSGI, the number of processes and threads sets how many requests are served at once.",
    numbers=(2,),
    about="gunicorn with any Django",
    instead="Set `--workers` by the cores and `--threads` by how long requests wait.",
    needs=("gunicorn",),
    shows=(most_at_once,),
)
def wsgi_serves_a_request_a_thread(
    places: Mapping[str, int] = PLACES, door: str = "wsgi_application"
) -> Seen:
    """Send eight requests that hold their thread for a moment, and count how many overlap."""
    most = {}
    for flags in places:
        site_and_flags = f"experiments.applications.plain_site:{door}", "--preload", *flags.split()
        with (
            running("gunicorn", *site_and_flags) as server,
            httpx.Client(base_url=server.url, timeout=PATIENCE_SECONDS, trust_env=False) as client,
        ):
            most[flags] = most_at_once(answer.text for answer in ask(client, ["/nap"] * AT_ONCE))
    return Seen(held=most == places, evidence={f"at once, {flags}": n for flags, n in most.items()})


wsgi_serves_a_request_a_thread.falls_when(
    "one process of gunicorn's ASGI worker serves them",
    places={"--worker-class asgi": 1},
    door="asgi_application",
)


@wsgi_serves_a_request_a_thread.beside(
    "FastAPI", "One thread serves all requests at once that wait in the event loop."
)
def one_thread_serves_all_that_wait() -> Seen:
    """Send eight requests, none of which is answered before all are there."""
    app, threads, meeting = FastAPI(), set(), asyncio.Barrier(AT_ONCE)

    @app.get("/")
    async def meet() -> None:
        threads.add(threading.current_thread().name)
        async with asyncio.timeout(PATIENCE_SECONDS):
            await meeting.wait()

    with serving(app) as client:
        statuses = [answer.status_code for answer in ask(client, ["/"] * AT_ONCE)]
    return Seen(
        held=statuses == [200] * AT_ONCE and len(threads) == 1,
        evidence={"answered, all at once": statuses.count(200), "threads": ", ".join(threads)},
    )


async def wait_for_two(request: HttpRequest) -> HttpResponse:
    """Wait at a barrier twice, which only two that run at the same time can pass."""
    barrier = asyncio.Barrier(2)
    async with asyncio.timeout(PATIENCE_SECONDS):
        passed = await asyncio.gather(barrier.wait(), barrier.wait())
    return HttpResponse(f"waits for {len(passed)} at once")


def hidden_wait_for_two(request: HttpRequest) -> Any:
    """Give the coroutine of an async view, as a careless decorator does."""
    return wait_for_two(request)


@Claim(
    "no-async-views-under-wsgi",
    "Under WSGI, async views cannot be used.",
    numbers=(3,),
    about="Django 3.1 and later",
    instead="Use one under WSGI where it asks several upstreams at once; the request still keeps "
    "the server's thread.",
    why="`BaseHandler._get_response` runs an async view with `async_to_sync`, and what it awaits "
    "runs in an event loop.",
    shows=(wait_for_two,),
)
def no_async_views_under_wsgi(view: View = wait_for_two) -> Seen:
    """Ask a WSGI server for an async view that does two things at once."""
    with serving_wsgi(site.wsgi(path("", view))) as client:
        answer = client.get("/")
    shown = answer.text if answer.is_success else f"status {answer.status_code}"
    return Seen(held=not answer.is_success, evidence={"the view": shown})


no_async_views_under_wsgi.falls_when(
    "a plain `def` hides the coroutine, so that Django does not see an async view",
    view=hidden_wait_for_two,
)


@no_async_views_under_wsgi.beside(
    "FastAPI",
    "FastAPI does not run under WSGI by itself; it needs an adapter such as `a2wsgi`.",
)
def no_fastapi_under_wsgi() -> Seen:
    """Ask a WSGI server for an endpoint."""
    app = FastAPI()
    app.get("/")(where)
    with serving_wsgi(app) as client:
        status = client.get("/").status_code
    return Seen(held=status == 500, evidence={"status": status})


async def tell_where(request: HttpRequest) -> HttpResponse:
    """Say where an async view runs."""
    return HttpResponse(where())


def hidden_tell_where(request: HttpRequest) -> Any:
    """Give the coroutine of an async view, as a careless decorator does."""
    return tell_where(request)


@Claim(
    "both-kinds-under-asgi",
    "Under ASGI, sync and async views live side by side in one project.",
    numbers=(6,),
    about="Django 3.1 and later",
    instead="Turn views into async ones one at a time, where it pays.",
    shows=(tell_where,),
)
def both_kinds_under_asgi(asynchronous: View = tell_where) -> Seen:
    """Ask one server for a view of each kind, and hear where each runs."""

    def synchronous(request: HttpRequest) -> HttpResponse:
        return HttpResponse(where())

    with serving(site.asgi(path("def", synchronous), path("async", asynchronous))) as client:
        answers = {kind: client.get(f"/{kind}") for kind in ("def", "async")}
    ran = {
        kind: answer.text if answer.is_success else f"status {answer.status_code}"
        for kind, answer in answers.items()
    }
    both = all(answer.is_success for answer in answers.values())
    return Seen(held=both and ran["async"] == LOOP != ran["def"], evidence=ran)


both_kinds_under_asgi.falls_when(
    "a plain `def` hides the async view's coroutine", asynchronous=hidden_tell_where
)


@both_kinds_under_asgi.beside(
    "FastAPI", "`def` and `async def` endpoints live side by side in one application."
)
def both_kinds_in_fastapi() -> Seen:
    """Ask one server for an endpoint of each kind, and hear where each runs."""
    app = FastAPI()
    app.get("/def")(where)

    @app.get("/async")
    async def in_the_loop() -> str:
        return where()

    with serving(app) as client:
        ran = {kind: client.get(f"/{kind}").json() for kind in ("def", "async")}
    return Seen(held=ran["async"] == LOOP != ran["def"], evidence=ran)
