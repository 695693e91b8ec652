"""Requests that no client should send are answered or cut off, and never fail a service."""

import json
from collections.abc import Iterator
from functools import cache
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Event, Thread

import pytest

from compare.registry.services import SERVICES, USUAL
from compare.running import databases
from compare.running.addresses import HOST
from compare.running.launch import Running
from tests.malformed import __main__ as program
from tests.malformed import exchange
from tests.malformed.exchange import Ending, Endings, exchange_all
from tests.malformed.judging import complaint, complaint_of, running, traceback_in
from tests.malformed.levels import POOLED_DESCRIPTORS, Levels
from tests.malformed.mutations import VALID, generated
from tests.malformed.slow import CHECKS, a_byte_too_many, pipelined

OK, FAILED = b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 500 Internal Server Error\r\n\r\n"
NEVER = b"X-Stay: 1\r\n"
LOG = b"""INFO: began
Traceback (most recent call last):
  File "a.py", line 1, in <module>
KeyError: 'b'
INFO: went on
"""
mutated = cache(generated)  # the same for every service


class Echo(BaseRequestHandler):
    """Says what it is told, and then ends the connection, or does not until all is over."""

    is_over = Event()

    def handle(self) -> None:
        """Answer one request."""
        told = self.request.recv(65536)
        self.request.sendall(told)
        if NEVER in told:
            self.is_over.wait()


@pytest.fixture
def echo(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, int]]:
    """The address of a server that answers with its request, and is not waited for long."""
    monkeypatch.setattr(exchange, "BOUND_SECONDS", 0.3)
    with ThreadingTCPServer((HOST, 0), Echo) as server:
        Thread(target=server.serve_forever).start()
        yield HOST, server.server_address[1]
        Echo.is_over.set()
        server.shutdown()


def test_ending_of_a_connection_is_seen(echo: tuple[str, int]) -> None:
    """Statuses are read one after another; a connection that stays open counts as hung."""
    assert exchange.exchange(echo, OK + FAILED) == Ending((200, 500), is_closed=True)
    assert exchange.exchange(echo, b"no HTTP") == Ending((), is_closed=True)
    assert exchange.exchange(echo, OK + NEVER) == Ending((200,), is_closed=False)


def test_ending_that_none_may_have_is_a_complaint() -> None:
    """A 5xx anywhere, or no end; not what says that something is not implemented."""
    endings = Endings()
    for number, statuses in enumerate([(200,), (400,), (501,), (505,), (200, 503), ()]):
        endings.add(b"%d" % number, Ending(statuses, is_closed=True))
    endings.add(b"6", Ending((200,), is_closed=False))
    assert complaint_of(endings) == (
        "status 503: 1, the first is b'4'; never closed: 1, the first is b'6'"
    )
    assert endings.statuses == {"200": 2, "400": 1, "501": 1, "505": 1, "closed": 1} | {
        "never closed": 1
    }


def test_traceback_in_a_log_is_a_complaint() -> None:
    """The first one is told by its last line; a server's own that is known is not."""
    assert traceback_in(LOG) == "1 tracebacks in the log, the first: KeyError: 'b'"
    assert traceback_in(b"INFO: began\n") == ""
    known = b"RuntimeError: unable to perform operation on <T>; the handler is closed"
    assert traceback_in(LOG.replace(b"KeyError: 'b'", known)) == ""


def test_what_is_left_is_seen() -> None:
    """A client that is still connected is one too many; descriptors are, beyond the pools."""
    before = Levels(threads=5, descriptors=20, connections=0)
    assert before.is_back_at(before)
    assert not Levels(threads=5, descriptors=20, connections=1).is_back_at(before)
    lost = Levels(threads=5, descriptors=21 + POOLED_DESCRIPTORS, connections=0)
    assert not lost.is_back_at(before)


def test_mutated_requests_are_those_of_every_run() -> None:
    """They are all different, and few are valid."""
    requests = generated(50)
    assert requests == generated(50)
    assert len(set(requests)) == 50
    assert len(set(requests) & set(VALID.values())) <= 2


def test_table_is_that_of_the_result() -> None:
    """What is read is what was written last, of every check and every usual service."""
    results = json.loads(program.RESULT.read_text("utf-8"))
    assert program.TABLE.read_text("utf-8") == f"{program.ABOUT}\n{program.table(results)}"
    assert tuple(results) == USUAL
    checks = [program.MUTATED, *(check.__doc__ for check in CHECKS)]
    assert all(list(result["complaints"]) == checks for result in results.values())


@pytest.mark.slow
@pytest.mark.parametrize("name", USUAL)
def test_mutated_requests_do_not_fail_a_service(name: str, sqlite: databases.Databases) -> None:
    """Some of those that `python -m tests.malformed` sends: no 5xx, no hang, no traceback."""

    def send_mutated(started: Running) -> str:
        return complaint_of(exchange_all(started, mutated(300)))

    with running(SERVICES[name], sqlite) as started:
        for check in (send_mutated, a_byte_too_many, pipelined):
            assert complaint(started, check) == ""
