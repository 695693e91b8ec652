"""The dashboard: three upstreams asked at once, and what is made of their answers."""

import asyncio
import math
import os
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx

from tests.miniatures.shapes import UNSTORABLE, Refused, read_json

URL = os.environ.get("UPSTREAMS_URL", "http://127.0.0.1:9000")
TIMEOUT_SECONDS = float(os.environ.get("UPSTREAM_TIMEOUT_SECONDS", "1"))
MAX_BYTES = 1024 * 1024
NAMES = ("weather", "news", "stocks")


class Failed(Exception):
    """An upstream gave no usable answer, for this reason."""


def make_client() -> httpx.AsyncClient:
    """Make the client of a process; it keeps no cookie, and does not bound its connections."""
    return httpx.AsyncClient(
        base_url=URL,
        timeout=None,
        trust_env=False,
        headers={"accept-encoding": "identity"},
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=None),
    )


async def dashboard(client: httpx.AsyncClient) -> dict[str, Any]:
    """Give the three answers side by side; Refused with 502 when there is none."""
    parts = await asyncio.gather(*[part(client, name) for name in NAMES])
    unavailable = [
        {"source": name, "reason": str(failed)}
        for name, failed in zip(NAMES, parts, strict=True)
        if isinstance(failed, Failed)
    ]
    if len(unavailable) == len(NAMES):
        raise Refused(502, "No upstream gave a usable answer.")
    answers = [None if isinstance(answer, Failed) else answer for answer in parts]
    return {**dict(zip(NAMES, answers, strict=True)), "unavailable": unavailable}


async def part(client: httpx.AsyncClient, name: str) -> Any:
    """Give one upstream's answer, or why there is none."""
    try:
        response = await ask(client, name)
        if response.status_code != 200:
            raise Failed("status")
        return SHAPES[name](read(response.content))
    except Failed as failed:
        return failed
    except (KeyError, TypeError, ValueError):
        return Failed("wrong-shape")


async def ask(client: httpx.AsyncClient, name: str) -> httpx.Response:
    """Call one upstream, for TIMEOUT_SECONDS at the longest; Failed when that fails."""
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            return await fetch(client, name)
    except TimeoutError as error:
        raise Failed("timeout") from error
    except Exception as error:  # whatever an upstream sends, it is the upstream that failed
        raise Failed("unreachable") from error


async def fetch(client: httpx.AsyncClient, name: str) -> httpx.Response:
    """Fetch an answer as it is sent, and not much more than MAX_BYTES of it."""
    body = bytearray()
    async with client.stream("GET", f"/{name}") as response:
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > MAX_BYTES:
                break
    return httpx.Response(response.status_code, content=bytes(body))


def read(body: bytes) -> Any:
    """Read an upstream's JSON."""
    if len(body) > MAX_BYTES:
        raise Failed("not-json")
    try:
        return read_json(body)
    except Refused as error:
        raise Failed("not-json") from error


def text(value: Any) -> str:
    """Give a text as it is; ValueError for anything else."""
    if not isinstance(value, str) or UNSTORABLE.search(value):
        raise ValueError(value)
    return value


def number(value: Any) -> float:
    """Give a finite number as it is; ValueError for anything else."""
    if type(value) not in (int, float) or not math.isfinite(value):
        raise ValueError(value)
    return value  # type: ignore[no-any-return]


def items(value: Any) -> list[Any]:
    """Give a list as it is; ValueError for anything else."""
    if not isinstance(value, list):
        raise ValueError(value)
    return value


def weather(value: Any) -> dict[str, Any]:
    """Give the fields of a weather."""
    return {
        "city": text(value["city"]),
        "temperature_celsius": number(value["temperature_celsius"]),
        "conditions": text(value["conditions"]),
    }


def news(value: Any) -> dict[str, Any]:
    """Give the fields of the news."""
    return {"headlines": [text(headline) for headline in items(value["headlines"])]}


def stocks(value: Any) -> dict[str, Any]:
    """Give the fields of the stocks."""
    quotes = items(value["quotes"])
    return {
        "quotes": [
            {"symbol": text(quote["symbol"]), "price_usd": number(quote["price_usd"])}
            for quote in quotes
        ]
    }


SHAPES = {"weather": weather, "news": news, "stocks": stocks}
