"""What tests with several requests in flight have in common: sending, waiting and going away."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")
DEADLINE_SECONDS = 10.0
PAUSE_SECONDS = 0.01  # between two questions, so that asking does not take the service's core


async def at_once(*requests: Coroutine[Any, Any, Result]) -> list[Result]:
    """Send these requests at once and give their answers, in the order of the requests."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(request) for request in requests]
    return [task.result() for task in tasks]


async def until(holds: Callable[[], bool]) -> None:
    """Ask until it holds; a question that blocks is asked in a thread, so that the loop goes on."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while not await asyncio.to_thread(holds):  # noqa: ASYNC110 - another process sets no event
            await asyncio.sleep(PAUSE_SECONDS)


async def cut_off(request: Coroutine[Any, Any, Any], moment: Awaitable[Any]) -> None:
    """Send a request and go away at that moment, before its answer: the connection closes."""
    async with asyncio.timeout(DEADLINE_SECONDS), asyncio.TaskGroup() as group:
        task = group.create_task(request)
        await moment
        task.cancel()
    assert task.cancelled()
