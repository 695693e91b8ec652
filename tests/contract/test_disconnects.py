"""Clients that go away before their answer: what becomes of the others, and of their own posts."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import httpx
import pytest

from tests.contract.answers import good
from tests.contract.at_once import at_once, cut_off, until
from tests.contract.posts import JSON, create_async, new_post
from tests.contract.simulator import NAMES, Simulator
from tests.contract.subject import Instance, Subject
from tests.contract.tables import Tables

pytestmark = [pytest.mark.asyncio, pytest.mark.usefixtures("tidy")]

TIMES = 4  # twice as often as the process has database connections, so that a lost one is missed
TAGS = {"first", "second", "third"}
OTHERS = ["/health", "/ready", "/posts?limit=1", "/posts/3"]


async def test_dashboard_that_is_cut_off_disturbs_nobody(
    subject: Subject,
    async_client: httpx.AsyncClient,
    simulator: Simulator,
    upstream_timeout_ms: float,
    record_property: Any,
) -> None:
    """C42: A client that leaves its dashboard while the upstreams hang disturbs no other."""
    whole = simulator.answers()
    simulator.set_all("hang")
    calls = len(NAMES) if subject.overlaps else 1
    all_begun = until(lambda: sum(simulator.hits().values()) >= calls)
    await cut_off(async_client.get("/dashboard"), all_begun)
    others = await at_once(*(async_client.get(path) for path in OTHERS))
    simulator.make_well()
    dashboard = await async_client.get("/dashboard")
    # A service may go on with its calls or break them off: neither is judged.
    with suppress(TimeoutError):
        await until(lambda: len(simulator.log()) == 2 * len(NAMES))
    longest_ms = 1000 * max(hit.seconds for hit in simulator.log())
    record_property("upstream_calls_go_on", longest_ms > 0.9 * upstream_timeout_ms)
    for answer in others:
        good(answer)
    assert good(dashboard) == whole | {"unavailable": []}


async def test_create_that_is_cut_off_is_there_whole_or_not_at_all(
    forsaken: Instance, tables: Tables, record_property: Any
) -> None:
    """C42: A create whose client goes away, at any moment, leaves its post whole or not at all."""
    async with forsaken.connect_async() as client:
        for _ in range(TIMES):
            await cut_off_before_the_body_is_whole(client)
            await cut_off_after_the_body(client)
            await cut_off_at_a_lock(client, tables)
        after = [await create_async(client, new_post(title="After")) for _ in range(TIMES)]
    await asyncio.to_thread(forsaken.stop)  # what has not been written by now never will be
    titles = await asyncio.to_thread(tables.new_titles)
    tags = await asyncio.to_thread(tables.new_tags)
    record_property("there", sorted(titles.values()))
    for answer in after:
        good(answer, 201)
    assert "Half" not in titles.values()
    cut = {id: tags[id] for id, title in titles.items() if title != "After"}
    assert cut == dict.fromkeys(cut, TAGS)


async def cut_off_before_the_body_is_whole(client: httpx.AsyncClient) -> None:
    """Go away when half of a create's body has been sent."""
    body, is_sent = body_of("Half"), asyncio.Event()

    async def half() -> AsyncIterator[bytes]:
        yield body[: len(body) // 2]
        is_sent.set()
        await asyncio.Future()

    headers = JSON | {"Content-Length": str(len(body))}
    await cut_off(client.post("/posts", content=half(), headers=headers), is_sent.wait())


async def cut_off_after_the_body(client: httpx.AsyncClient) -> None:
    """Go away right after a create's body has been sent."""
    body, is_sent = body_of("Sent"), asyncio.Event()

    async def whole() -> AsyncIterator[bytes]:
        yield body
        is_sent.set()

    headers = JSON | {"Content-Length": str(len(body))}
    await cut_off(client.post("/posts", content=whole(), headers=headers), is_sent.wait())


async def cut_off_at_a_lock(client: httpx.AsyncClient, tables: Tables) -> None:
    """Go away while a create's transaction waits for a lock."""

    async def wait_for_it() -> None:
        if tables.is_postgres:
            await until(lambda: tables.waiting_for_lock() >= 1)
        # SQLite tells of nobody who waits: these come after the create, and need no connection.
        for _ in range(TIMES):
            good(await client.get("/health"))

    with tables.locked():
        body = new_post(title="Locked", tags=sorted(TAGS))
        await cut_off(create_async(client, body), wait_for_it())


def body_of(title: str) -> bytes:
    """Give the body of a create with this title."""
    return json.dumps(new_post(title=title, tags=sorted(TAGS))).encode()
