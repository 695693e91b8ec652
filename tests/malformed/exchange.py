"""Send bytes on a connection of their own, and see how it ends."""

import re
import socket
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import urlsplit

from compare.running.launch import Running

# Once so long nothing has come, the client says that it has sent everything; the server must then
# end the connection within the bound.
QUIET_SECONDS = 0.2
BOUND_SECONDS = 5.0
# Below the threads of a server that has some, so that requests without an end do not take all.
AT_ONCE = 8
STATUS = re.compile(rb"HTTP/1\.[01] (\d{3}) ")
CONTINUE = 100
# What a server answers to a transfer coding or a version of HTTP that it does not know: RFC 9110.
NOT_IMPLEMENTED = {501, 505}


@dataclass(frozen=True)
class Ending:
    """The statuses that came, and whether the connection ended within the bound."""

    statuses: tuple[int, ...]
    is_closed: bool


@dataclass
class Endings:
    """How many requests had which first status, and those that ended as none may."""

    statuses: Counter[str] = field(default_factory=Counter)
    faults: dict[str, list[bytes]] = field(default_factory=dict)

    def add(self, request: bytes, ending: Ending) -> None:
        """Count one."""
        first = str(ending.statuses[0]) if ending.statuses else "closed"
        self.statuses[first if ending.is_closed else "never closed"] += 1
        for status in ending.statuses:
            if status >= 500 and status not in NOT_IMPLEMENTED:
                self.faults.setdefault(f"status {status}", []).append(request)
        if not ending.is_closed:
            self.faults.setdefault("never closed", []).append(request)


def exchange(address: tuple[str, int], request: bytes) -> Ending:
    """Send a request as it is, and read until the connection ends."""
    with socket.create_connection(address, timeout=BOUND_SECONDS) as connection:
        with suppress(ConnectionError, TimeoutError):
            connection.sendall(request)
        received, is_closed = read(connection, QUIET_SECONDS)
        if not is_closed:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_WR)
            rest, is_closed = read(connection, BOUND_SECONDS)
            received += rest
    statuses = [status for status in map(int, STATUS.findall(received)) if status != CONTINUE]
    return Ending(tuple(statuses), is_closed)


def read(connection: socket.socket, quiet_seconds: float) -> tuple[bytes, bool]:
    """Give what comes until nothing does for so long, and whether the connection has ended."""
    connection.settimeout(quiet_seconds)
    received = bytearray()
    try:
        while part := connection.recv(65536):
            received += part
    except TimeoutError:
        return bytes(received), False
    except ConnectionError:
        pass
    return bytes(received), True


def exchange_all(running: Running, requests: Sequence[bytes]) -> Endings:
    """Send each on a connection of its own, several at once; count how they end."""
    endings = Endings()
    with ThreadPoolExecutor(AT_ONCE) as threads:
        for request, ending in zip(
            requests, threads.map(partial(exchange, address_of(running)), requests), strict=True
        ):
            endings.add(request, ending)
    return endings


def address_of(running: Running) -> tuple[str, int]:
    """Give where a service listens."""
    url = urlsplit(running.url)
    return url.hostname or "", url.port or 80
