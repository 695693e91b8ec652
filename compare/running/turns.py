"""Closed-loop load in turns: one client, which keeps its connections to all that it has loaded.

The load engine of `compare.running.load` opens its connections anew for each run, and takes longer
to start than a turn lasts.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import k9.plan
import psutil

from compare.client.order import ORDERS, TURNS, UUID, Order, Question, Turn
from compare.errors import LoadError
from compare.registry.project import PROJECT_ROOT
from compare.running.requests import Mix, Request
from compare.running.stopping import stop

CLIENT = (sys.executable, "-m", "compare.client")
FEWEST_ANSWERS = 3  # of each connection, so that a turn is no shorter than a few rounds
GRACE_SECONDS = 15.0


class Client:
    """The closed-loop client as it runs; it is told one turn at a time."""

    def __init__(self, process: psutil.Popen) -> None:
        self._process = process

    def turn(
        self,
        url: str,
        mix: Mix,
        concurrency: int,
        seconds: float,
        fewest_answers: int = FEWEST_ANSWERS,
    ) -> Turn:
        """Load the service at `url`, each connection with one request of the mix at a time.

        `mix` is (times in a hundred, request). The turn lasts so many seconds, or until each
        connection has had `fewest_answers`, and then until the answers under way have come; what
        has not come GRACE_SECONDS later is an error. LoadError when the client itself ends.
        """
        questions = [_question(share, request) for share, request in mix]
        order = Order(url, questions, concurrency, seconds, fewest_answers, GRACE_SECONDS)
        try:
            self._process.stdin.write(ORDERS.dump_json(order).decode() + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except OSError as error:
            raise LoadError(f"the closed-loop client is gone: {error}") from error
        if not line:
            raise LoadError("the closed-loop client is gone")
        return TURNS.validate_json(line)


@contextmanager
def client_running() -> Iterator[Client]:
    """Run the client until the block ends, on the cores of this process."""
    process = psutil.Popen(
        CLIENT,
        cwd=PROJECT_ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        process_group=0,  # the terminal's Ctrl-C reaches us, who end it in order
    )
    try:
        yield Client(process)
    finally:
        stop(process)
        with suppress(BrokenPipeError):  # of an order that was never read
            process.stdin.close()
        process.stdout.close()


def _question(share: int, request: Request) -> Question:
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
