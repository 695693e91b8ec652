"""The dashboard: three upstream APIs asked at once."""

import asyncio
from collections.abc import Sequence

import aiohttp
import httpx
from django.conf import settings
from pydantic import ValidationError

from shared.schemas import (
    MAX_BODY_BYTES,
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
# What a failed call raises: the libraries' own, which have no base in common, and a ValueError
# where an upstream's bytes are no text.
FAILURES = (httpx.HTTPError, httpx.InvalidURL, aiohttp.ClientError, ValueError)


class NoUpstream(Exception):
    """All three upstreams failed."""


async def get_dashboard(client: httpx.AsyncClient) -> Dashboard:
    """Ask the three upstreams at once; NoUpstream when all three fail."""
    return to_dashboard(await asyncio.gather(*[ask(client, source) for source in SHAPES]))


async def ask(client: httpx.AsyncClient, source: Source) -> UpstreamAnswer | Unavailable:
    """Ask one upstream, for UPSTREAM_TIMEOUT_SECONDS at the longest; say why when it fails."""
    try:
        async with (
            asyncio.timeout(settings.UPSTREAM_TIMEOUT_SECONDS),
            client.stream("GET", f"/{source}") as response,
        ):
            body = await read_body(response)
    except TimeoutError:
        return Unavailable(source=source, reason="timeout")
    except FAILURES:
        return Unavailable(source=source, reason="unreachable")
    return read_answer(source, response.status_code, body)


async def read_body(response: httpx.Response) -> bytes:
    """Read an answer's body, no further than it takes to see that it is too large."""
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            break
    return bytes(body)


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
