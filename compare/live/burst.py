"""Many requests at once to one service after the other: events as they come, for the page."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx

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
        events: asyncio.Queue[Event] = asyncio.Queue()
        asking = asyncio.create_task(_ask(session.services[name], choice, count, events))
        while not (asking.done() and events.empty()):
            try:
                yield {"service": name} | await asyncio.wait_for(events.get(), LOOK_SECONDS)
            except TimeoutError:
                yield {"service": name} | await asyncio.to_thread(_look, session.services[name])
        await asking
        yield {"service": name, "done": True}


async def _ask(running: Running, choice: Choice, count: int, events: asyncio.Queue[Event]) -> None:
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(
        timeout=PATIENCE_SECONDS, trust_env=False, verify=False, limits=limits
    ) as client:

        async def once() -> None:
            asked = choice.request
            url = running.url + asked.url.raw_path.decode()
            headers = {"Content-Type": "application/json"} if asked.content else {}
            began_at_seconds = time.perf_counter()
            try:
                answer = await client.request(
                    asked.method, url, content=asked.content, headers=headers
                )
                status = answer.status_code
            except httpx.HTTPError:
                status = 0
            elapsed_ms = (time.perf_counter() - began_at_seconds) * 1000
            await events.put({"elapsed_ms": elapsed_ms, "status": status})

        await asyncio.gather(*(once() for _ in range(count)))


def _look(running: Running) -> Event:
    members = family(running.process)
    return {
        "threads": processes.threads(members),
        "connections": sum(len(member.net_connections("tcp")) for member in members),
    }
