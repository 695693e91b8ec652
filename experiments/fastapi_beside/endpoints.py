"""FastAPI beside Django: what runs in the event loop, and what type hints do."""

import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Annotated

from anyio.to_thread import current_default_thread_limiter
from django.http import HttpRequest, HttpResponse
from django.urls import path
from fastapi import Depends, FastAPI

from experiments.apparatus.observing import LOOP, hops, where
from experiments.apparatus.serving import serving
from experiments.apparatus.site import asgi
from experiments.claim import Claim, Seen

REQUESTS = 50
POOL = 40
PATIENCE_SECONDS = 20.0
FASTAPI = "FastAPI 0.165, AnyIO 4.16"


async def place_of_coroutine() -> str:
    """Say where an `async def` function runs."""
    return where()


def place_of_function() -> str:
    """Say where a `def` function runs."""
    return where()


@Claim(
    "fastapi-is-async",
    "FastAPI is async from the start: `async def` endpoints and dependencies run in the event "
    "loop.",
    numbers=(44,),
    about=FASTAPI,
    instead="Write `async def` for what awaits, and `def` for what blocks.",
    framework="FastAPI",
    shows=(place_of_coroutine,),
)
def fastapi_is_async(place: Callable[[], object] = place_of_coroutine) -> Seen:
    """Ask an endpoint and a dependency where they run."""
    app = FastAPI()
    app.get("/endpoint")(place)

    @app.get("/dependency")
    async def endpoint(place_of_dependency: Annotated[str, Depends(place)]) -> str:
        return place_of_dependency

    with serving(app) as client:
        ran_in = {path: client.get(path).json() for path in ("/endpoint", "/dependency")}
    return Seen(held=set(ran_in.values()) == {LOOP}, evidence=ran_in)


fastapi_is_async.falls_when("they are `def` functions", place=place_of_function)


@fastapi_is_async.beside(
    "Django",
    "Under ASGI Django runs an `async def` view in the event loop too, and still hands calls to a "
    "thread for each request.",
)
def django_hands_calls_to_a_thread() -> Seen:
    """Ask an async view where it runs, and count what its request hands to threads."""

    async def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(where())

    with hops() as handed, serving(asgi(path("", view))) as client:
        ran_in = client.get("/").text
    return Seen(
        held=ran_in == LOOP and len(handed) > 0,
        evidence={"the view ran in": ran_in, "calls that threads were handed": len(handed)},
    )


class Gate:
    """Lets blocking callers in, and none through until it opens."""

    def __init__(self) -> None:
        self.inside: list[str] = []
        self.opened = threading.Event()

    def go_through(self) -> None:
        """Go in, and wait until it opens."""
        self.inside.append(where())
        self.opened.wait(PATIENCE_SECONDS)


def until(condition: Callable[[], bool]) -> None:
    """Poll until the condition is true or the patience is over."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)


@Claim(
    "def-endpoints-share-a-pool",
    "FastAPI runs `def` endpoints on a pool of 40 threads, and further requests wait for one.",
    numbers=(44,),
    about=FASTAPI,
    instead="Keep `def` endpoints short, or set `current_default_thread_limiter().total_tokens` "
    "when the application starts.",
    framework="FastAPI",
    shows=(Gate,),
)
def def_endpoints_share_a_pool(tokens: int = 0) -> Seen:
    """Count how many of fifty requests are in a `def` endpoint when all others wait for it."""
    gate = Gate()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        limiter = current_default_thread_limiter()
        limiter.total_tokens = tokens or limiter.total_tokens
        yield

    app = FastAPI(lifespan=lifespan)
    app.get("/gate")(gate.go_through)

    @app.get("/waiting")
    async def count_waiting() -> int:
        return current_default_thread_limiter().statistics().tasks_waiting

    with serving(app) as client, ThreadPoolExecutor(REQUESTS) as callers:
        answers = callers.map(client.get, ["/gate"] * REQUESTS)
        until(lambda: len(gate.inside) + client.get("/waiting").json() == REQUESTS)
        inside = len(gate.inside)
        gate.opened.set()
        answered = sum(answer.is_success for answer in answers)
    evidence = {"inside at once": inside, "answered in the end": answered}
    return Seen(held=(inside, answered) == (POOL, REQUESTS), evidence=evidence)


def_endpoints_share_a_pool.falls_when("the application allows fifty threads", tokens=REQUESTS)


@def_endpoints_share_a_pool.beside(
    "Django", "Django has no pool for sync views: fifty requests have fifty threads."
)
def sync_views_share_no_pool() -> Seen:
    """Count how many of fifty requests are in a sync view at once, and their threads."""
    gate = Gate()

    def view(request: HttpRequest) -> HttpResponse:
        gate.go_through()
        return HttpResponse()

    with serving(asgi(path("gate", view))) as client, ThreadPoolExecutor(REQUESTS) as callers:
        answers = callers.map(client.get, ["/gate"] * REQUESTS)
        until(lambda: len(gate.inside) == REQUESTS)
        inside = len(gate.inside)
        gate.opened.set()
        answered = sum(answer.is_success for answer in answers)
    threads = len(set(gate.inside))
    return Seen(
        held=inside == threads == answered == REQUESTS,
        evidence={"inside at once": inside, "threads": threads, "answered in the end": answered},
    )


async def show_number(number: int) -> str:
    """Show the parameter, whose hint says `int`."""
    return repr(number)


async def show_text(number: str) -> str:
    """Show the parameter, whose hint allows any text."""
    return repr(number)


@Claim(
    "type-hints-validate",
    "FastAPI checks parameters by their type hints, and writes an OpenAPI document from them.",
    numbers=(45,),
    about=FASTAPI,
    instead="Declare each parameter and each answer with its type.",
    framework="FastAPI",
    shows=(show_number,),
)
def type_hints_validate(endpoint: Callable[..., Awaitable[str]] = show_number) -> Seen:
    """Send a word where the hint says `int`, and read the document."""
    app = FastAPI()
    app.get("/{number}")(endpoint)
    with serving(app) as client:
        refused = client.get("/word").status_code
        document = client.get("/openapi.json").json()
    (parameter,) = document["paths"]["/{number}"]["get"]["parameters"]
    described = parameter["schema"]["type"]
    return Seen(
        held=refused == 422 and described == "integer",
        evidence={"status": refused, "OpenAPI": document["openapi"], "the parameter": described},
    )


type_hints_validate.falls_when("the hint is `str`", endpoint=show_text)


@type_hints_validate.beside(
    "Django",
    "Django looks at no hint: a view that says `int` gets a `str`, unless its path says "
    "`<int:number>`, which answers a word with 404; and there is no document.",
)
def type_hints_are_ignored() -> Seen:
    """Send a word where the hint says `int`, and where the path does; ask for a document."""

    async def view(request: HttpRequest, number: int) -> HttpResponse:
        return HttpResponse(repr(number))

    paths = path("numbers/<number>", view), path("integers/<int:number>", view)
    with serving(asgi(*paths)) as client:
        shown = client.get("/numbers/word").text
        refused = client.get("/integers/word").status_code
        document = client.get("/openapi.json").status_code
    return Seen(
        held=shown == "'word'" and refused == document == 404,
        evidence={
            "number": shown,
            "status with `<int:number>`": refused,
            "status of the document": document,
        },
    )
