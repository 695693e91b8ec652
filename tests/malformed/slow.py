"""Clients that are slow, endless, too large, too eager, or idle in thousands; others meanwhile."""

import resource
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress

import httpx

from compare.running.launch import Running
from tests.malformed.exchange import STATUS, address_of, exchange, read
from tests.malformed.mutations import HEAD_OF_POST

SLOW_CLIENTS = 100  # more than a service has threads, and pools may hold
DRIP_SECONDS = 0.1
IDLE_CONNECTIONS = 5_000
PIPELINED = 50
ENDLESS_BYTES = 64 * 1024 * 1024
OTHERS = 10
# Each of the others is to be answered within this, on a connection of its own.
OTHERS_SECONDS = 2.0


def slow_headers(running: Running) -> str:
    """A hundred clients send their headers byte by byte; others are served."""
    with dripping(running, b"GET /health HTTP/1.1\r\nX: "):
        return complaint_of_others(running)


def slow_bodies(running: Running) -> str:
    """A hundred clients send their body byte by byte; others are served."""
    with dripping(running, HEAD_OF_POST + b"Content-Length: 9999\r\n\r\n"):
        return complaint_of_others(running)


def endless_chunks(running: Running) -> str:
    """A body in chunks never ends: it is refused or cut off, and others are served meanwhile."""
    chunk = b"10000\r\n" + b"a" * 65536 + b"\r\n"
    with socket.create_connection(address_of(running), timeout=OTHERS_SECONDS) as connection:
        connection.sendall(HEAD_OF_POST + b"Transfer-Encoding: chunked\r\n\r\n")
        with suppress(ConnectionError, TimeoutError):
            for _ in range(ENDLESS_BYTES // 65536):
                connection.sendall(chunk)
        others = complaint_of_others(running)
        received, is_closed = read(connection, OTHERS_SECONDS)
    return others or ("" if is_closed or STATUS.search(received) else "it was taken to the end")


def a_byte_too_many(running: Running) -> str:
    """A body of 1 MiB and one byte is refused with 413."""
    body = b"a" * (1024 * 1024 + 1)
    head = HEAD_OF_POST + b"Content-Length: %d\r\n\r\n" % len(body)
    statuses = exchange(address_of(running), head + body).statuses
    return "" if statuses == (413,) else f"the answer is {statuses}"


def pipelined(running: Running) -> str:
    """Fifty requests that are sent at once on one connection have fifty answers."""
    requests = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n" * PIPELINED
    statuses = exchange(address_of(running), requests).statuses
    return "" if statuses == (200,) * PIPELINED else f"{len(statuses)} answers"


def idle(running: Running) -> str:
    """Five thousand connections are open and say nothing; others are served."""
    with ExitStack() as stack:
        for number in range(IDLE_CONNECTIONS):
            try:
                connection = socket.create_connection(address_of(running), timeout=OTHERS_SECONDS)
            except OSError as error:
                return f"connection {number} is not taken: {error}; {complaint_of_others(running)}"
            stack.enter_context(connection)
        return complaint_of_others(running)


CHECKS: tuple[Callable[[Running], str], ...] = (
    *(slow_headers, slow_bodies, endless_chunks, a_byte_too_many, pipelined, idle),
)


@contextmanager
def dripping(running: Running, beginning: bytes) -> Iterator[None]:
    """Let clients begin a request, and send one byte more each now and then, until the end."""
    is_over = threading.Event()
    with ExitStack() as stack:
        clients = [
            stack.enter_context(socket.create_connection(address_of(running)))
            for _ in range(SLOW_CLIENTS)
        ]
        for client in clients:
            client.sendall(beginning)

        def drip() -> None:
            while not is_over.wait(DRIP_SECONDS):
                for client in clients:
                    with suppress(OSError):  # the server has had enough of it
                        client.send(b"a")

        thread = threading.Thread(target=drip)
        thread.start()
        try:
            yield
        finally:
            is_over.set()
            thread.join()


def complaint_of_others(running: Running) -> str:
    """Ask as others do, on connections of their own; say how many were not served in time."""
    failed = 0
    for path in ("/health", "/posts?limit=1") * (OTHERS // 2):
        try:
            answer = httpx.get(running.url + path, timeout=OTHERS_SECONDS, trust_env=False)
            failed += answer.status_code != 200
        except httpx.TransportError:
            failed += 1
    return f"{failed} of {OTHERS} others were not served" if failed else ""


def allow_descriptors() -> int:
    """Allow this process, and those that it starts, as many as they may have; say how many."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard
