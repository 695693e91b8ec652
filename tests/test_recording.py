"""The recorder writes down what a service sends to its database, and changes nothing else."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from compare.errors import StatementError
from compare.registry.project import PROJECT_ROOT
from compare.registry.services import SERVICES, USUAL, Service
from compare.running import databases
from compare.survey import plans, recording
from tests.contract.answers import statements
from tests.support.serving import serving

NEW = {"title": "It's 100 %", "body": 'A "quoted" é.', "author_id": 1, "tags": ["a%s", "b"]}
SCRIPT = "import sqlite3, sys; sqlite3.connect(':memory:').execute('SELECT ?', sys.argv[1:])"


@pytest.fixture(params=USUAL)
def service(request: pytest.FixtureRequest) -> Service:
    """A service of the registry, async and blocking."""
    return SERVICES[request.param]


@pytest.mark.slow
def test_it_records_what_a_request_sends(
    service: Service, source: databases.Databases, tmp_path: Path
) -> None:
    """A read has the statements that its answer counts; values are filled in, none is lost."""
    file = tmp_path / "statements.jsonl"
    with serving(recording.recorded(service, file), source) as client:
        before = len(recording.read(file))
        page = client.get("/posts?before=501&limit=3")
        read = recording.read(file)[before:]
        created = client.post("/posts", json=NEW)
        wrote = recording.read(file)[before + len(read) :]
    selects = [statement.replace('"', "") for statement in read if plans.READING.match(statement)]
    assert len(selects) == statements(page) == 2
    assert "post.id < 501" in selects[0]
    assert "(499, 498, 497, 496)" in selects[1].replace("::BIGINT", "")
    assert created.status_code == 201
    inserts = [statement for statement in wrote if statement.startswith("INSERT")]
    assert "'It''s 100 %'" in inserts[0]
    assert "a%s" in inserts[1]


def test_it_runs_a_script_as_python_would(tmp_path: Path) -> None:
    """Its arguments, its name and its exit code are the script's own."""
    script, file = tmp_path / "script.py", tmp_path / "statements.jsonl"
    script.write_text(f"{SCRIPT}; sys.exit(3 if __name__ == '__main__' else 4)")
    command = [sys.executable, "-m", "compare.survey.recording", str(file), str(script), "it's me"]
    ended = subprocess.run(command, cwd=PROJECT_ROOT, check=False)
    assert ended.returncode == 3
    assert recording.read(file) == ["SELECT 'it''s me'"]


def test_it_says_what_it_cannot_record(tmp_path: Path) -> None:
    """A server that is no Python program, and a call without a command, are told in one line."""
    foreign = replace(SERVICES["django"], name="other", command=("a-server",))
    with pytest.raises(StatementError, match="other cannot be recorded"):
        recording.recorded(foreign, tmp_path / "file")
    command = [sys.executable, "-m", "compare.survey.recording", str(tmp_path / "file")]
    ended = subprocess.run(command, cwd=PROJECT_ROOT, check=False, capture_output=True, text=True)
    assert ended.returncode == 1
    assert ended.stderr.startswith("usage: ")
