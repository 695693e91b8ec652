"""A setting means the same to both services, or stops both at their start in one line."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from itertools import repeat

import pytest

from compare.registry.environment import environment
from compare.registry.project import PROJECT_ROOT
from tests.support.starting import DOORS, fresh_processes, refusal

Start = Callable[[Mapping[str, str]], list[str]]
SECRET = "xyzzy"
PG = "postgresql://me@127.0.0.1/it"

ACCEPTED: dict[str, list[str]] = {
    "ASYNC_MODEL": ["async", "blocking"],
    "DATABASE_URL": [
        *["sqlite:///posts.sqlite3", "sqlite:////tmp/a space/é%23.sqlite3", "sqlite:///a%20b"],
        *[PG, "postgres://127.0.0.1/it", "postgresql:///it", "postgresql://[::1]:5432/it"],
        *["postgresql://me:a%2Fb%23c%40d@db-1.example.org:5432/it"],
        *["postgresql://me:@/it?host=/tmp/socket", "postgresql:///it?host=%2Ftmp%2Fsocket"],
    ],
    "DATABASE_POOL_SIZE": ["1", "64"],
    "DATABASE_TIMEOUT_SECONDS": ["0.001", "5", "86400"],
    "UPSTREAMS_URL": [
        *["http://127.0.0.1:9000", "https://example.org", "http://[::1]:9000/api", "http://up_1/"],
    ],
    "UPSTREAM_TIMEOUT_SECONDS": ["0.001", "1", "1e3"],
    "API_TOKEN": ["", "secret", "a+b/c==", "~!"],
    "api_token": ["\n"],  # another variable, which no service reads
    "THREAD_LIMIT": ["1", "64"],
    "SSL_CERT_FILE": ["/nowhere.pem"],  # upstreams of plain HTTP have no certificates
}
REFUSED: dict[str, list[str]] = {
    "ASYNC_MODEL": ["", "Async", "sync", "async\n"],
    "DATABASE_URL": [
        *["", "posts.sqlite3", "mysql://me@127.0.0.1/it", "sqlite://", "sqlite:///"],
        *[
            "sqlite:///:memory:",
            "sqlite:///%3Amemory:",
            "sqlite:///posts.sqlite3?mode=ro",
            "sqlite:///#",
        ],
        *["sqlite:///a\n", "postgresql://", "postgresql://127.0.0.1", "postgresql://127.0.0.1/"],
        *[f"{PG}?options=-c%20jit=off", f"{PG}?pool=true", f"{PG}?sslmode=disable", f"{PG}#a"],
        *["postgresql://%2Ftmp/it", "postgresql://127.0.0.1:port/it", "postgresql://[::1/it"],
        *["postgresql://127.0.0.1:99999/it", "postgresql://127.0.0.1/it\n"],
        *[f"postgresql://me:{SECRET}{mark}@127.0.0.1/it" for mark in "#/?@ "],
        *[f"postgresql://me:{SECRET}@127.0.0.1:port/it", f"mysql://me:{SECRET}@127.0.0.1/it"],
    ],
    "DATABASE_POOL_SIZE": ["", "0", "-1", "16.0", "1.5", " 16", "1_6", "+16", "many", "9" * 5000],
    "DATABASE_TIMEOUT_SECONDS": ["", "0", "-1", "0.0001", "3000000", "1e10", "inf", "nan", "soon"],
    "UPSTREAMS_URL": [
        *["", "127.0.0.1:9000", "//127.0.0.1", "ftp://127.0.0.1", "http://", "http:///weather"],
        *["http://[::1", "http://[::z]", "http://127.0.0.1\n", " http://127.0.0.1"],
        *["http://exa_mple..com", "http://127.0.0.1:0x50", "http://127.0.0.1:99999"],
        *["http://127.0.0.1:0", "http://127.0.0.1/?a=b", "http://127.0.0.1/#a"],
        *[f"http://me:{SECRET}@127.0.0.1"],
    ],
    "UPSTREAM_TIMEOUT_SECONDS": ["", "0", "-1", "0.0001", "1e10", "inf", "nan", "soon"],
    "API_TOKEN": [f"{SECRET}\n", f"{SECRET} {SECRET}", f" {SECRET}", f"{SECRET}é", f"{SECRET}\t"],
    "THREAD_LIMIT": ["", "0", "-1", "16.0", "many"],
}


def cases(table: Mapping[str, list[str]]) -> list[tuple[str, str]]:
    """Give each variable with each of its values."""
    return [(name, value) for name, values in table.items() for value in values]


@pytest.fixture(scope="module")
def start() -> Iterator[Start]:
    """What both services say when they start with these settings: a traceback, or nothing."""
    with fresh_processes() as processes:
        yield lambda settings: list(processes.map(refusal, DOORS, repeat(settings)))


@pytest.mark.parametrize(("name", "value"), cases(ACCEPTED))
def test_good_value_starts_both(start: Start, name: str, value: str) -> None:
    """A value that means something is taken by both services."""
    assert start({name: value}) == ["", ""]


@pytest.mark.parametrize(("name", "value"), cases(REFUSED))
def test_wrong_value_stops_both_in_one_line(start: Start, name: str, value: str) -> None:
    """A wrong value stops both: the last line names the variable, and nowhere stands a secret."""
    for said in start({name: value}):
        last_line = said.splitlines()[-1]
        assert f": {name}: " in last_line
        assert len(last_line) > len(f"{name}: ") + 20
        assert SECRET not in said


@pytest.mark.parametrize("model", ["async", "blocking"])
def test_missing_certificates_stop_both(start: Start, model: str) -> None:
    """Where the upstreams are to speak TLS, a file of certificates that is not there is named."""
    settings = {"UPSTREAMS_URL": "https://example.org", "SSL_CERT_FILE": "/nowhere.pem"}
    for said in start(settings | {"ASYNC_MODEL": model}):
        assert ": SSL_CERT_FILE: " in said.splitlines()[-1]


@pytest.mark.parametrize("door", DOORS)
def test_server_ends_with_the_line_that_names_the_variable(door: str) -> None:
    """What uvicorn prints last when a service refuses to start is the service's own line."""
    command = [sys.executable, "-m", "uvicorn", f"{door}:application", "--port", "0"]
    wrong = environment({"DATABASE_URL": f"mysql://me:{SECRET}@127.0.0.1/it"})
    ended = subprocess.run(command, env=wrong, capture_output=True, text=True, cwd=PROJECT_ROOT)
    assert ended.returncode
    assert ": DATABASE_URL: It must be " in ended.stderr.splitlines()[-1]
    assert SECRET not in ended.stdout + ended.stderr
