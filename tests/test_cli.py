"""The command line as a person or a script meets it: real processes and real signals."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import psutil
import pytest

from compare import launch, results
from compare.services import SERVICES
from tests.sample_results import sample_results

COMPARE = (sys.executable, "-m", "compare")
MARK = "COMPARE_TEST_MARK"
DEADLINE_SECONDS = 30
CLOSED_PORT = 9


class Started:
    """The command in a process group of its own, as a shell would start it."""

    def __init__(self, *arguments: str) -> None:
        # Every process that it starts inherits the mark, also one that lost its parent.
        self._mark = uuid.uuid4().hex
        self.process = subprocess.Popen(
            [*COMPARE, *arguments],
            env=os.environ | {MARK: self._mark},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            process_group=0,
        )

    def others(self) -> list[psutil.Process]:
        """Every process that exists because of it, itself left out."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                marked = process.environ().get(MARK) == self._mark
                if marked and process.pid != self.process.pid:
                    found.append(process)
        return found

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

    def end(self) -> tuple[int, str, str]:
        """Wait for its end, and give its exit code, output and errors."""
        output, errors = self.process.communicate(timeout=DEADLINE_SECONDS)
        return self.process.returncode, output, errors


@pytest.fixture
def start() -> Iterator[Callable[..., Started]]:
    """Start the command; what a failing test leaves behind is killed."""
    commands: list[Started] = []

    def start(*arguments: str) -> Started:
        commands.append(Started(*arguments))
        return commands[-1]

    yield start
    for command in commands:
        for process in (*command.others(), command.process):
            with suppress(psutil.NoSuchProcess):
                process.kill()
        command.process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda each: each.name)
def test_up_serves_until_a_signal(start: Callable[..., Started], number: int) -> None:
    """`up --json` prints one line once all are ready, serves, and leaves no process behind."""
    command = start("up", "--json")
    assert command.process.stdout is not None
    urls = json.loads(command.process.stdout.readline())
    assert list(urls) == ["services", "upstreams"]
    answers = [
        httpx.get(f"{url}/posts/1", trust_env=False).json() for url in urls["services"].values()
    ]
    assert answers[0]["id"] == 1
    assert answers == answers[:1] * len(urls["services"])
    assert len(command.others()) == len(urls["services"]) + 1
    command.signal(number)
    assert command.end() == (130, "", "compare: stopped\n")
    assert command.others() == []


@pytest.mark.parametrize("processes", [1, 2, 3])
@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_ctrl_c_while_it_starts(
    start: Callable[..., Started], database: str, processes: int
) -> None:
    """Ctrl-C in the middle of starting leaves no process behind either."""
    command = start("up", "--database", database)
    command.wait_for(lambda others: len(others) >= processes)
    command.signal(signal.SIGINT)
    code, output, errors = command.end()
    assert (code, output) == (130, "")
    assert "Traceback" not in errors
    assert command.others() == []


def test_ctrl_c_while_it_checks(start: Callable[..., Started]) -> None:
    """Ctrl-C during the contract suite stops the suite and what the suite has started."""
    command = start("check", "django")
    command.wait_for(lambda others: any("django_app" in str(each.cmdline()) for each in others))
    command.signal(signal.SIGINT)
    assert command.end()[0] == 130
    assert command.others() == []


def test_up_ends_when_a_service_dies(start: Callable[..., Started]) -> None:
    """A service that ends by itself ends the whole, with a line that says so."""
    command = start("up", "--json", "fastapi")
    assert command.process.stdout is not None
    assert command.process.stdout.readline()
    served_by = [each for each in command.others() if "fastapi_app" in str(each.cmdline())]
    served_by[0].kill()
    code, _, errors = command.end()
    assert code == 2
    assert errors.startswith("compare: fastapi ended with exit code -9")
    assert command.others() == []


def test_a_busy_port_is_said(start: Callable[..., Started]) -> None:
    """A port that somebody listens on is named in one line."""
    with socket.create_server((launch.HOST, 0)) as server:
        port = server.getsockname()[1]
        code, _, errors = start("up", "django", "--port", str(port)).end()
    assert code == 2
    assert errors.startswith(f"compare: port {port} on {launch.HOST}: address already in use")
    assert errors.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("up", "nobody"), "no service is named 'nobody'; there are django"),
        (("run", "nobody"), "no service is named 'nobody'; there are django"),
        (
            ("up", "--database", f"postgresql://nobody:secret@127.0.0.1:{CLOSED_PORT}/none"),
            "the database at postgresql://nobody:***@127.0.0.1:9/none answers: connection failed",
        ),
        (("check", "--database", "mysql://there/it"), "mysql://there/it cannot be used"),
        (("check", "--url", f"http://127.0.0.1:{CLOSED_PORT}"), "nothing answers at http://127"),
        (("report", "missing.json"), "missing.json: No such file or directory"),
        (("up", "--set", "API_TOKEN"), "--set takes NAME=VALUE, such as --set API_TOKEN=secret"),
    ],
    ids=lambda each: " ".join(each[:2]) if isinstance(each, tuple) else "",
)
def test_a_mistake_is_answered_in_one_line(
    start: Callable[..., Started], arguments: tuple[str, ...], said: str
) -> None:
    """What is wrong is said in one line, without a traceback, and the exit code is 2."""
    code, output, errors = start(*arguments).end()
    assert (code, output) == (2, "")
    assert errors.startswith(f"compare: {said}")
    assert errors.count("\n") == 1


def test_services_are_listed(start: Callable[..., Started]) -> None:
    """The registry is a table with a row for each service."""
    code, output, _ = start("services").end()
    assert code == 0
    assert all(f" {name} " in output for name in SERVICES)


def test_a_page_is_written_again(start: Callable[..., Started], tmp_path: Path) -> None:
    """A results file is all that the page needs."""
    found = tmp_path / "results.json"
    results.write(sample_results(), found)
    code, output, _ = start("report", str(found), "--output", str(tmp_path / "page")).end()
    assert code == 0
    assert output == f"The page: {tmp_path / 'page' / 'index.html'}\n"
    assert "Django" in (tmp_path / "page" / "index.html").read_text()
