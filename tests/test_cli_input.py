"""Odd input and odd surroundings: a command says in one line what is wrong, or works."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from compare.cli import app
from compare.results.file import write_results
from compare.running import addresses
from tests.support.sample_results import sample_results
from tests.test_cli import COMPARE, DEADLINE_SECONDS

UNFORTUNATE = "postgresql://me:se:cr/et#1@there:port/it?sslpassword=secret"
ASCII_ONLY = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
# A module of this name comes before the installed one, and is interrupted while it is imported.
INTERRUPTED_MODULE = "import os, signal; os.kill(os.getpid(), signal.SIGINT)"
# What the standard library and psutil are where a system lets no program choose its cores.
MACOS = "import os, psutil; del os.sched_getaffinity, os.sched_setaffinity; "
MACOS += "del psutil.Process.cpu_affinity; "
FORBIDDEN = """
import os, psutil
def forbidden(*arguments): raise PermissionError(1, "Operation not permitted")
os.sched_getaffinity = os.sched_setaffinity = psutil.Process.cpu_affinity = forbidden
"""
MEASURE = """
from compare.__main__ import main
import sys
sys.argv = ["compare", "measure", "fastapi", "--scenario", "detail-1", "--blocks", "1"]
sys.argv += ["--budget", "1", "--output", OUTPUT]
main()
"""


def compare(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    return subprocess.run(
        [*COMPARE, *arguments],
        env=os.environ | env,
        capture_output=True,
        text=True,
        timeout=DEADLINE_SECONDS,
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["up", "--host", "bogus.invalid"], "cannot listen on 'bogus.invalid': "),
        (["up", "--host", ""], "cannot listen on '': it names no address; give another --host"),
        (["up", "--host", "192.0.2.1"], "cannot listen on '192.0.2.1': cannot assign requested"),
        (["up", "--host", "a" * 70], f"cannot listen on '{'a' * 70}': "),
        (["up", "--host", "bogus.invalid", "--port", "8000"], "port 8000 on bogus.invalid: "),
        (["up", "--set", "=x"], "--set takes NAME=VALUE, such as --set API_TOKEN=secret"),
        (["up", "--set", "a b=x"], "--set takes NAME=VALUE, such as --set API_TOKEN=secret"),
        (["up", "--database", UNFORTUNATE], "'postgresql://me:***@there:port/it?sslpassword=***'"),
        (["up", "--database", "postgres://me:secret@127.0.0.1:9/it"], "the database at postgres:"),
        (["up", "--database", "mysql://me:secret@there/it"], "mysql://me:***@there/it cannot be"),
        (["up", "--database", ""], "'' is no database; give sqlite, postgres or postgresql://"),
        (["check", "--url", ""], "nothing answers at an empty --url: Request URL is missing"),
        (["check", "--url", "http://[::1"], "nothing answers at http://[::1: "),
        (["check", "--url", "http://me:secret@127.0.0.1:9"], "nothing answers at http://me:***@"),
        (["check", "--url", "", "--all"], "give services, --all or --url: one of them"),
        (["report", "/nonexistent"], "/nonexistent: no such file or directory"),
        (["report", "/"], "/: is a directory"),
        (["report", sys.executable], f"{sys.executable} is not a results file of format"),
        (["report", "--output", "/proc/compare"], "/proc/compare can be no folder: "),
    ],
)
def test_mistake_is_answered_in_one_line(arguments: list[str], said: str) -> None:
    """The line names the cause and never a password; the exit code is 2."""
    answer = CliRunner().invoke(app, arguments)
    assert (answer.exit_code, answer.stdout) == (2, ""), answer.exception
    assert answer.stderr.startswith(f"compare: {said}")
    assert answer.stderr.count("\n") == 1
    assert "secret@" not in answer.stderr and "cr/et" not in answer.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("times django", "No such command 'times'"),
        ("run --blocks 0", "Invalid value for '--blocks': "),
        ("run --seed abc", "Invalid value for '--seed': "),
        ("up --port 0", "Invalid value for '--port': "),
        ("up --nothing", "No such option: --nothing"),
        ("survey nothing", "Invalid value for "),
    ],
)
def test_wrong_option_is_answered_in_one_line(arguments: str, said: str) -> None:
    """The line names the option or the command; the exit code is 2."""
    answer = compare(*arguments.split())
    assert (answer.returncode, answer.stdout) == (2, "")
    assert answer.stderr.startswith(f"compare: {said}")
    assert answer.stderr.count("\n") == 1


def test_page_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    """What is in the way of the page is named."""
    (tmp_path / "page" / "index.html").mkdir(parents=True)
    write_results(sample_results(), tmp_path / "results.json")
    arguments = ["report", str(tmp_path / "results.json"), "--output", str(tmp_path / "page")]
    answer = CliRunner().invoke(app, arguments)
    assert answer.exit_code == 2
    assert answer.stderr == f"compare: {tmp_path}/page/index.html: is a directory\n"


@pytest.mark.slow
def test_ipv6_serves() -> None:
    """Servers that take host and port apart or in one word listen on an address of IPv6."""
    if not socket.has_ipv6 or not Path("/proc/net/if_inet6").exists():
        pytest.skip("this machine has no IPv6")
    command = [*COMPARE, "up", "--json", "--host", "::1", "fastapi", "django-blocking"]
    with subprocess.Popen(command, stdout=-1, stderr=-1, text=True) as process:
        assert process.stdout is not None
        urls = json.loads(process.stdout.readline() or "{}").get("services", {})
        for url in urls.values():
            assert url.startswith("http://[::1]:")
            assert httpx.get(f"{url}/posts/1", trust_env=False).status_code == 200
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=DEADLINE_SECONDS) == ("", "compare: stopped\n")
    assert list(urls) == ["fastapi", "django-blocking"]


def test_every_address_is_asked_on_the_loopback_one() -> None:
    """A URL has an address that can be connected to, in brackets where it has colons."""
    assert addresses.url_of("0.0.0.0", 80) == "http://127.0.0.1:80"
    assert addresses.url_of("::", 80) == "http://[::1]:80"
    assert addresses.netloc("localhost", 80) == "localhost:80"


@pytest.mark.slow
@pytest.mark.parametrize(
    "encoding", [ASCII_ONLY, {"PYTHONIOENCODING": "ascii"}, {"PYTHONIOENCODING": "latin-1"}]
)
def test_any_stream_takes_the_text(encoding: dict[str, str]) -> None:
    """What an encoding lacks is written in ASCII."""
    answer = compare("claims", "--list", **encoding)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert "lazy-relation-raises" in answer.stdout


@pytest.mark.parametrize("command", ["services", "schema", "--help"])
def test_full_disk_is_said(command: str) -> None:
    """Output that cannot be written ends in one line."""
    with Path("/dev/full").open("w") as full:
        answer = subprocess.run([*COMPARE, command], stdout=full, stderr=-1, text=True)
    assert answer.returncode == 2
    assert answer.stderr == "compare: the output: no space left on device\n"


@pytest.mark.parametrize("command", ["services", "schema", "--help"])
def test_reader_may_stop_reading(command: str) -> None:
    """A pipe that is closed, as `head -1` does, ends the command without a word."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as closed:
        answer = subprocess.run([*COMPARE, command], stdout=closed, stderr=-1, text=True)
    assert (answer.returncode, answer.stderr) == (1, "")


@pytest.mark.parametrize("module", ["typer", "psutil", "sqlalchemy", "httpx", "rich"])
def test_ctrl_c_while_python_imports(module: str, tmp_path: Path) -> None:
    """The first seconds are answered as all others are."""
    (tmp_path / f"{module}.py").write_text(INTERRUPTED_MODULE)
    answer = compare("services", PYTHONPATH=str(tmp_path))
    assert (answer.returncode, answer.stderr) == (130, "compare: stopped\n")


@pytest.mark.slow
@pytest.mark.parametrize("system", [MACOS, FORBIDDEN])
def test_cores_that_cannot_be_chosen_hinder_nobody(system: str, tmp_path: Path) -> None:
    """Where a program has no say in its cores, it measures without pinning anything."""
    script = system + MEASURE.replace("OUTPUT", repr(str(tmp_path)))
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    assert "this system does not let a program choose" in (tmp_path / "measured.json").read_text()
