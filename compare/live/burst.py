"""Many requests at once to one service after the other: events as they come, for the page."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from typing import Any

import httpx
import psutil

from compare.live.choice import Choice
from compare.live.session import Session
from compare.running import processes
from compare.running.launch import Running
from compare.running.stopping import family

PATIENCE_SECONDS = 30.0
LOOK_SECONDS = 0.05
Event = dict[str, Any]


async def burst(
    session: Session, choice: Choice, names: Sequence[str], count: int
) -> AsyncIterator[Event]:
    """Give an event for each answer, and others with the threads and connections meanwhile."""
    for name in names:
        async for event in _burst_of(session.services[name], choice, count):
            yield {"service": name} | event


async def _burst_of(running: Running, choice: Choice, count: int) -> AsyncIterator[Event]:
    events: asyncio.Queue[Event] = asyncio.Queue()
    asking = asyncio.create_task(_ask(running, choice, count, events))
    looking = asyncio.create_task(_look_until_cancelled(running, events))
    try:
        answers = 0
        while answers < count:
            event = await events.get()
            answers += "status" in event
            yield event
        await asking
    finally:  # also when nobody reads on
        asking.cancel()
        looking.cancel()


async def _ask(running: Running, choice: Choice, count: int, events: asyncio.Queue[Event]) -> None:
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(
        timeout=PATIENCE_SECONDS, trust_env=False, verify=False, limits=limits
    ) as client:

        async def once() -> None:
            began_at_seconds = time.perf_counter()
            try:
                status = (await client.send(choice.request_to(running.url))).status_code
            except httpx.HTTPError:
                status = 0
            elapsed_ms = (time.perf_counter() - began_at_seconds) * 1000
            await events.put({"elapsed_ms": elapsed_ms, "status": status})

        await asyncio.gather(*(once() for _ in range(count)))


async def _look_until_cancelled(running: Running, events: asyncio.Queue[Event]) -> None:
    while True:
        await events.put(await asyncio.to_thread(_look, running))
        await asyncio.sleep(LOOK_SECONDS)


def _look(running: Running) -> Event:
    members, open_connections = family(running.process), 0
    for member in members:
        with suppress(psutil.Error):  # it may just have ended
            states = [connection.status for connection in member.net_connections("tcp")]
            open_connections += states.count(psutil.CONN_ESTABLISHED)
    return {"threads": processes.threads(members), "connections": open_connections}
