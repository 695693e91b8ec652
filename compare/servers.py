"""The servers that run the applications, each with the flags that make it equal to the others.

One worker process, THREAD_LIMIT threads where it has threads, no access log, and uvloop and
httptools where it takes them.
"""

import shlex
import sys
from dataclasses import dataclass
from typing import Literal

PYTHON = sys.executable


@dataclass(frozen=True)
class Server:
    """A program that runs an application of one interface.

    `command` may hold {host}, {port}, {threads} and {application}; `requires` names the importable
    modules that it needs.
    """

    name: str
    interface: Literal["ASGI", "WSGI"]
    command: tuple[str, ...]
    requires: tuple[str, ...]


def _words(text: str) -> tuple[str, ...]:
    return (PYTHON, *shlex.split(text))


UVICORN = Server(
    name="uvicorn",
    interface="ASGI",
    command=_words(
        "-m uvicorn --loop uvloop --http httptools --no-access-log --log-level warning"
        " --host {host} --port {port} {application}"
    ),
    requires=("uvicorn", "uvloop", "httptools"),
)
DAPHNE = Server(
    name="daphne",
    interface="ASGI",
    command=_words("-m daphne --verbosity 0 --bind {host} --port {port} {application}"),
    requires=("daphne",),
)
HYPERCORN = Server(
    name="hypercorn",
    interface="ASGI",
    command=_words(
        "-m hypercorn --worker-class uvloop --log-level warning --bind {host}:{port} {application}"
    ),
    requires=("hypercorn", "uvloop"),
)
GRANIAN = Server(
    name="granian",
    interface="ASGI",
    command=_words(
        "-m granian --interface asgi --loop uvloop --workers 1 --no-access-log --log-level warning"
        " --host {host} --port {port} {application}"
    ),
    requires=("granian", "uvloop"),
)
GUNICORN_ASGI = Server(
    name="gunicorn asgi",
    interface="ASGI",
    command=_words(
        "-m gunicorn --worker-class asgi --asgi-loop uvloop --workers 1 --log-level warning"
        " --bind {host}:{port} {application}"
    ),
    requires=("gunicorn", "uvloop"),
)
GUNICORN_UVICORN = Server(
    name="gunicorn + uvicorn",
    interface="ASGI",
    command=_words(
        "-m gunicorn --worker-class uvicorn_worker.UvicornWorker --workers 1 --log-level warning"
        " --bind {host}:{port} {application}"
    ),
    requires=("gunicorn", "uvicorn", "uvicorn_worker", "uvloop", "httptools"),
)
GUNICORN_GTHREAD = Server(
    name="gunicorn gthread",
    interface="WSGI",
    command=_words(
        "-m gunicorn --worker-class gthread --workers 1 --threads {threads} --log-level warning"
        " --bind {host}:{port} {application}"
    ),
    requires=("gunicorn",),
)
UWSGI = Server(
    name="uWSGI",
    interface="WSGI",
    # It breaks a connection whose body the application did not read, without a word: the buffering
    # reads the body, and the routes say that a connection ends with a body.
    command=_words(
        "-c 'import pyuwsgi; pyuwsgi.run()' --master --need-app --die-on-term --enable-threads"
        " --threads {threads} --disable-logging --buffer-size 65535 --post-buffering 4096"
        " --route-if-not 'empty:${{CONTENT_LENGTH}} addheader:Connection: close'"
        " --route-if-not 'empty:${{HTTP_TRANSFER_ENCODING}} addheader:Connection: close'"
        " --http11-socket {host}:{port} --module {application}"
    ),
    requires=("pyuwsgi",),
)

SERVERS = {
    server.name: server
    for server in (
        UVICORN,
        DAPHNE,
        HYPERCORN,
        GRANIAN,
        GUNICORN_ASGI,
        GUNICORN_UVICORN,
        GUNICORN_GTHREAD,
        UWSGI,
    )
}
