"""Services and suites in processes that are forked from one with all libraries imported already.

A service or a suite spends most of its start on imports, which no mutant changes.
"""

import multiprocessing
import os
import runpy
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from compare.registry.environment import THREAD_LIMIT, environment
from compare.registry.services import Service
from compare.running.addresses import HOST, netloc, reserved_port, url_of

SUITE = Path(__file__).parents[1] / "contract"
# What the services and their servers import, and no module of theirs: that may be a mutant.
LIBRARIES = (
    *(
        "aiohttp",
        "aiosqlite",
        "httpx_aiohttp",
        "psycopg_pool",
        "pydantic_settings",
        "shared.schemas",
    ),
    *("dj_database_url", "django.core.handlers.asgi", "django.core.handlers.wsgi"),
    *(
        "django.db.backends.sqlite3.base",
        "django.db.models",
        "django.forms",
        "whitenoise.middleware",
    ),
    *("fastapi", "fastapi.openapi.utils", "sqlalchemy.ext.asyncio", "sqlalchemy.dialects.sqlite"),
    *("gunicorn.app.wsgiapp", "gunicorn.workers.gthread"),
    *("uvicorn.main", "uvicorn.lifespan.on", "uvicorn.protocols.http.httptools_impl", "uvloop"),
)
FORKING = multiprocessing.get_context("forkserver")
FORKING.set_forkserver_preload(
    [*LIBRARIES, *(f"tests.contract.{path.stem}" for path in SUITE.glob("test_*.py"))]
)
START_SECONDS = 60.0
POLL_SECONDS = 0.02
GRACE_SECONDS = 5.0


class NotStarted(Exception):
    """The service ended, or never took a connection."""


@contextmanager
def serving(service: Service, chosen: Mapping[str, str]) -> Iterator[str]:
    """Run a service as its command would, and give its URL; NotStarted when it does not start."""
    with reserved_port(HOST) as port:
        together = [part.replace("{host}:{port}", netloc(HOST, port)) for part in service.command]
        command = [part.format(host=HOST, port=port, threads=THREAD_LIMIT) for part in together]
        process = FORKING.Process(target=_serve, args=(command, environment(chosen)))
        process.start()
        try:
            for _ in range(int(START_SECONDS / POLL_SECONDS)):
                with suppress(OSError):
                    socket.create_connection((HOST, port)).close()
                    break
                process.join(POLL_SECONDS)
                if process.exitcode is not None:
                    raise NotStarted(f"exit code {process.exitcode}")
            else:
                raise NotStarted("Timeout")
            yield url_of(HOST, port)
        finally:
            process.terminate()
            process.join(GRACE_SECONDS)
            process.kill()
            process.join()


def _serve(command: list[str], env: Mapping[str, str]) -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):
        os.dup2(nowhere, descriptor)
    os.environ.clear()
    os.environ.update(env)
    _, dash_m, module, *arguments = command
    assert dash_m == "-m"
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
