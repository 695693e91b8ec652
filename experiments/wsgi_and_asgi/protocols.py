"""What ASGI carries beside HTTP/1.1, and whether gunicorn speaks it."""

from collections.abc import Mapping

from compare.running.protocols import Answer, http_2_in_clear_text, websocket
from experiments.apparatus.observing import outcome
from experiments.apparatus.running import DJANGO, DJANGO_AND_WEBSOCKETS, FASTAPI, get, running
from experiments.claim import Claim, Seen
from experiments.servers.websockets import sent_through

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
    shows=(sent_through, websocket),
)
def asgi_gives_django_websockets(application: str = DJANGO) -> Seen:
    """Send a message over a WebSocket to what `get_asgi_application()` gives."""
    answer = sent_through("uvicorn", application)
    return Seen(held=answer.works, evidence={"a message": answer.said})


asgi_gives_django_websockets.falls_when(
    "an application in front of Django takes them, as Channels does",
    application=DJANGO_AND_WEBSOCKETS,
)


@asgi_gives_django_websockets.beside("FastAPI", "FastAPI serves WebSockets itself.")
def fastapi_serves_websockets() -> Seen:
    """Send a message over a WebSocket to an endpoint that sends it back."""
    answer = sent_through("uvicorn", FASTAPI)
    return Seen(held=answer.works, evidence={"a message": answer.said})


def answer_by_http_2(server: str, application: str) -> Answer:
    """Start a server, and ask it by HTTP/2 in clear text."""
    with running(server, application) as started:
        return http_2_in_clear_text(started.url)


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
    shows=(answer_by_http_2,),
)
def asgi_gives_django_http2(servers: Mapping[str, str] = SERVERS) -> Seen:
    """Ask the same Django site by HTTP/2 on two servers."""
    answers = {condition: answer_by_http_2(server, DJANGO) for condition, server in servers.items()}
    return Seen(
        held={condition: answer.works for condition, answer in answers.items()},
        evidence={servers[condition]: answer.said for condition, answer in answers.items()},
    )


asgi_gives_django_http2.falls_when(
    "there is uvicorn only", servers={"the server is uvicorn as it starts by default": "uvicorn"}
)


@asgi_gives_django_http2.beside(
    "FastAPI", "FastAPI speaks HTTP/2 on the same condition: that its server does."
)
def asgi_gives_fastapi_http2() -> Seen:
    """Ask the same FastAPI application by HTTP/2 on two servers."""
    answers = {server: answer_by_http_2(server, FASTAPI) for server in SERVERS.values()}
    return Seen(
        held=answers["hypercorn"].works and not answers["uvicorn"].works,
        evidence={server: answer.said for server, answer in answers.items()},
    )


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
    request_class = answer_with(worker_class)
    return Seen(
        held=request_class != "ASGIRequest", evidence={"the request in the view": request_class}
    )


gunicorn_is_a_wsgi_server.falls_when("its worker is the threaded one", worker_class="gthread")


@gunicorn_is_a_wsgi_server.beside("FastAPI", "gunicorn runs FastAPI with its own ASGI worker.")
def gunicorn_runs_fastapi() -> Seen:
    """Run a FastAPI application on gunicorn alone."""
    with running("gunicorn", FASTAPI, "--worker-class", "asgi") as server:
        status = get(server).status_code
    return Seen(held=status == 200, evidence={"status": status})
