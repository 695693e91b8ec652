"""The command line as a person or a script meets it: real processes and real signals."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx
import psutil
import pytest
from typer.testing import CliRunner

from compare.cli import app
from compare.registry.services import SERVICES
from compare.results.file import write_results
from compare.running.addresses import HOST
from tests.support.sample_results import sample_results

COMPARE = (sys.executable, "-m", "compare")
MARK = "COMPARE_TEST_MARK"
DEADLINE_SECONDS = 90
CLOSED = "postgresql://me:secret@127.0.0.1:9/it"


class Started:
    """The command in a process group of its own, as a shell would start it."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.folder = folder
        # Every process that it starts inherits the mark, also one that lost its parent.
        self._mark = uuid.uuid4().hex
        self.process = subprocess.Popen(
            [*COMPARE, *arguments],
            env=os.environ | {MARK: self._mark, "TMPDIR": str(folder)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            process_group=0,
        )

    def others(self) -> list[psutil.Process]:
        """Every process that exists because of it, itself left out."""
        others = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                marked = process.environ().get(MARK) == self._mark
                if marked and process.pid != self.process.pid:
                    others.append(process)
        return others

    def wait_for(self, ready: Callable[[list[psutil.Process]], bool]) -> None:
        """Wait until its processes are as asked for."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not ready(self.others()):
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < deadline, "it took too long"
            time.sleep(0.02)

    def signal(self, number: int) -> None:
        """Send a signal to its process group, as the terminal does on Ctrl-C."""
        os.killpg(self.process.pid, number)

    def kill(self) -> None:
        """End it and all its processes."""
        for process in self.others():
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self.process.kill()
        self.process.communicate()

    def assert_nothing_is_left(self) -> None:
        """Neither a process nor a file of it is there any more."""
        assert self.others() == []
        # The embedded PostgreSQL's starts take turns by a lock file, which is the wheel's to keep.
        assert [path for path in self.folder.iterdir() if path.name != ".lockfile"] == []

    def end(self) -> tuple[int, str, str]:
        """Wait for its end, and give its exit code, output and errors."""
        output, errors = self.process.communicate(timeout=DEADLINE_SECONDS)
        return self.process.returncode, output, errors


def runs(process: psutil.Process, package: str) -> bool:
    """Whether a package is named in the command of a process, if that is still there."""
    with suppress(psutil.NoSuchProcess):
        return package in str(process.cmdline())
    return False


@pytest.fixture
def start() -> Iterator[Callable[..., Started]]:
    """Start the command; what a failing test leaves behind is killed."""
    with tempfile.TemporaryDirectory(prefix="cli-") as folder, ExitStack() as stack:

        def start(*arguments: str) -> Started:
            command = Started(Path(folder), *arguments)
            stack.callback(command.kill)
            return command

        yield start


@pytest.mark.parametrize(
    ("number", "services"),
    [(signal.SIGINT, ("django", "fastapi")), (signal.SIGTERM, ("fastapi-blocking",))],
)
def test_up_serves_until_a_signal(
    start: Callable[..., Started], number: int, services: tuple[str, ...]
) -> None:
    """`up --json` prints one line once all are ready, serves, and leaves no process behind."""
    command = start("up", "--json", *services)
    assert command.process.stdout is not None
    urls = json.loads(command.process.stdout.readline())
    assert list(urls) == ["services", "upstreams"]
    assert tuple(urls["services"]) == services
    answers = [
        httpx.get(f"{url}/posts/1", trust_env=False).json() for url in urls["services"].values()
    ]
    assert answers[0]["id"] == 1
    assert answers == answers[:1] * len(services)
    assert len(command.others()) == len(services) + 1
    command.signal(number)
    assert command.end() == (130, "", "compare: stopped\n")
    command.assert_nothing_is_left()


@pytest.mark.parametrize(
    ("database", "processes"), [("sqlite", 1), ("sqlite", 2), ("postgres", 1), ("postgres", 3)]
)
def test_ctrl_c_while_it_starts(
    start: Callable[..., Started], database: str, processes: int
) -> None:
    """Ctrl-C in the middle of starting leaves no process behind either."""
    command = start("up", "--database", database)
    command.wait_for(lambda others: len(others) >= processes)
    command.signal(signal.SIGINT)
    code, output, errors = command.end()
    assert (code, output, errors) == (130, "", "compare: stopped\n")
    command.assert_nothing_is_left()


@pytest.mark.parametrize(
    ("line", "package"),
    [
        ("check django fastapi", "django_app"),
        pytest.param("check django --database postgres", "django_app", marks=pytest.mark.slow),
        pytest.param("trace list", "tracing", marks=pytest.mark.slow),
        pytest.param("live", "tracing", marks=pytest.mark.slow),
    ],
)
def test_ctrl_c_while_services_run(start: Callable[..., Started], line: str, package: str) -> None:
    """Ctrl-C in the middle of the work stops it and what it has started."""
    command = start(*line.split())
    command.wait_for(lambda others: any(runs(other, package) for other in others))
    command.signal(signal.SIGINT)
    assert command.end()[0] == 130
    command.assert_nothing_is_left()


@pytest.mark.slow
def test_up_ends_when_a_service_dies(start: Callable[..., Started]) -> None:
    """A service that ends by itself ends the whole, with a line that says so."""
    command = start("up", "--json", "fastapi")
    assert command.process.stdout is not None
    assert command.process.stdout.readline()
    served_by = [other for other in command.others() if runs(other, "fastapi_app")]
    served_by[0].kill()
    code, _, errors = command.end()
    assert code == 2
    assert errors.startswith("compare: fastapi ended with exit code -9")
    assert command.others() == []


def test_busy_port_is_said() -> None:
    """A port that somebody listens on is named in one line."""
    with socket.create_server((HOST, 0)) as server:
        port = server.getsockname()[1]
        answer = CliRunner().invoke(app, ["up", "django", "--port", str(port - 1)])
    assert answer.exit_code == 2
    assert answer.stderr == (
        f"compare: port {port} on {HOST}: address already in use; choose another one\n"
    )


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("up nobody", "no service is named 'nobody'; there are django"),
        ("trace nothing", "the endpoint comes last, and none is named 'nothing'; there are list"),
        ("trace django-blocking await", "django-blocking is blocking, and await is of coroutines"),
        ("run nobody", "no service is named 'nobody'; there are django"),
        (f"up --database {CLOSED}", "the database at postgresql://me:***@127.0.0.1:9/it answers: "),
        (f"run --database {CLOSED}", "the database at postgresql://me:***@127.0.0.1:9/it answers"),
        ("check --database mysql://there/it", "mysql://there/it cannot be used: give a PostgreSQL"),
        ("check --url http://127.0.0.1:9", "nothing answers at http://127.0.0.1:9"),
        ("check --all django", "give services, --all or --url: one of them"),
        ("check django --token secret", "--token and --upstreams are of a service that you run"),
        ("survey pools --posts 1000", "--posts and --seed are for growth"),
        ("survey pools --kills 3", "--fault, --kills, --soak-seconds and --record are for faults"),
        ("survey faults --fault nothing", "there is no fault nothing; the faults are database-is-"),
        ("survey faults --database sqlite", "faults are made on the embedded PostgreSQL: --data"),
        ("survey servers --database postgres", "servers are asked on sqlite: no question"),
        ("run --scenario lsit-16", "no scenario is named 'lsit-16'; did you mean list-16"),
        ("report a.json b.json c.json", "give one results file, or two to set side by side"),
        ("claims --database sqlite", "--database is for the claims that need PostgreSQL, and"),
        ("claims transaction", "no claim and no group is named 'transaction'; did you mean trans"),
        ("report missing.json", "missing.json: no such file or directory"),
        ("run --output README.md", "README.md can be no folder: file exists; give another"),
        ("up --set API_TOKEN", "--set takes NAME=VALUE, such as --set API_TOKEN=secret"),
    ],
)
def test_mistake_is_answered_in_one_line(command: str, said: str) -> None:
    """What is wrong is said in one line, without a traceback, and the exit code is 2."""
    answer = CliRunner().invoke(app, command.split())
    assert (answer.exit_code, answer.stdout) == (2, "")
    assert answer.stderr.startswith(f"compare: {said}")
    assert answer.stderr.count("\n") == 1


def test_claims_are_listed_with_their_recorded_verdicts() -> None:
    """A reader finds the name to type, and no false one reads as advice; no experiment runs."""
    answer = CliRunner().invoke(app, ["claims", "--list", "relations"])
    assert answer.exit_code == 0, answer.output
    assert answer.stdout.startswith("Relations  relations\n  lazy-relation-raises: ")
    assert "WSGI" not in answer.stdout


def test_services_are_listed() -> None:
    """The registry is a table with a row for each service."""
    answer = CliRunner().invoke(app, ["services"])
    assert answer.exit_code == 0
    assert all(f" {name} " in answer.stdout for name in SERVICES)


def test_page_is_written_again(tmp_path: Path) -> None:
    """A results file is all that the page needs."""
    file = tmp_path / "results.json"
    write_results(sample_results(), file)
    answer = CliRunner().invoke(app, ["report", str(file), "--output", str(tmp_path / "page")])
    page = tmp_path / "page" / "index.html"
    assert answer.stdout == f"The page: {page}\n"
    assert "Django" in page.read_text()
