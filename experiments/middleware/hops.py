"""What a change between async and sync middleware costs: hops to a thread and back, and time."""

from collections.abc import Callable, Sequence
from typing import Any
from unittest.mock import patch

import anyio.to_thread
import httpx
from django.http import HttpRequest, HttpResponse
from django.urls import path
from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import Response

from experiments.apparatus.in_process import calling
from experiments.apparatus.observing import LOOP, hops, where
from experiments.apparatus.serving import serving
from experiments.apparatus.site import asgi
from experiments.apparatus.timing import ratio
from experiments.claim import Claim, Seen
from experiments.middleware.flags import STARTPROJECT, dotted
from experiments.middleware.written import (
    AsgiMiddleware,
    HttpMiddleware,
    adapting_place,
    async_place,
    note_place,
    sync_place,
)

OF_EACH_KIND = 5
# So many that their time stands out of a request's noise.
TIMED_OF_EACH_KIND = 20
ABOUT = "Django 5.2 and 6.1"

Kinds = Sequence[Callable[..., Any]]


async def view(request: HttpRequest) -> HttpResponse:
    """Note where the answer begins."""
    return note_place(HttpResponse())


def django_with(middleware: Kinds) -> Any:
    """Give Django under ASGI with this middleware, the outermost first."""
    return asgi(path("", view), MIDDLEWARE=[dotted(kind) for kind in middleware])


def changes(answer: httpx.Response) -> int:
    """Count how often an answer went from one place to another on its way out."""
    places = answer.headers["Places"].rstrip(", ").split(", ")
    return sum(place != following for place, following in zip(places, places[1:], strict=False))


@Claim(
    "middleware-boundaries-hop",
    "Every change between async and sync middleware takes a request from the event loop to a "
    "thread, or back.",
    numbers=(29,),
    about=ABOUT,
    instead="Keep middleware of one kind together, and write your own for both kinds.",
    shows=(async_place, sync_place, note_place, changes),
)
def middleware_boundaries_hop(sync: Callable[..., Any] = sync_place) -> Seen:
    """Follow an answer out through five async and five sync ones: in turn, and kind by kind."""
    orders = {
        "in turn": [async_place, sync] * OF_EACH_KIND,
        "kind by kind": [async_place] * OF_EACH_KIND + [sync] * OF_EACH_KIND,
    }
    counted = {}
    for order, middleware in orders.items():
        with serving(django_with(middleware)) as client:
            counted[order] = changes(client.get("/"))
    # From the innermost, a sync one, to the async view is a change as well.
    return Seen(held=counted == {"in turn": 2 * OF_EACH_KIND, "kind by kind": 2}, evidence=counted)


middleware_boundaries_hop.falls_when(
    "the middleware is written for both kinds", sync=adapting_place
)


@middleware_boundaries_hop.beside(
    "FastAPI", "Starlette's middleware of both kinds stays in the event loop, in any order."
)
def starlette_has_no_boundaries() -> Seen:
    """Note where ten of them run, pure ASGI and `BaseHTTPMiddleware` in turn."""
    ran_in: list[str] = []

    class Noting(AsgiMiddleware):
        async def __call__(self, *passed: Any) -> None:
            ran_in.append(where())
            await super().__call__(*passed)

    class NotingHttp(HttpMiddleware):
        async def dispatch(self, *passed: Any) -> Response:
            ran_in.append(where())
            return await super().dispatch(*passed)

    kinds: Kinds = [Noting, NotingHttp] * OF_EACH_KIND
    app = FastAPI(middleware=[Middleware(kind) for kind in kinds])
    with serving(app, lifespan="off") as client:
        client.get("/")
    return Seen(
        held=ran_in == [LOOP] * len(kinds),
        evidence={f"ran in {LOOP}": f"{ran_in.count(LOOP)} of {len(kinds)}"},
    )


@Claim(
    "middleware-boundaries-take-time",
    "Every change between async and sync middleware takes time.",
    numbers=(29,),
    about=ABOUT,
    instead="Keep middleware of one kind together, and write your own for both kinds.",
    timed=True,
    shows=(async_place, sync_place),
)
def middleware_boundaries_take_time(sync: Callable[..., Any] = sync_place) -> Seen:
    """Time a request through twenty async and twenty sync ones: kind by kind, and in turn."""
    grouped = django_with([async_place] * TIMED_OF_EACH_KIND + [sync_place] * TIMED_OF_EACH_KIND)
    in_turn = django_with([async_place, sync] * TIMED_OF_EACH_KIND)
    with calling(grouped) as ask_grouped, calling(in_turn) as ask_in_turn:
        turns_to_groups = ratio(lambda: ask_grouped("/"), lambda: ask_in_turn("/"), times=25)
    return Seen(
        held=turns_to_groups.is_longer, evidence={"in turn, beside kind by kind": turns_to_groups}
    )


middleware_boundaries_take_time.falls_when(
    "those in turn are written for both kinds", sync=adapting_place
)


@middleware_boundaries_take_time.beside(
    "FastAPI",
    "`BaseHTTPMiddleware` takes time too, by a task for each: ten take longer than ten of pure "
    "ASGI.",
)
def base_http_middleware_takes_time() -> Seen:
    """Time a request through ten of either kind."""

    async def endpoint() -> str:
        return "hello"

    def app_with(middleware: Callable[..., Any]) -> FastAPI:
        app = FastAPI(middleware=[Middleware(middleware)] * 2 * OF_EACH_KIND)
        app.get("/")(endpoint)
        return app

    pure, http = app_with(AsgiMiddleware), app_with(HttpMiddleware)
    with calling(pure) as ask_pure, calling(http) as ask_http:
        http_to_pure = ratio(lambda: ask_pure("/"), lambda: ask_http("/"), times=50)
    return Seen(
        held=http_to_pure.is_longer,
        evidence={"`BaseHTTPMiddleware`, beside pure ASGI": http_to_pure},
    )


@Claim(
    "django-middleware-needs-no-thread",
    "Django's own middleware can do both kinds, so under ASGI it needs no thread.",
    numbers=(29,),
    about=ABOUT,
    instead="Leave out what an API does not need; each costs up to three hops a request "
    "(`CsrfViewMiddleware`).",
    why="`MiddlewareMixin.__acall__` is async, but calls `process_request` and `process_response` "
    "by `sync_to_async`, each on its own; `BaseHandler.load_middleware` does the same to "
    "`process_view`.",
)
def django_middleware_needs_no_thread(middleware: Sequence[str] = STARTPROJECT) -> Seen:
    """Count what a request hands to threads, without middleware and with that of `startproject`."""
    counted = {}
    for name, chosen in {"without": (), "with": middleware}.items():
        with hops() as handed, serving(asgi(path("", view), MIDDLEWARE=chosen)) as client:
            client.get("/")
        counted[f"{name} middleware"] = len(handed)
    without, with_it = counted.values()
    return Seen(held=with_it == without, evidence=counted)


django_middleware_needs_no_thread.falls_when(
    "it is our own, written for both kinds", middleware=[dotted(adapting_place)]
)


@django_middleware_needs_no_thread.beside(
    "FastAPI", "Starlette's own middleware needs no thread; only a `def` endpoint inside it does."
)
def starlette_middleware_needs_no_thread() -> Seen:
    """Count what two requests hand to AnyIO's pool, to an `async def` and to a `def` endpoint."""
    own = (TrustedHostMiddleware, CORSMiddleware, GZipMiddleware)
    app = FastAPI(middleware=[Middleware(kind) for kind in own])

    @app.get("/async")
    async def async_endpoint() -> None: ...

    @app.get("/def")
    def endpoint() -> None: ...

    counted = {}
    for endpoint_path in ("/async", "/def"):
        noting = patch.object(anyio.to_thread, "run_sync", wraps=anyio.to_thread.run_sync)
        with noting as handed, serving(app) as client:
            client.get(endpoint_path)
        counted[endpoint_path] = handed.call_count
    return Seen(held=counted == {"/async": 0, "/def": 1}, evidence=counted)
