"""Servers and their workers: how many, who starts them again, and which are deprecated."""

import time
from contextlib import suppress

import httpx
import psutil

from compare.launch import Running
from experiments.apparatus.running import DJANGO, FASTAPI, get, running
from experiments.claim import Claim, Seen

WORKERS = 4
PATIENCE_SECONDS = 10.0
DEPRECATED = "uvicorn.workers.UvicornWorker"


def answering(server: Running) -> set[int]:
    """Ask until four processes have answered, the server is gone, or it takes too long."""
    seen: set[int] = set()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while len(seen) < WORKERS and time.monotonic() < deadline and server.process.poll() is None:
        with suppress(httpx.TransportError):  # of a connection that went to the killed one
            seen.add(get(server).json()["process"])
    return seen


@Claim(
    "uvicorn-restarts-its-workers",
    "`uvicorn --workers 4` starts four workers, and replaces one that is killed.",
    numbers=(37,),
    about="uvicorn 0.30 and later, which brought this process manager",
    instead="Leave it to the orchestrator where there is one: a container with one worker.",
    shows=(answering,),
)
def uvicorn_restarts_its_workers(workers: int = WORKERS) -> Seen:
    """Look which processes answer, kill one of them, and look again."""
    with running("uvicorn", DJANGO, "--workers", str(workers)) as server:
        before = answering(server)
        psutil.Process(min(before)).kill()
        after = answering(server)
    return Seen(
        held=len(before) == len(after) == WORKERS and len(after - before) == 1,
        evidence={
            "processes that answered": len(before),
            "after one was killed": len(after),
            "new ones": len(after - before),
        },
    )


uvicorn_restarts_its_workers.falls_when(
    "there is one worker: it is the server itself, and nobody starts it again", workers=1
)


@uvicorn_restarts_its_workers.beside(
    "FastAPI", "With a FastAPI application `uvicorn --workers 4` does the same."
)
def uvicorn_restarts_workers_of_fastapi() -> Seen:
    """Look which processes answer, kill one of them, and look again."""
    with running("uvicorn", FASTAPI, "--workers", str(WORKERS)) as server:
        before = answering(server)
        psutil.Process(min(before)).kill()
        after = answering(server)
    return Seen(
        held=len(before) == len(after) == WORKERS and len(after - before) == 1,
        evidence={"answered": len(before), "after one was killed": len(after)},
    )


@Claim(
    "gunicorn-runs-uvicorns-worker",
    "gunicorn runs an ASGI application with `-k uvicorn.workers.UvicornWorker`.",
    numbers=(38,),
    about="uvicorn 0.54 and gunicorn 27; deprecated since uvicorn 0.30.0",
    instead="Use `-k uvicorn_worker.UvicornWorker` of the package uvicorn-worker: uvicorn's module"
    " is deprecated since 0.30.0. gunicorn's own `-k asgi` takes more CPU time than uvicorn, and"
    " cancels an endpoint some seconds after its client has left.",
)
def gunicorn_runs_uvicorns_worker(worker: str = DEPRECATED) -> Seen:
    """Ask Django on gunicorn with a worker of this class."""
    with running("gunicorn", DJANGO, "--worker-class", worker) as server:
        status = get(server).status_code
    return Seen(held=status == 200, evidence={worker: f"status {status}"})


gunicorn_runs_uvicorns_worker.falls_when("the worker speaks WSGI", worker="gthread")


@gunicorn_runs_uvicorns_worker.beside(
    "FastAPI", "gunicorn runs a FastAPI application with that worker too, and with its own."
)
def gunicorn_runs_fastapi() -> Seen:
    """Ask FastAPI on gunicorn with uvicorn's worker, and with gunicorn's."""
    statuses = {}
    for worker in (DEPRECATED, "asgi"):
        with running("gunicorn", FASTAPI, "--worker-class", worker) as server:
            statuses[worker] = get(server).status_code
    return Seen(held=set(statuses.values()) == {200}, evidence=statuses)


@Claim(
    "deprecated-worker-says-nothing",
    "gunicorn starts the deprecated `uvicorn.workers.UvicornWorker` without a word about it.",
    numbers=(38,),
    about="uvicorn 0.30 and later",
    instead="Start servers once with `PYTHONWARNINGS=default`, in a test, and read their log.",
    why="The module warns with a `DeprecationWarning`, which Python hides outside of `__main__`.",
)
def deprecated_worker_says_nothing(worker: str = DEPRECATED, warnings: str = "") -> Seen:
    """Read the log of gunicorn with that worker, once it has answered."""
    with running("gunicorn", DJANGO, "-k", worker, PYTHONWARNINGS=warnings) as server:
        get(server)
        log = server.log.read_text()
    said = [line for line in log.splitlines() if "deprecated" in line]
    return Seen(held=not said, evidence={"its log": said[0].strip() if said else "no word"})


deprecated_worker_says_nothing.falls_when("PYTHONWARNINGS is `default`", warnings="default")
