"""Ask an application without server or sockets, and read valgrind's counter of instructions.

`python -m compare.instructions.in_process MODULE:APPLICATION QUESTIONS` runs under valgrind's
cachegrind, which writes what a process has counted into a file named by its pid when that process
ends. A fork has its parent's count so far: one that ends at once is a reading of the counter.
QUESTIONS is a JSON list, see `Question`. For each, two lines `ENDPOINT PID` name the readings
before and after its REQUESTS counted requests.
"""

import asyncio
import gc
import importlib
import inspect
import io
import json
import os
import sys
import traceback
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Any, TypedDict

REQUESTS = 30  # that are counted, after as many that fill caches and let Python specialise its code

# What every request has, for each of the two interfaces.
SCOPE: dict[str, Any] = {
    "type": "http",
    "asgi": {"version": "3.0", "spec_version": "2.4"},
    "http_version": "1.1",
    "scheme": "http",
    "root_path": "",
    "client": ("127.0.0.1", 50000),
    "server": ("127.0.0.1", 8000),
}
ENVIRON: dict[str, Any] = {
    "SCRIPT_NAME": "",
    "SERVER_NAME": "127.0.0.1",
    "SERVER_PORT": "8000",
    "SERVER_PROTOCOL": "HTTP/1.1",
    "REMOTE_ADDR": "127.0.0.1",
    "HTTP_HOST": "127.0.0.1:8000",
    "HTTP_ACCEPT": "*/*",
    "wsgi.version": (1, 0),
    "wsgi.url_scheme": "http",
    "wsgi.multithread": True,
    "wsgi.multiprocess": False,
    "wsgi.run_once": False,
}


class Question(TypedDict):
    """A request, and what makes an answer a good one: its status, and a text in its body."""

    endpoint: str
    method: str
    path: str
    body: str
    status: int
    contains: str


class WrongAnswer(Exception):
    """An answer that is not what the question expects: errors are not counted as work done."""


def main(door: str, questions: list[Question]) -> None:
    """Import the application at MODULE:NAME, as a server would, and ask each question."""
    module, _, name = door.partition(":")
    application = getattr(importlib.import_module(module), name)
    # What the import made stays: one collection that looks through it all, in one of two runs
    # only, would be a fifth of the count.
    gc.collect()
    gc.freeze()
    # An ASGI application takes scope, receive and send; a WSGI one takes two things.
    is_asgi = len(inspect.signature(application).parameters) == 3
    count = count_asgi if is_asgi else count_wsgi
    for question in questions:
        in_fork(partial(count, application, question))  # so that none depends on those before


def in_fork(work: Callable[[], object]) -> int:
    """Do the work in a copy of this process and give its pid; end with it if it fails."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            work()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)  # at once: threads of the original are not here to be waited for
    _, status = os.waitpid(pid, 0)
    if status:
        sys.exit(1)
    return pid


def read_counter(question: Question) -> None:
    """Leave a reading of the counter, and say which process made it."""
    print(question["endpoint"], in_fork(lambda: None), flush=True)


def count_asgi(application: Any, question: Question) -> None:
    """Ask an ASGI application on uvloop, which the servers of the registry run it on."""
    import uvloop

    async def count() -> None:
        for _ in range(2):
            for _ in range(REQUESTS):
                judge(question, *await ask_asgi(application, question))
            read_counter(question)

    uvloop.run(count())


def count_wsgi(application: Any, question: Question) -> None:
    """Ask a WSGI application."""
    for _ in range(2):
        for _ in range(REQUESTS):
            judge(question, *ask_wsgi(application, question))
        read_counter(question)


async def ask_asgi(application: Any, question: Question) -> tuple[int, bytes]:
    """Ask once; give status and body."""
    path, _, query = question["path"].partition("?")
    body = question["body"].encode()
    scope = SCOPE | {
        "method": question["method"],
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": headers(body),
        "state": {},
    }
    requests = [{"type": "http.request", "body": body, "more_body": False}]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return requests.pop() if requests else await asyncio.Future()  # it never disconnects

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await application(scope, receive, send)
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent)


def headers(body: bytes) -> list[tuple[bytes, bytes]]:
    """Give a request's headers as ASGI has them."""
    always = [(b"host", b"127.0.0.1:8000"), (b"accept", b"*/*")]
    length = str(len(body)).encode()
    of_body = [(b"content-type", b"application/json"), (b"content-length", length)]
    return always + of_body if body else always


def ask_wsgi(application: Any, question: Question) -> tuple[int, bytes]:
    """Ask once; give status and body."""
    path, _, query = question["path"].partition("?")
    body = question["body"].encode()
    environ = ENVIRON | {
        "REQUEST_METHOD": question["method"],
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
    }
    if body:
        environ |= {"CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(body))}
    statuses: list[str] = []
    answer = application(environ, lambda status, *_: statuses.append(status))
    try:
        return int(statuses[0].split()[0]), b"".join(answer)
    finally:
        answer.close()


def judge(question: Question, status: int, body: bytes) -> None:
    """WrongAnswer when it is no good answer."""
    if status != question["status"] or question["contains"].encode() not in body:
        raise WrongAnswer(f"{question['endpoint']}: {HTTPStatus(status).phrase}: {body[:200]!r}")


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
