"""The dashboard: three upstream APIs asked at once."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import aiohttp
import httpx
from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest
from httpx_aiohttp import AiohttpTransport
from pydantic import ValidationError

from shared.schemas import (
    Dashboard,
    News,
    Source,
    Stocks,
    Unavailable,
    UpstreamAnswer,
    Weather,
    read_json,
)

SHAPES: dict[Source, type[UpstreamAnswer]] = {"weather": Weather, "news": News, "stocks": Stocks}
# Building a TLS context takes tens of milliseconds: once, not for each client.
TLS_CONTEXT = httpx.create_ssl_context()
# A bound would let one slow upstream hold back the other two; None would mean aiohttp's own, 100.
UNBOUNDED = httpx.Limits(max_connections=2**31, max_keepalive_connections=2**31)

# One entry: an ASGI process has one event loop.
clients: dict[asyncio.AbstractEventLoop, httpx.AsyncClient] = {}


class NoUpstream(Exception):
    """All three upstreams failed."""


@asynccontextmanager
async def upstream_client(request: HttpRequest) -> AsyncIterator[httpx.AsyncClient]:
    """Give the event loop's HTTP client: under ASGI one for the life of the process.

    Under WSGI Django runs each async view in an event loop of its own, and a client belongs to
    its loop: there it is made for the request and closed with it.
    """
    if isinstance(request, ASGIRequest):
        loop = asyncio.get_running_loop()
        yield clients.get(loop) or clients.setdefault(loop, make_client())
    else:
        async with make_client() as client:
            yield client


def make_client() -> httpx.AsyncClient:
    """Make an HTTP client for the upstreams, on aiohttp's connection pool.

    httpx's own pool slows down with the square of the requests in flight (httpx issue 3215).
    """
    transport = AiohttpTransport(verify=TLS_CONTEXT, limits=UNBOUNDED)
    return httpx.AsyncClient(base_url=settings.UPSTREAMS_URL, transport=transport, timeout=None)


async def get_dashboard(client: httpx.AsyncClient) -> Dashboard:
    """Ask the three upstreams at once; NoUpstream when all three fail."""
    return to_dashboard(await asyncio.gather(*[ask(client, source) for source in SHAPES]))


async def ask(client: httpx.AsyncClient, source: Source) -> UpstreamAnswer | Unavailable:
    """Ask one upstream, for UPSTREAM_TIMEOUT_SECONDS at the longest; say why when it fails."""
    try:
        async with asyncio.timeout(settings.UPSTREAM_TIMEOUT_SECONDS):
            response = await client.get(f"/{source}")
    except TimeoutError:
        return Unavailable(source=source, reason="timeout")
    except (httpx.HTTPError, aiohttp.ClientError):  # the transport lets some of aiohttp's through
        return Unavailable(source=source, reason="unreachable")
    return read_answer(source, response.status_code, response.content)


def read_answer(source: Source, status: int, body: bytes) -> UpstreamAnswer | Unavailable:
    """Check one upstream's answer; say why when it is of no use."""
    if status != 200:
        return Unavailable(source=source, reason="status")
    try:
        value = read_json(body)
    except ValueError:
        return Unavailable(source=source, reason="not-json")
    try:
        return SHAPES[source].model_validate(value)
    except ValidationError:
        return Unavailable(source=source, reason="wrong-shape")


def to_dashboard(answers: Sequence[UpstreamAnswer | Unavailable]) -> Dashboard:
    """Put the answers side by side, in the order of SHAPES; NoUpstream when there is none."""
    unavailable = [answer for answer in answers if isinstance(answer, Unavailable)]
    if len(unavailable) == len(SHAPES):
        raise NoUpstream
    parts = {
        source: None if isinstance(answer, Unavailable) else answer
        for source, answer in zip(SHAPES, answers, strict=True)
    }
    return Dashboard.model_validate({**parts, "unavailable": unavailable})
