"""The closed-loop client counts whatever goes wrong on a connection, and goes on after it."""

from collections.abc import Iterator
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread

import pytest

from compare.running import turns
from compare.running.addresses import HOST
from compare.running.requests import Request

CONNECTIONS = 2
WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
ODD = {
    "/garbage": b"no HTTP at all\r\n\r\n",
    "/latin-1": b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n\xe9",
    "/breaks-off": b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}",
    "/early-hints": b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + WHOLE,
}
ERRORS = {
    "/garbage": "an answer is no HTTP",
    "/latin-1": "an answer is not UTF-8",
    "/breaks-off": "a connection was closed before its answer was whole",
}


class Odd(StreamRequestHandler):
    """Answers as the path says; `/last` closes its connection at the second request on it."""

    def handle(self) -> None:
        """Answer until the client, or the path, closes the connection."""
        answered = 0
        while line := self.rfile.readline():
            while self.rfile.readline().strip():
                pass
            path = line.split()[1].decode()
            if path == "/last" and answered:
                return
            self.wfile.write(ODD.get(path, WHOLE))
            answered += 1
            if path == "/breaks-off":
                return


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A server of odd answers."""
    with ThreadingTCPServer((HOST, 0), Odd) as odd:
        odd.daemon_threads = True
        thread = Thread(target=odd.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://{HOST}:{odd.server_address[1]}"
        finally:
            odd.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def client() -> Iterator[turns.Client]:
    """The client, which all tests share."""
    with turns.client_running() as running:
        yield running


@pytest.mark.parametrize("path", ERRORS)
def test_odd_answer_is_an_error(client: turns.Client, server: str, path: str) -> None:
    """Each connection has one, and the next turn is as if nothing had been."""
    odd = client.turn(server, [(100, Request("GET", path))], CONNECTIONS, 0.05)
    assert (odd.answers.total(), odd.errors.total()) == (0, CONNECTIONS)
    assert all(error.startswith(ERRORS[path]) for error in odd.errors)
    well = client.turn(server, [(100, Request("GET", "/"))], CONNECTIONS, 0.05)
    assert well.errors == {}
    assert well.answers.total() >= CONNECTIONS


def test_answer_before_the_answer_is_none(client: turns.Client, server: str) -> None:
    """An informational answer ends nothing: it is the one after it that counts."""
    result = client.turn(server, [(100, Request("GET", "/early-hints"))], CONNECTIONS, 0.05)
    assert result.errors == {}
    assert {kept.received for kept in result.kept} == {"{}"}


def test_connection_that_closes_as_it_is_used_again_is_opened_anew(
    client: turns.Client, server: str
) -> None:
    """A server may close an idle connection just when a request comes: that is sent once more."""
    result = client.turn(server, [(100, Request("GET", "/last"))], CONNECTIONS, 0.05)
    assert result.errors == {}
    assert result.answers.total() >= CONNECTIONS * turns.FEWEST_ANSWERS
