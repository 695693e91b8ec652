"""Servers and WebSockets: who carries them, and whether that takes daphne."""

import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager

from compare.running.launch import Running, launched
from experiments.apparatus.running import (
    DJANGO,
    DJANGO_AND_WEBSOCKETS,
    FASTAPI,
    PATIENCE_SECONDS,
    running,
)
from experiments.claim import Claim, Seen

SERVERS = ("uvicorn", "daphne", "hypercorn")
MESSAGE = "a message"
CAME_BACK = "the message came back"


def sent(server: Running) -> str:
    """Send a message over a WebSocket; say what came of it."""
    from websockets.exceptions import InvalidStatus  # an optional part of the project
    from websockets.sync.client import connect

    address = server.url.replace("http", "ws", 1)
    try:
        with connect(address, open_timeout=PATIENCE_SECONDS, proxy=None) as socket:
            socket.send(MESSAGE)
            same = socket.recv(timeout=PATIENCE_SECONDS) == MESSAGE
    except InvalidStatus as refused:
        return f"refused with status {refused.response.status_code}"
    return CAME_BACK if same else "another message came back"


def sent_through(server: str, application: str) -> str:
    """Start a server, and send a message over a WebSocket."""
    with running(server, application) as started:
        return sent(started)


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


@Claim(
    "servers-carry-websockets",
    "uvicorn, daphne and hypercorn all carry WebSockets.",
    numbers=(35,),
    about="uvicorn 0.54, daphne 4.2, hypercorn 0.18",
    instead="Choose any of them (uvicorn needs `websockets` or `wsproto` beside it), and put an "
    "application beside Django's that takes WebSockets, such as Channels.",
    needs=("daphne", "hypercorn", "websockets"),
    shows=(sent,),
)
def servers_carry_websockets(application: str = DJANGO_AND_WEBSOCKETS) -> Seen:
    """Send a message through each, to an application that sends it back."""
    came = {server: sent_through(server, application) for server in SERVERS}
    held = {f"the server is {server}": each == CAME_BACK for server, each in came.items()}
    return Seen(held=held, evidence=came)


servers_carry_websockets.falls_when(
    "the application is Django alone, whose `ASGIHandler` takes HTTP only", application=DJANGO
)


@servers_carry_websockets.beside(
    "FastAPI", "FastAPI takes WebSockets by itself, on all three servers."
)
def servers_carry_fastapis_websockets() -> Seen:
    """Send a message through each, to a WebSocket endpoint."""
    came = {server: sent_through(server, FASTAPI) for server in SERVERS}
    return Seen(held=set(came.values()) == {CAME_BACK}, evidence=came)


@Claim(
    "websockets-need-daphne",
    "WebSockets beside Django, as Channels gives them, need daphne.",
    numbers=(39,),
    about="daphne 4.2; Channels 4 and later, which has daphne as an extra",
    instead="Run them on the ASGI server of your choice; install daphne for `runserver`.",
    why="Channels is an ASGI application, which any ASGI server runs; only Django's own `runserver`"
    " speaks WSGI alone, and daphne replaces it with one that speaks ASGI.",
    needs=("daphne", "hypercorn", "websockets"),
    shows=(runserver, sent),
)
def websockets_need_daphne(servers: Sequence[str] = ("uvicorn", "hypercorn")) -> Seen:
    """Send a message through `runserver` without daphne and with it, and through other servers."""
    with runserver() as without:
        came = {"runserver": sent(without)}
    with runserver("daphne") as daphne:
        came["runserver with daphne"] = sent(daphne)
    came |= {server: sent_through(server, DJANGO_AND_WEBSOCKETS) for server in servers}
    gains = CAME_BACK not in came["runserver"] and came["runserver with daphne"] == CAME_BACK
    others = {f"the server is {server}": came[server] != CAME_BACK for server in servers}
    return Seen(held={"the server is `runserver`": gains, **others}, evidence=came)


websockets_need_daphne.falls_when(
    "the other server is gunicorn as it starts by default, which speaks WSGI",
    servers=("gunicorn",),
)


@websockets_need_daphne.beside(
    "FastAPI", "FastAPI's WebSockets need no daphne: they run on uvicorn as on hypercorn."
)
def fastapi_needs_no_daphne() -> Seen:
    """Send a message through servers that are not daphne."""
    came = {server: sent_through(server, FASTAPI) for server in ("uvicorn", "hypercorn")}
    return Seen(held=set(came.values()) == {CAME_BACK}, evidence=came)
