"""What a service holds on to: threads, descriptors, connections; and whether it lets go again."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import psutil

from compare.registry.environment import POOL_SIZE, THREAD_LIMIT
from compare.running.launch import Running
from compare.running.processes import threads
from compare.running.stopping import family

BACK_SECONDS = 10.0
POLL_SECONDS = 0.1
# A service keeps as many threads as its limit, some drivers one more for each of their connections;
# a connection to SQLite has three files open, and one to an upstream is kept for a while.
POOLED_THREADS = THREAD_LIMIT + POOL_SIZE
POOLED_DESCRIPTORS = 4 * POOL_SIZE


@dataclass(frozen=True)
class Levels:
    """How many of each a service has, with its children; connections are those to itself."""

    threads: int
    descriptors: int
    connections: int

    def is_back_at(self, before: "Levels") -> bool:
        """Whether no client is left, and what is kept besides is what pools may hold."""
        return (
            self.threads <= before.threads + POOLED_THREADS
            and self.descriptors <= before.descriptors + POOLED_DESCRIPTORS
            and self.connections == 0
        )


def levels(running: Running) -> Levels:
    """Count them."""
    members, port = family(running.process), urlsplit(running.url).port
    return Levels(
        threads=threads(members),
        descriptors=sum(member.num_fds() for member in members),
        connections=sum(
            connection.status != psutil.CONN_LISTEN and connection.laddr.port == port
            for member in members
            for connection in member.net_connections("tcp")
        ),
    )


def levels_back_at(running: Running, before: Levels) -> Levels:
    """Wait until they are as they were, or the time for it is over; give them."""
    return _once(running, lambda now: now.is_back_at(before))


def levels_without_clients(running: Running) -> Levels:
    """Wait until the connections of clients that have left are gone; give them."""
    return _once(running, lambda now: now.connections == 0)


def _once(running: Running, is_so: Callable[[Levels], bool]) -> Levels:
    deadline = time.monotonic() + BACK_SECONDS
    while not is_so(now := levels(running)) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    return now
