"""How the database runs what a service asks: the statements of one request, and their plans."""

import re
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from compare.errors import GateError, StatementError
from compare.registry.services import Service
from compare.results.surveys import QueryPlan
from compare.running import databases, launch
from compare.running.addresses import HOST
from compare.survey import recording

# Statements that read tables; not what drivers and pools ask about their connection.
READING = re.compile(r"\s*SELECT\b.*\bFROM\b", re.DOTALL | re.IGNORECASE)
TIMEOUT_SECONDS = 60.0
EXPLAIN = {
    "sqlite": "EXPLAIN QUERY PLAN ",
    # It runs the statement, to say what it touched; without figures that change each time.
    "postgresql": "EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF, SUMMARY OFF) ",
}

PlansOf = Callable[[str], list[QueryPlan]]  # by the path of a GET


@contextmanager
def recording_plans(service: Service, database_url: str) -> Iterator[PlansOf]:
    """Run a service until the block ends; give a function for the plans behind a GET of a path.

    GateError when a path does not answer 200; StatementError, LaunchError when it cannot run.
    """
    with tempfile.TemporaryDirectory(prefix="compare-recording-") as folder:
        file = Path(folder) / "statements.jsonl"
        with launch.running(
            recording.recorded(service, file),
            database_url=database_url,
            upstreams_url=f"http://{HOST}",
        ) as running:
            yield lambda path: [
                QueryPlan(statement=statement, lines=explain(database_url, statement))
                for statement in _statements(running.url + path, file)
            ]


def explain(database_url: str, statement: str) -> list[str]:
    """Ask the database how it runs a statement: its plan, one line a step, indented as a tree."""
    engine = databases.engine(database_url)
    # The values are filled in, and a % among them is a %.
    with engine.connect().execution_options(no_parameters=True) as connection:
        rows = connection.exec_driver_sql(EXPLAIN[engine.dialect.name] + statement).all()
    return _tree(rows) if engine.dialect.name == "sqlite" else [line for (line,) in rows]


def _statements(url: str, file: Path) -> list[str]:
    before = len(recording.read(file))
    response = httpx.get(url, timeout=TIMEOUT_SECONDS, trust_env=False)
    if response.status_code != 200:
        raise GateError(f"{url} answers {response.status_code}, so there are no plans")
    new = recording.read(file)[before:]
    statements = [statement for statement in new if READING.match(statement)]
    if not statements:
        raise StatementError(f"{url} was answered, and none of its SQL was recorded")
    return statements


def _tree(rows: Iterable[Any]) -> list[str]:
    # SQLite gives each step with its number and that of the one it belongs to.
    depths = {0: -1}
    lines = []
    for id, parent, _, step in rows:
        depths[id] = depths[parent] + 1
        lines.append("  " * depths[id] + step)
    return lines
