"""Closed-loop load in turns: one client, which keeps its connections to all that it has loaded.

The load engine of `compare.running.load` opens its connections anew for each run, and takes longer
to start than a turn lasts.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import version

import k9.plan
import psutil

from compare.client.order import ORDERS, TURNS, UUID, Order, Question, Turn
from compare.errors import LoadError
from compare.registry.project import PROJECT_ROOT
from compare.running.requests import Mix, Request
from compare.running.stopping import stop

CLIENT = (sys.executable, "-m", "compare.client")
# A turn is no shorter than a few answers of each connection, or one where there are many of them.
FEWEST_ANSWERS = 3
FEWEST_IN_ALL = 128
PATIENCE_SECONDS = 25.0  # longer than a service waits while it is timed


class Client:
    """The closed-loop client as it runs; it is told one turn at a time."""

    def __init__(self, process: psutil.Popen) -> None:
        self._process = process

    def turn(self, url: str, mix: Mix, concurrency: int, seconds: float) -> Turn:
        """Load the service at `url`, each connection with one request of the mix at a time.

        `mix` is (times in a hundred, request). The turn lasts so many seconds, or until each
        connection has had its fewest answers, and then until the answers under way have come; what
        takes longer than PATIENCE_SECONDS is an error. LoadError when the client itself ends.
        """
        questions = [question(share, request) for share, request in mix]
        fewest = fewest_answers(concurrency)
        order = Order(url, questions, concurrency, seconds, fewest, PATIENCE_SECONDS)
        try:
            self._process.stdin.write(ORDERS.dump_json(order) + b"\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except OSError as error:
            raise LoadError(f"the load client is gone: {error}") from error
        if not line:
            raise LoadError("the load client is gone")
        return TURNS.validate_json(line)


def fewest_answers(concurrency: int) -> int:
    """Give how many answers each of so many connections has at least in a turn."""
    return max(1, min(FEWEST_ANSWERS, FEWEST_IN_ALL // concurrency))


def client() -> str:
    """Name the client and what reads its answers, with the version."""
    return f"a client of ours on asyncio and httptools {version('httptools')}"


@contextmanager
def client_running() -> Iterator[Client]:
    """Run the client until the block ends, on the cores of this process."""
    process = psutil.Popen(
        CLIENT,
        cwd=PROJECT_ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        process_group=0,  # the terminal's Ctrl-C reaches us, who end it in order
    )
    try:
        yield Client(process)
    finally:
        stop(process)
        with suppress(BrokenPipeError):  # of an order that was never read
            process.stdin.close()
        process.stdout.close()


def question(share: int, request: Request) -> Question:
    """Give a request as the client is asked for it, with its share of a hundred."""
    body = "" if request.json is None else json.dumps(request.json, ensure_ascii=False)
    return Question(
        share=share,
        method=request.method,
        path=request.path,
        status=request.status,
        contains=request.contains,
        body=body.replace(str(k9.plan.uuid()), UUID),
        ids=list(request.ids),
    )
