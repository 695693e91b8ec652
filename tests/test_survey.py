"""Surveys add their tables to the results of the same machine, and the page shows them."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from compare.cli import app
from compare.errors import UnusableResults
from compare.intervals import Interval
from compare.report import page
from compare.results import provenance
from compare.results.file import write_results
from compare.results.merging import add, keep
from compare.results.model import Results
from compare.results.surveys import (
    CheckedService,
    Depth,
    FaultSeen,
    Growth,
    GrowthPoint,
    Made,
    Observation,
    PoolUse,
    ProtocolCell,
    QueryPlan,
    Survey,
)
from tests.support.sample_results import sample_results

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def checked(service: str, database: str, **failed: str) -> CheckedService:
    """A service that kept all clauses but these."""
    return CheckedService(
        service=service,
        framework="Django",
        async_model="async",
        server="daphne",
        database=database,
        tests={"passed": 500},
        passed=["C1", "C2"],
        failed=failed,
        untested={"C36": "there is no pool"},
    )


def pool_use(peak_connections: int) -> PoolUse:
    """What a service held."""
    return PoolUse(
        name="django",
        pool_size=16,
        in_flight=64,
        requests=500,
        errors=0,
        asked=60,
        peak_connections=peak_connections,
        peak_active=2,
        opened=peak_connections,
        idle_after=peak_connections,
        verdict="within the pool of 16",
    )


def grown(database: str) -> Growth:
    """A first page and a deep one, of one service at one size."""
    plan = QueryPlan(statement="SELECT 1 < 2", lines=["SEARCH post USING INDEX"])
    point = GrowthPoint(
        service="django",
        posts=1000,
        operation="first page",
        request="GET /posts",
        rounds_ms=[3.0],
        median_ms=3.0,
        plans=[plan],
    )
    depth = Depth(
        service="django",
        posts=1000,
        page=44,
        deep_to_first=Interval(ratio=1.01, low=0.97, high=1.05),
        verdict="the same within 20 %",
    )
    return Growth(database=database, seed=1, points=[point], depths=[depth])


def whole_survey() -> Survey:
    """Something in every table."""
    cell = ProtocolCell(
        server="daphne",
        protocol="HTTP/2 cleartext",
        works=False,
        by_default=False,
        said="closes the connection",
        flags="",
    )
    question = "What becomes of it?"
    answers = {"django": "cancelled", "fastapi": "goes on"}
    return Survey(
        contract=[checked("django-daphne", "SQLite 3", C2="it was a 500")],
        protocols=[cell],
        observations=[
            Observation(question=question, service=service, server="daphne", said=said)
            for service, said in answers.items()
        ],
        pools=[pool_use(13)],
        growth=[grown("SQLite 3")],
        faults=[FaultSeen(fault="It is killed.", service="django", held=True, said="none lost")],
        made=[Made(command="compare survey pools", commit="1234", finished_at=NOON)],
    )


def results_from_here() -> Results:
    """A run of this very machine and of these versions."""
    here = {"machine": provenance.machine(), "versions": provenance.versions()}
    return sample_results().model_copy(update=here)


def test_newer_rows_take_the_place_of_older_ones() -> None:
    """What a survey did not ask again stays; what it asked again is replaced."""
    old = Survey(
        contract=[checked("django", "SQLite 3", C1="once"), checked("django", "PostgreSQL 18")],
        pools=[pool_use(16)],
        growth=[grown("PostgreSQL 18")],
    )
    newer = Survey(contract=[checked("django", "SQLite 3")], growth=[grown("SQLite 3")])
    both = old.with_newer(newer)
    assert [(row.database, row.failed) for row in both.contract] == [
        ("PostgreSQL 18", {}),
        ("SQLite 3", {}),
    ]
    assert [growth.database for growth in both.growth] == ["PostgreSQL 18", "SQLite 3"]
    assert both.with_newer(newer).growth == both.growth
    assert both.pools == old.pools


def test_another_machine_or_version_is_not_mixed_in() -> None:
    """Tables are added to the results of this machine and these versions only."""
    here = results_from_here()
    assert add(here, whole_survey()).survey == whole_survey()
    with pytest.raises(UnusableResults, match="run them again"):
        add(here.model_copy(update={"versions": {"Django": "1.0"}}), whole_survey())
    with pytest.raises(UnusableResults, match="run them again"):
        add(sample_results(), whole_survey())


def test_new_run_keeps_the_tables_of_the_last_one(tmp_path: Path) -> None:
    """They stay as long as the machine and the versions do."""
    file, results = tmp_path / "results.json", sample_results()
    assert keep(results, file) == results
    write_results(results.model_copy(update={"survey": whole_survey()}), file)
    assert keep(results, file).survey == whole_survey()
    assert keep(results.model_copy(update={"versions": {}}), file).survey == Survey()


def test_page_shows_every_table() -> None:
    """Each table is there with what was found, escaped; without a survey there is none."""
    empty = page.render(sample_results())
    whole = page.render(sample_results().model_copy(update={"survey": whole_survey()}))
    headings = ["every-service", "protocols", "observations", "pools", "growth", "faults"]
    headings += ["surveys"]
    assert [f'id="{heading}"' in empty for heading in headings] == [False] * 7
    assert [f'id="{heading}"' in whole for heading in headings] == [True] * 7
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", whole))
    for told in ("C2 failed: it was a 500", "closes the connection", "goes on fastapi"):
        assert told in text
    for told in ("within the pool of 16", "page 44: the same within 20 %", "SELECT 1 &lt; 2"):
        assert told in text
    assert "✓ none lost" in text


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("survey growth --output nowhere", "nowhere/results.json: no such file or directory"),
        ("survey contract fastapi-asyncpg", "fastapi-asyncpg runs on postgresql only"),
    ],
)
def test_survey_that_cannot_be_made_says_so(command: str, said: str) -> None:
    """What is missing is said before the work, in one line."""
    answer = CliRunner().invoke(app, command.split())
    assert (answer.exit_code, answer.stderr) == (2, f"compare: {said}\n")
