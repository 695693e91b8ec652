"""Real servers for experiments: in a thread of this process, so that a view may tell what it saw.

A server in a process of its own is `compare.running.launch.launched`.
"""

import socketserver
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import httpx
import uvicorn

HOST = "127.0.0.1"
PATIENCE_SECONDS = 20.0


class Uvicorn(uvicorn.Server):
    """uvicorn that sets `told` once it takes connections, or has failed to start."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.told = Event()

    async def startup(self, sockets: Any = None) -> None:
        """Start, and set `told`."""
        try:
            await super().startup(sockets)
        finally:
            self.told.set()

    @property
    def port(self) -> int:
        """The port that it was given."""
        port: int = self.servers[0].sockets[0].getsockname()[1]
        return port


class ThreadedWsgi(socketserver.ThreadingMixIn, WSGIServer):
    """A WSGI server with a thread for each connection."""

    daemon_threads = True


class Silent(WSGIRequestHandler):
    """Answers without a line in the log."""

    def log_message(self, *words: Any) -> None:
        """Say nothing."""


@contextmanager
def serving(application: Any, **options: Any) -> Iterator[httpx.Client]:
    """Serve an ASGI application with uvicorn until the block ends; give a client of it.

    `options` are uvicorn's.
    """
    quiet: dict[str, Any] = {"log_level": "critical", "access_log": False}
    server = Uvicorn(uvicorn.Config(application, host=HOST, port=0, **(quiet | options)))
    thread = Thread(target=server.run, name="uvicorn")
    thread.start()
    try:
        if not server.told.wait(PATIENCE_SECONDS) or not server.started:
            raise RuntimeError("uvicorn did not start")
        with _client(server.port) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def serving_wsgi(application: Any) -> Iterator[httpx.Client]:
    """Serve a WSGI application on a thread a connection until the block ends."""
    with ThreadedWsgi((HOST, 0), Silent) as server:
        server.set_app(application)
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            with _client(server.server_port) as client:
                yield client
        finally:
            server.shutdown()
            thread.join()


def ask(client: httpx.Client, paths: Sequence[str]) -> list[httpx.Response]:
    """Ask for all paths at the same time; give the answers in their order."""
    with ThreadPoolExecutor(len(paths), thread_name_prefix="client") as threads:
        return list(threads.map(client.get, paths))


def _client(port: int) -> httpx.Client:
    # Without certificates, which take longer to load than most experiments.
    return httpx.Client(
        base_url=f"http://{HOST}:{port}",
        timeout=PATIENCE_SECONDS,
        limits=httpx.Limits(max_connections=None),
        trust_env=False,
        verify=False,
    )
