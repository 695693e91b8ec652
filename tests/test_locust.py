"""The locustfile loads a service from several processes, and counts what is wrong as a failure."""

import importlib.util
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psutil
import pytest

from compare.registry.environment import environment
from compare.registry.project import PROJECT_ROOT
from compare.registry.services import SERVICES
from compare.running.addresses import HOST, free_port
from compare.running.requests import ENDPOINTS, REQUESTS
from compare.running.stopping import stop
from compare.running.up import Up, up

# Not imported here, nor by pytest.importorskip: locust patches the process that imports it.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        importlib.util.find_spec("locust") is None, reason="needs locust: pip install '.[load]'"
    ),
]

LOCUST = (sys.executable, "-m", "locust", "-f", "load/locustfile.py")
TOKEN = "the-services-own"
ROWS = {(REQUESTS[endpoint].method, REQUESTS[endpoint].path) for endpoint in ENDPOINTS}
USERS: tuple[str, ...] = ("--headless", "--users", "4", "--spawn-rate", "4", "--stop-timeout", "10")
USERS += ("--equal-weights",)  # so that a short run has requests of each kind
PRINTED = re.compile(r"^(GET|POST) +(\S+) +[1-9]", re.MULTILINE)  # a row of its statistics
DEADLINE_SECONDS = 90.0
POLL_SECONDS = 0.05

Counts = dict[tuple[str, str], tuple[int, int]]


@pytest.fixture(scope="module")
def running() -> Iterator[Up]:
    """A service that wants a token, with its upstreams."""
    with up([SERVICES["fastapi"]], "sqlite", overrides={"API_TOKEN": TOKEN}) as running:
        yield running


@contextmanager
def locust(*options: str, log: Path, token: str = TOKEN) -> Iterator[psutil.Popen]:
    """Run locust until the block ends; its output goes to the log."""
    with log.open("wb") as output:
        process = psutil.Popen(
            [*LOCUST, *options],
            cwd=PROJECT_ROOT,
            env=environment({"API_TOKEN": token}),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield process
    finally:
        stop(process)


@contextmanager
def two_workers(folder: Path) -> Iterator[tuple[list[str], list[psutil.Popen]]]:
    """Run two workers until the block ends, and give their master's options."""
    port = str(free_port())
    with ExitStack() as stack:
        yield (
            ["--master", "--master-bind-host", HOST, "--master-bind-port", port]
            + ["--expect-workers", "2", "--expect-workers-max-wait", "20"],
            [
                stack.enter_context(
                    locust(
                        *("--worker", "--master-host", HOST, "--master-port", port),
                        "--equal-weights",
                        log=folder / f"worker-{number}.log",
                    )
                )
                for number in range(2)
            ],
        )


def wait_until(happened: Callable[[], bool]) -> None:
    """Wait for what may take long on a busy machine."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(POLL_SECONDS)


def asks(process: psutil.Popen, url: str) -> bool:
    """Whether a process has a connection to the service at the URL."""
    ports = {
        connection.raddr.port for connection in process.net_connections("tcp") if connection.raddr
    }
    return urlsplit(url).port in ports


def ended(process: psutil.Popen, log: Path, rows: set[tuple[str, str]] = ROWS) -> int:
    """Let a run go on until its log has requests of each kind, end it, and give its exit code."""
    wait_until(lambda: set(PRINTED.findall(log.read_text())) >= rows)
    process.terminate()
    return int(process.wait(DEADLINE_SECONDS))


def counts(report: Path) -> Counts:
    """Requests and failures of a run, for each method and name."""
    rows = json.loads(report.with_suffix(".json").read_text(encoding="utf-8"))
    return {
        (row["method"], row["name"]): (row["num_requests"], row["num_failures"]) for row in rows
    }


def test_two_workers_share_the_load(running: Up, tmp_path: Path) -> None:
    """Both workers ask the service, and their master counts each kind of request, all of them good.

    Every published post is one row, and a create has the token of API_TOKEN.
    """
    url, report, log = running.services["fastapi"].url, tmp_path / "report", tmp_path / "log"
    options = [*USERS, "--host", url, "--json-file", str(report)]
    with (
        two_workers(tmp_path) as (of_master, workers),
        locust(*of_master, *options, log=log) as master,
    ):
        wait_until(lambda: all(asks(worker, url) for worker in workers))
        codes = [ended(master, log), *(worker.wait(DEADLINE_SECONDS) for worker in workers)]
    counted = counts(report)
    assert codes == [0, 0, 0]
    assert set(counted) == ROWS
    assert all(requests > failures == 0 for requests, failures in counted.values())


def test_what_is_wrong_is_a_failure(running: Up, tmp_path: Path) -> None:
    """Another status and another body are failures, though the answers are quick and well."""
    url, report, log = running.services["fastapi"].url, tmp_path / "report", tmp_path / "log"
    options = [*USERS, "--host", url, "--json-file", str(report)]
    with httpx.Client(base_url=running.upstreams.url, trust_env=False) as upstreams:
        upstreams.put("/control/news", json={"mode": "status"}).raise_for_status()
        with locust(*options, log=log, token="another") as process:
            code = ended(process, log)
        upstreams.delete("/control").raise_for_status()
    counted = counts(report)
    wrong = {row for row, (requests, failures) in counted.items() if requests == failures}
    right = {row for row, (_, failures) in counted.items() if failures == 0}
    assert code == 1
    assert wrong == {("GET", "/dashboard"), ("POST", "/posts")}
    assert right == ROWS - wrong


def test_tag_asks_one_endpoint(running: Up, tmp_path: Path) -> None:
    """With `--tags detail` nothing else is asked."""
    url, report, log = running.services["fastapi"].url, tmp_path / "report", tmp_path / "log"
    options = [*USERS, "--tags", "detail", "--host", url, "--json-file", str(report)]
    details = {("GET", "/posts/{id}")}
    with locust(*options, log=log) as process:
        assert ended(process, log, details) == 0
    assert set(counts(report)) == details


def test_mix_is_mostly_lists() -> None:
    """Of a hundred requests 80 are lists, 15 details, 4 dashboards and 1 is a create."""
    command = [*LOCUST, "--show-task-ratio-json"]
    printed = subprocess.run(command, cwd=PROJECT_ROOT, check=True, capture_output=True).stdout
    tasks = json.loads(printed)["total"]["Visitor"]["tasks"]
    shares = {name: round(100 * task["ratio"]) for name, task in tasks.items()}
    assert shares == {"list_posts": 80, "get_post": 15, "get_dashboard": 4, "create_post": 1}
