"""The scripted server as a process of its own, and what it was asked."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from compare.running import launch

COMMAND: tuple[str, ...] = (sys.executable, "-m", "uvicorn", "tests.support.scripted_app:app")
COMMAND += ("--log-level", "warning", "--host", "{host}", "--port", "{port}")
# Delays that are never too short: uvloop counts in whole milliseconds, and may end one early.
COMMAND += ("--loop", "asyncio")


@contextmanager
def running() -> Iterator[str]:
    """Run the server until the block ends, and give its URL."""
    with launch.launched("scripted", COMMAND, "/seen") as started:
        yield started.url


def seen(server: str) -> list[dict[str, Any]]:
    """What the server was asked so far."""
    requests: list[dict[str, Any]] = httpx.get(f"{server}/seen", trust_env=False).json()
    return requests


def forget(server: str) -> None:
    """Have it forget what it was asked, so that its counts start at nothing."""
    httpx.delete(f"{server}/seen", trust_env=False).raise_for_status()
