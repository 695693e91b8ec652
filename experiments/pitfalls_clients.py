"""Pitfalls of HTTP clients: what building one costs, and many calls at once through one."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial

from . import site

# isort: split
import httpx
from django.http import HttpRequest, HttpResponse
from django.urls import path
from fastapi import FastAPI, Request
from httpx_aiohttp import AiohttpTransport

from .claim import Seen, claim
from .servers_running import BARE, running
from .serving import serving
from .timing import ratio

Build = Callable[[], httpx.AsyncClient]
Transport = Callable[[], httpx.AsyncBaseTransport]

REQUESTS = 5
CALLS = 192
FEW = 12
BLOCKS = 5
TLS_CONTEXT = httpx.create_ssl_context()
UNBOUNDED = httpx.Limits()

with_shared_context = partial(httpx.AsyncClient, verify=TLS_CONTEXT)


@claim(
    "building-a-client-blocks",
    "`httpx.AsyncClient()` in a view blocks the event loop for longer than a whole request to a "
    "service nearby takes.",
    about="httpx 0.28",
    instead="Build one client for the life of the process; under WSGI, where each async view has "
    "an event loop of its own, share `verify=httpx.create_ssl_context()`.",
    timed=True,
)
def building_a_client_blocks(build: Build = httpx.AsyncClient) -> Seen:
    """Time a request by a client that is there, and the building of one, which is not async."""

    async def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    with serving(site.asgi(path("", view))) as server, asyncio.Runner() as runner:
        client = with_shared_context(base_url=server.base_url)
        found = ratio(lambda: runner.run(client.get("/")), build, times=3)
        runner.run(client.aclose())
    return Seen(held=found.is_longer, evidence={"building beside a request": found})


building_a_client_blocks.falls_when("the clients share one TLS context", build=with_shared_context)


@building_a_client_blocks.beside(
    "FastAPI", "FastAPI has a place to build one client for all requests, the lifespan."
)
def lifespan_builds_one_client() -> Seen:
    """Build a client in the lifespan, and count those that the requests see."""
    seen: set[httpx.AsyncClient] = set()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, httpx.AsyncClient]]:
        async with httpx.AsyncClient() as client:
            yield {"client": client}

    app = FastAPI(lifespan=lifespan)

    @app.get("/")
    async def endpoint(request: Request) -> None:
        seen.add(request.state.client)

    with serving(app) as client:
        for _ in range(REQUESTS):
            client.get("/")
    return Seen(held=len(seen) == 1, evidence={"clients": f"{len(seen)} for {REQUESTS} requests"})


def own_transport() -> httpx.AsyncBaseTransport:
    """Give what httpx uses when it is told nothing."""
    return httpx.AsyncHTTPTransport(verify=TLS_CONTEXT, limits=UNBOUNDED)


def aiohttp_transport() -> httpx.AsyncBaseTransport:
    """Give aiohttp's connection pool behind httpx's interface."""
    return AiohttpTransport(verify=TLS_CONTEXT, limits=UNBOUNDED)


@claim(
    "httpx-slows-down-with-calls-in-flight",
    "With httpx's own connection pool, each call takes the longer the more calls are in flight.",
    about="httpx 0.28 with httpcore 1",
    instead="Keep httpx and give it aiohttp's pool: "
    "`httpx.AsyncClient(transport=AiohttpTransport())` of `httpx-aiohttp`.",
    why="`httpcore.AsyncConnectionPool._assign_requests_to_connections` goes through all "
    "connections and all requests when a call begins and when it ends (httpx issue 3215).",
    needs=("httpx_aiohttp",),
    timed=True,
    shows=(own_transport,),
)
def httpx_slows_down_with_calls_in_flight(transport: Transport = own_transport) -> Seen:
    """Time 192 calls, twelve at a time and all at once, each way through a client of its own."""
    with running("uvicorn", BARE) as server, asyncio.Runner() as runner:

        def calling(at_once: int) -> Callable[[], None]:
            client = httpx.AsyncClient(base_url=server.url, transport=transport(), timeout=None)

            async def call() -> None:
                for _ in range(CALLS // at_once):
                    await asyncio.gather(*[client.get("/") for _ in range(at_once)])

            return lambda: runner.run(call())

        found = ratio(calling(FEW), calling(CALLS), blocks=BLOCKS)
    return Seen(held=found.is_longer, evidence={f"{CALLS} at once beside {FEW} at a time": found})


httpx_slows_down_with_calls_in_flight.falls_when(
    "aiohttp's pool is behind the same client", transport=aiohttp_transport
)
