"""The servers that run the applications, each with the flags that make it equal to the others.

One worker process, THREAD_LIMIT threads where it has threads, no access log, and uvloop and
httptools where it takes them. At SIGTERM the requests under way have GRACEFUL_SECONDS to end. A
connection that idles stays open for KEEP_ALIVE_SECONDS on those that would close it within seconds,
as is right for clients that come straight from the internet.
"""

import shlex
import sys
from dataclasses import dataclass
from typing import Literal

PYTHON = sys.executable
# Docker kills after ten. Daphne alone waits for nothing: it cuts off what is under way.
GRACEFUL_SECONDS = 8
KEEP_ALIVE_SECONDS = 75  # as nginx does before them


@dataclass(frozen=True)
class Server:
    """A program that runs an application of one interface.

    `command` may hold {host}, {port}, {threads} and {application}; `requires` names the importable
    modules that it needs, `packages` those whose versions are told with results. `tls` are the
    flags for a {certificate} and its {key}; `tls_replaces` are those of its usual address, where
    TLS has an address of its own. `http2_tls` and `http2_cleartext` are said to make it speak
    HTTP/2; `websockets_off` are those for services, which have no WebSocket. `settings_prefixes`
    begin the environment variables that it reads behind our back. One that is no Python module, or
    that starts Python anew for its worker, cannot be traced.
    """

    name: str
    interface: Literal["ASGI", "WSGI"]
    command: tuple[str, ...]
    requires: tuple[str, ...]
    packages: tuple[str, ...]
    tls: str
    tls_replaces: str = ""
    http2_tls: str = ""
    http2_cleartext: str = ""
    websockets_off: str = ""
    settings_prefixes: tuple[str, ...] = ()
    is_traceable: bool = True


def _words(text: str) -> tuple[str, ...]:
    text = text.replace("{graceful}", str(GRACEFUL_SECONDS))
    return (PYTHON, *shlex.split(text.replace("{keep_alive}", str(KEEP_ALIVE_SECONDS))))


# Else a client on this machine is a proxy to it, and its SCRIPT_NAME the beginning of a path.
GUNICORN_NO_PROXY = "--forwarder-headers="
GUNICORN_TLS = "--certfile {certificate} --keyfile {key}"
GUNICORN_HTTP2 = "--http-protocols h2,h1"
GUNICORN_HTTP2_CLEARTEXT = f"{GUNICORN_HTTP2} --http2-cleartext both"
GUNICORN_SETTINGS = ("GUNICORN_", "WEB_CONCURRENCY")

UVICORN = Server(
    name="uvicorn",
    interface="ASGI",
    command=_words(
        "-m uvicorn --loop uvloop --http httptools --no-access-log --log-level warning"
        " --timeout-keep-alive {keep_alive} --timeout-graceful-shutdown {graceful}"
        " --host {host} --port {port} {application}"
    ),
    requires=("uvicorn", "uvloop", "httptools"),
    packages=("uvicorn", "uvloop", "httptools", "websockets", "zttp"),
    tls="--ssl-certfile {certificate} --ssl-keyfile {key}",
    http2_tls="--http zttp --http2",
    http2_cleartext="--http zttp --http2",
    websockets_off="--ws none",  # else it never answers a POST that asks for one
    settings_prefixes=("UVICORN_",),
)
DAPHNE = Server(
    name="daphne",
    interface="ASGI",
    command=_words("-m daphne --verbosity 0 --bind {host} --port {port} {application}"),
    requires=("daphne",),
    packages=("daphne", "Twisted", "h2", "priority"),
    tls="-e ssl:{port}:interface={host}:certKey={certificate}:privateKey={key}",
    tls_replaces="--bind {host} --port {port}",
)
HYPERCORN = Server(
    name="hypercorn",
    interface="ASGI",
    command=_words(
        "-m hypercorn --worker-class uvloop --log-level warning --graceful-timeout {graceful}"
        " --keep-alive {keep_alive} --bind {host}:{port} {application}"
    ),
    requires=("hypercorn", "uvloop"),
    packages=("hypercorn", "h2", "priority"),
    tls="--certfile {certificate} --keyfile {key}",
    is_traceable=False,
)
GRANIAN = Server(
    name="granian",
    interface="ASGI",
    command=_words(
        "-m granian --interface asgi --loop uvloop --workers 1 --no-access-log --log-level warning"
        " --workers-kill-timeout {graceful} --host {host} --port {port} {application}"
    ),
    requires=("granian", "uvloop"),
    packages=("granian",),
    tls="--ssl-certificate {certificate} --ssl-keyfile {key}",
    settings_prefixes=("GRANIAN_",),
)
GUNICORN_ASGI = Server(
    name="gunicorn asgi",
    interface="ASGI",
    command=_words(
        "-m gunicorn --worker-class asgi --asgi-loop uvloop --workers 1 --log-level warning"
        f" --keep-alive {{keep_alive}} --graceful-timeout {{graceful}} {GUNICORN_NO_PROXY}"
        " --bind {host}:{port} {application}"
    ),
    requires=("gunicorn", "uvloop"),
    packages=("gunicorn",),
    tls=GUNICORN_TLS,
    http2_tls=GUNICORN_HTTP2,
    http2_cleartext=GUNICORN_HTTP2_CLEARTEXT,
    settings_prefixes=GUNICORN_SETTINGS,
)
GUNICORN_UVICORN = Server(
    name="gunicorn + uvicorn",
    interface="ASGI",
    command=_words(
        "-m gunicorn --worker-class uvicorn_worker.UvicornWorker --workers 1 --log-level warning"
        f" --keep-alive {{keep_alive}} --graceful-timeout {{graceful}} {GUNICORN_NO_PROXY}"
        " --bind {host}:{port} {application}"
    ),
    requires=("gunicorn", "uvicorn", "uvicorn_worker", "uvloop", "httptools"),
    packages=("gunicorn", "uvicorn-worker"),
    tls=GUNICORN_TLS,
    http2_tls=GUNICORN_HTTP2,
    http2_cleartext=GUNICORN_HTTP2,
    settings_prefixes=GUNICORN_SETTINGS,
)
GUNICORN_GTHREAD = Server(
    name="gunicorn gthread",
    interface="WSGI",
    command=_words(
        "-m gunicorn --worker-class gthread --workers 1 --threads {threads} --log-level warning"
        f" --keep-alive {{keep_alive}} --graceful-timeout {{graceful}} {GUNICORN_NO_PROXY}"
        " --bind {host}:{port} {application}"
    ),
    requires=("gunicorn",),
    packages=("gunicorn",),
    tls=GUNICORN_TLS,
    http2_tls=GUNICORN_HTTP2,
    http2_cleartext=GUNICORN_HTTP2_CLEARTEXT,
    settings_prefixes=GUNICORN_SETTINGS,
)
UWSGI = Server(
    name="uWSGI",
    interface="WSGI",
    # It breaks a connection whose body the application did not read, without a word: the buffering
    # reads the body, and the routes say that a connection ends with a body.
    command=_words(
        "-c 'import pyuwsgi; pyuwsgi.run()' --master --need-app --enable-threads"
        " --hook-master-start 'unix_signal:15 gracefully_kill_them_all'"
        " --worker-reload-mercy {graceful}"
        " --threads {threads} --disable-logging --buffer-size 65535 --post-buffering 4096"
        " --route-if-not 'empty:${{CONTENT_LENGTH}} addheader:Connection: close'"
        " --route-if-not 'empty:${{HTTP_TRANSFER_ENCODING}} addheader:Connection: close'"
        " --http11-socket {host}:{port} --module {application}"
    ),
    requires=("pyuwsgi",),
    packages=("pyuwsgi",),
    tls="--https {host}:{port},{certificate},{key}",
    tls_replaces="--http11-socket {host}:{port}",
    settings_prefixes=("UWSGI_",),
    is_traceable=False,
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
