"""Pitfalls of HTTP clients: what building one costs, and many calls at once through one."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial

import httpx
from django.http import HttpRequest, HttpResponse
from django.urls import path
from fastapi import FastAPI, Request
from httpx_aiohttp import AiohttpTransport

from compare.running.launch import upstreams_running
from experiments.apparatus import site
from experiments.apparatus.serving import serving
from experiments.apparatus.timing import ratio
from experiments.claim import Claim, Seen

Build = Callable[[], httpx.AsyncClient]

REQUESTS = 5
CALLS = 48
BLOCKS = 6
TLS_CONTEXT = httpx.create_ssl_context()
LIMITS = httpx.Limits(max_connections=1000)  # None would mean 100 to aiohttp

with_shared_context = partial(httpx.AsyncClient, verify=TLS_CONTEXT)


@Claim(
    "building-a-client-blocks",
    "`httpx.AsyncClient()` in a view blocks the event loop for longer than a whole request to a "
    "service nearby takes.",
    about="httpx 0.28",
    instead="Build one client for the life of the process; under WSGI, where each async view has "
    "an event loop of its own, share `verify=httpx.create_ssl_context()`.",
    timed=True,
)
def building_a_client_blocks(build: Build = httpx.AsyncClient) -> Seen:
    """Time a request by an existing client, and the building of a client, which is not async."""

    async def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    with serving(site.asgi(path("", view))) as server, asyncio.Runner() as runner:
        client = with_shared_context(base_url=server.base_url)
        build_to_request = ratio(lambda: runner.run(client.get("/")), build, times=3)
        runner.run(client.aclose())
    return Seen(
        held=build_to_request.is_longer, evidence={"building beside a request": build_to_request}
    )


building_a_client_blocks.falls_when("the clients share one TLS context", build=with_shared_context)


@building_a_client_blocks.beside(
    "FastAPI", "FastAPI has a place to build one client for all requests, the lifespan."
)
def lifespan_builds_one_client() -> Seen:
    """Build a client in the lifespan, and count those that the requests see."""
    clients: set[httpx.AsyncClient] = set()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, httpx.AsyncClient]]:
        async with httpx.AsyncClient() as client:
            yield {"client": client}

    app = FastAPI(lifespan=lifespan)

    @app.get("/")
    async def endpoint(request: Request) -> None:
        clients.add(request.state.client)

    with serving(app) as client:
        for _ in range(REQUESTS):
            client.get("/")
    return Seen(
        held=len(clients) == 1, evidence={"clients": f"{len(clients)} for {REQUESTS} requests"}
    )


@contextmanager
def slow_upstream() -> Iterator[str]:
    """Serve an upstream that answers after a tenth of a second, unless it is overloaded."""
    with upstreams_running() as upstreams:
        httpx.put(f"{upstreams.url}/control/weather", json={"delay_seconds": 0.1})
        yield f"{upstreams.url}/weather"


def own_pool() -> httpx.AsyncClient:
    """Give a client with httpx's own connection pool."""
    return httpx.AsyncClient(verify=TLS_CONTEXT, limits=LIMITS, timeout=None)


def pool_of_aiohttp() -> httpx.AsyncClient:
    """Give a client on aiohttp's connection pool."""
    transport = AiohttpTransport(verify=TLS_CONTEXT, limits=LIMITS)
    return httpx.AsyncClient(transport=transport, timeout=None)


@Claim(
    "httpx-slows-down-with-calls-in-flight",
    "With 48 calls in flight, an `httpx.AsyncClient` takes longer on its own connection pool than "
    "on aiohttp's.",
    about="httpx 0.28 with httpcore 1",
    instead="Keep httpx and give it aiohttp's pool: "
    "`httpx.AsyncClient(transport=AiohttpTransport(limits=…))` of `httpx-aiohttp`, which has 100 "
    "connections by default. The client's own `limits` and the proxies of the environment no "
    "longer apply, and some of aiohttp's exceptions pass `except httpx.HTTPError`, such as "
    "`ClientResponseError`.",
    why="`httpcore.AsyncConnectionPool._assign_requests_to_connections` goes through all "
    "connections and all requests when a call begins and when it ends: the work grows with the "
    "square of their number (httpx issue 3215, open as httpx2 issue 827 as well).",
    needs=("httpx_aiohttp",),
    timed=True,
    shows=(own_pool, pool_of_aiohttp),
)
def httpx_slows_down_with_calls_in_flight(build: Build = own_pool) -> Seen:
    """Time 48 calls at once, by either pool, of an upstream that takes a tenth of a second."""
    with slow_upstream() as url, asyncio.Runner() as runner:

        def calling(client: httpx.AsyncClient) -> Callable[[], None]:
            async def call() -> None:
                await asyncio.gather(*[client.get(url) for _ in range(CALLS)])

            return lambda: runner.run(call())

        own, aiohttp = build(), pool_of_aiohttp()
        own_to_aiohttp = ratio(calling(aiohttp), calling(own), blocks=BLOCKS)
        runner.run(own.aclose())
        runner.run(aiohttp.aclose())
    return Seen(
        held=own_to_aiohttp.is_longer, evidence={f"{CALLS} calls on its own pool": own_to_aiohttp}
    )


httpx_slows_down_with_calls_in_flight.falls_when(
    "the client has aiohttp's pool as well", build=pool_of_aiohttp
)
