"""Servers and WebSockets: who carries them, and whether that takes daphne."""

import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager

from compare.running.launch import Running, launched
from compare.running.protocols import Answer, websocket
from experiments.apparatus.running import DJANGO, DJANGO_AND_WEBSOCKETS, FASTAPI, running
from experiments.claim import Claim, Seen

SERVERS = ("uvicorn", "daphne", "hypercorn")


def sent_through(server: str, application: str) -> Answer:
    """Start a server, and send a message over a WebSocket, which is to come back."""
    with running(server, application) as started:
        return websocket(started.url)


def runserver(*apps: str) -> AbstractContextManager[Running]:
    """Start Django's development server, with these INSTALLED_APPS."""
    command = (
        sys.executable,
        "-m",
        "experiments.applications.django_project",
        "runserver",
        "--noreload",
    )
    chosen = {"INSTALLED_APPS": " ".join(apps)}
    return launched("runserver", (*command, "{host}:{port}"), None, chosen)


def evidence_of(answers: Mapping[str, Answer]) -> dict[str, str]:
    """Give what was said, by server."""
    return {server: answer.said for server, answer in answers.items()}


@Claim(
    "servers-carry-websockets",
    "uvicorn, daphne and hypercorn all carry WebSockets.",
    numbers=(35,),
    about="uvicorn 0.54, daphne 4.2, hypercorn 0.18",
    instead="Choose any of them (uvicorn needs `websockets` or `wsproto` beside it), and put an "
    "application beside Django's that takes WebSockets, such as Channels.",
    needs=("daphne", "hypercorn", "websockets"),
    shows=(sent_through, websocket),
)
def servers_carry_websockets(application: str = DJANGO_AND_WEBSOCKETS) -> Seen:
    """Send a message through each, to an application that sends it back."""
    answers = {server: sent_through(server, application) for server in SERVERS}
    held = {f"the server is {server}": answer.works for server, answer in answers.items()}
    return Seen(held=held, evidence=evidence_of(answers))


servers_carry_websockets.falls_when(
    "the application is Django alone, whose `ASGIHandler` takes HTTP only", application=DJANGO
)


@servers_carry_websockets.beside(
    "FastAPI", "FastAPI takes WebSockets by itself, on all three servers."
)
def servers_carry_fastapis_websockets() -> Seen:
    """Send a message through each, to a WebSocket endpoint."""
    answers = {server: sent_through(server, FASTAPI) for server in SERVERS}
    return Seen(
        held=all(answer.works for answer in answers.values()), evidence=evidence_of(answers)
    )


@Claim(
    "websockets-need-daphne",
    "WebSockets beside Django, as Channels gives them, need daphne.",
    numbers=(39,),
    about="daphne 4.2; Channels 4 and later, which has daphne as an extra",
    instead="Run them on the ASGI server of your choice; install daphne for `runserver`.",
    why="Channels is an ASGI application, which any ASGI server runs; only Django's own `runserver`"
    " speaks WSGI alone, and daphne replaces it with one that speaks ASGI.",
    needs=("daphne", "hypercorn", "websockets"),
    shows=(runserver, sent_through, websocket),
)
def websockets_need_daphne(servers: Sequence[str] = ("uvicorn", "hypercorn")) -> Seen:
    """Send a message through `runserver` without daphne and with it, and through other servers."""
    with runserver() as without:
        answers = {"runserver": websocket(without.url)}
    with runserver("daphne") as daphne:
        answers["runserver with daphne"] = websocket(daphne.url)
    answers |= {server: sent_through(server, DJANGO_AND_WEBSOCKETS) for server in servers}
    gains = not answers["runserver"].works and answers["runserver with daphne"].works
    others = {f"the server is {server}": not answers[server].works for server in servers}
    held = {"the server is `runserver`": gains, **others}
    return Seen(held=held, evidence=evidence_of(answers))


websockets_need_daphne.falls_when(
    "the other server is gunicorn as it starts by default, which speaks WSGI",
    servers=("gunicorn",),
)


@websockets_need_daphne.beside(
    "FastAPI", "FastAPI's WebSockets need no daphne: they run on uvicorn as on hypercorn."
)
def fastapi_needs_no_daphne() -> Seen:
    """Send a message through servers that are not daphne."""
    answers = {server: sent_through(server, FASTAPI) for server in ("uvicorn", "hypercorn")}
    return Seen(
        held=all(answer.works for answer in answers.values()), evidence=evidence_of(answers)
    )
