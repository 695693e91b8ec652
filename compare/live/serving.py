"""Serve the page on a free port of the loopback address, beside what the command does."""

import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from compare.errors import LaunchError
from compare.live.app import application
from compare.live.guard import Guard
from compare.live.session import Session
from compare.running.addresses import HOST, claimed

STARTED_WITHIN_SECONDS = 10.0
POLL_SECONDS = 0.02


@contextmanager
def served(session: Session, port: int | None = None) -> Iterator[str]:
    """Serve the page until the block ends; gives its URL, which holds the token."""
    token = secrets.token_urlsafe(16)
    listener = socket.create_server((HOST, claimed(HOST, port) if port else 0))
    netloc = f"{HOST}:{listener.getsockname()[1]}"
    guarded = Guard(application(session, token), token, netloc)
    config = uvicorn.Config(
        guarded, log_level="warning", access_log=False, ws="none", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    # On a thread, since the command watches the services; there it leaves the signals alone.
    thread = threading.Thread(target=server.run, args=([listener],), name="live page")
    try:
        thread.start()
        _wait_until_started(server)
        yield f"http://{netloc}/?token={token}"
    finally:
        server.should_exit = True
        if thread.ident is not None:
            thread.join()
        listener.close()


def _wait_until_started(server: uvicorn.Server) -> None:
    deadline = time.monotonic() + STARTED_WITHIN_SECONDS
    while not server.started:
        if time.monotonic() > deadline:
            raise LaunchError("the page's own server did not start")
        time.sleep(POLL_SECONDS)
