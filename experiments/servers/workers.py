"""Servers and their workers: how many, who starts them again, and which are deprecated."""

import re
import time

import psutil

from compare.running.launch import Running
from experiments.apparatus.running import DJANGO, FASTAPI, get, running
from experiments.claim import Claim, Seen

WORKERS = 4
PATIENCE_SECONDS = 60.0  # uvicorn looks after its workers twice a second, and each must import all
POLL_SECONDS = 0.05
STARTED = re.compile(r"Started server process \[(\d+)]")
DEPRECATED = "uvicorn.workers.UvicornWorker"


def serving_processes(server: Running, expected: int, killed: int = 0) -> set[int]:
    """Read in its log which processes serve, once they are that many; none if it has ended."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    serving: set[int] = set()
    while len(serving) < expected and time.monotonic() < deadline:
        if server.process.poll() is not None:
            return set()
        time.sleep(POLL_SECONDS)
        logged = {int(pid) for pid in STARTED.findall(server.log.read_text())}
        serving = {pid for pid in logged - {killed} if psutil.pid_exists(pid)}
    return serving


def kill_one(application: str, workers: int) -> Seen:
    """Count the processes that serve, kill one of them, and count again."""
    flags = ("--log-level", "info", "--workers", str(workers))
    with running("uvicorn", application, *flags) as server:
        before = serving_processes(server, workers)
        killed = min(before)
        psutil.Process(killed).kill()
        after = serving_processes(server, workers, killed)
        answered = get(server).json()["process"] if after else None
    new = after - before
    return Seen(
        held=len(before) == len(after) == workers and len(new) == 1 and answered in after,
        evidence={
            "processes that serve": len(before),
            "after one was killed": len(after),
            "new ones": len(new),
        },
    )


@Claim(
    "uvicorn-restarts-its-workers",
    "`uvicorn --workers 4` starts four workers, and replaces one that is killed.",
    numbers=(37,),
    about="uvicorn 0.30 and later, which brought this process manager",
    instead="Leave it to the orchestrator where there is one: a container with one worker.",
    shows=(serving_processes, kill_one),
)
def uvicorn_restarts_its_workers(workers: int = WORKERS) -> Seen:
    """Kill one of the processes that serve a Django application."""
    return kill_one(DJANGO, workers)


uvicorn_restarts_its_workers.falls_when(
    "there is one worker: it is the server itself, and nobody starts it again", workers=1
)


@uvicorn_restarts_its_workers.beside(
    "FastAPI", "With a FastAPI application `uvicorn --workers 4` does the same.", kill_one
)
def uvicorn_restarts_workers_of_fastapi() -> Seen:
    """Kill one of the processes that serve a FastAPI application."""
    return kill_one(FASTAPI, WORKERS)


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
    warned = [line for line in log.splitlines() if "deprecated" in line]
    return Seen(held=not warned, evidence={"its log": warned[0].strip() if warned else "no word"})


deprecated_worker_says_nothing.falls_when("PYTHONWARNINGS is `default`", warnings="default")
