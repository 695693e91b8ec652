"""What ASGI carries beside HTTP/1.1, and whether gunicorn speaks it."""

from collections.abc import Mapping

import httpx

from experiments.apparatus.observing import outcome
from experiments.apparatus.running import (
    DJANGO,
    DJANGO_AND_WEBSOCKETS,
    FASTAPI,
    PATIENCE_SECONDS,
    get,
    running,
)
from experiments.claim import Claim, Seen
from experiments.servers.websockets import CAME_BACK, sent_through

HTTP_2 = "HTTP/2"
PLAIN_SITE = "experiments.applications.plain_site:asgi_application"
SERVERS = {
    "the server speaks HTTP/2, as hypercorn does": "hypercorn",
    "the server is uvicorn as it starts by default": "uvicorn",
}


@Claim(
    "asgi-gives-django-websockets",
    "ASGI carries WebSockets, so Django under ASGI serves them.",
    numbers=(4,),
    about="Django 3.0 and later, alone",
    instead="Put Channels in front of Django, or another ASGI application that takes them.",
    why="`ASGIHandler.__call__` raises `ValueError` for a connection that is not HTTP.",
    needs=("websockets",),
    shows=(sent_through,),
)
def asgi_gives_django_websockets(application: str = DJANGO) -> Seen:
    """Send a message over a WebSocket to what `get_asgi_application()` gives."""
    came = sent_through("uvicorn", application)
    return Seen(held=came == CAME_BACK, evidence={"a message": came})


asgi_gives_django_websockets.falls_when(
    "an application in front of Django takes them, as Channels does",
    application=DJANGO_AND_WEBSOCKETS,
)


@asgi_gives_django_websockets.beside("FastAPI", "FastAPI serves WebSockets itself.")
def fastapi_serves_websockets() -> Seen:
    """Send a message over a WebSocket to an endpoint that sends it back."""
    came = sent_through("uvicorn", FASTAPI)
    return Seen(held=came == CAME_BACK, evidence={"a message": came})


def answered_by(server: str, application: str) -> str:
    """Speak HTTP/2 to a server at once, in clear text; give the version that it answers by."""
    with (
        running(server, application) as started,
        httpx.Client(
            http1=False, http2=True, timeout=PATIENCE_SECONDS, trust_env=False, verify=False
        ) as client,
    ):
        return outcome(lambda: client.get(started.url).http_version)


@Claim(
    "asgi-gives-django-http2",
    "ASGI carries HTTP/2, so Django under ASGI speaks it.",
    numbers=(4,),
    about="Django 3.0 and later; hypercorn 0.18, uvicorn 0.54",
    instead="Let the server, or the proxy in front, speak it: a proxy does so for WSGI as well, "
    "and Django's views see no difference.",
    why="HTTP/2 ends at the server; the ASGI scope differs only in `http_version`, which views "
    "need not read.",
    needs=("h2", "hypercorn"),
    shows=(answered_by,),
)
def asgi_gives_django_http2(servers: Mapping[str, str] = SERVERS) -> Seen:
    """Ask the same Django site by HTTP/2 on two servers."""
    by = {name: answered_by(server, DJANGO) for name, server in servers.items()}
    held = {name: each == HTTP_2 for name, each in by.items()}
    return Seen(held=held, evidence={servers[name]: each for name, each in by.items()})


asgi_gives_django_http2.falls_when(
    "there is uvicorn only", servers={"the server is uvicorn as it starts by default": "uvicorn"}
)


@asgi_gives_django_http2.beside(
    "FastAPI", "FastAPI speaks HTTP/2 on the same condition: that its server does."
)
def asgi_gives_fastapi_http2() -> Seen:
    """Ask the same FastAPI application by HTTP/2 on two servers."""
    by = {name: answered_by(name, FASTAPI) for name in SERVERS.values()}
    return Seen(held=by["hypercorn"] == HTTP_2 != by["uvicorn"], evidence=by)


def answer_with(worker_class: str) -> str:
    """Run Django's ASGI door on gunicorn with this worker; give the answer, or what failed."""

    def ask() -> str:
        with running("gunicorn", PLAIN_SITE, "--worker-class", worker_class) as server:
            answer = get(server)
        return answer.text if answer.is_success else f"status {answer.status_code}"

    return outcome(ask)


@Claim(
    "gunicorn-is-a-wsgi-server",
    "gunicorn is a WSGI server, and serves ASGI with another server's worker only.",
    numbers=(5,),
    about="gunicorn 24.0 and later",
    instead="Run uvicorn alone, or gunicorn with `-k uvicorn_worker.UvicornWorker` of the package "
    "uvicorn-worker. gunicorn's own `-k asgi` takes more CPU time than uvicorn, and cancels an "
    "endpoint some seconds after its client has left.",
    why="gunicorn has an ASGI worker of its own, `gunicorn/workers/gasgi.py`.",
    since="gunicorn 24.0",
    needs=("gunicorn",),
    shows=(answer_with,),
)
def gunicorn_is_a_wsgi_server(worker_class: str = "asgi") -> Seen:
    """Run a Django site on gunicorn, and hear by which interface it is asked."""
    said = answer_with(worker_class)
    return Seen(held=said != "ASGIRequest", evidence={"the request in the view": said})


gunicorn_is_a_wsgi_server.falls_when("its worker is the threaded one", worker_class="gthread")


@gunicorn_is_a_wsgi_server.beside("FastAPI", "gunicorn runs FastAPI with its own ASGI worker.")
def gunicorn_runs_fastapi() -> Seen:
    """Run a FastAPI application on gunicorn alone."""
    with running("gunicorn", FASTAPI, "--worker-class", "asgi") as server:
        status = get(server).status_code
    return Seen(held=status == 200, evidence={"status": status})
