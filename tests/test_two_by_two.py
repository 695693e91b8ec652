"""A run of two frameworks in two async models answers two questions of each endpoint."""

from io import StringIO

import pytest
from rich.console import Console

from compare.commands import choosing
from compare.errors import DatabaseError
from compare.results.pairs import is_two_by_two, pairs_of
from compare.results.two_by_two import two_by_twos
from compare.running import databases
from compare.terminal import progress
from compare.terminal.two_by_two import two_by_two_table
from tests.support.sample_results import full_results, pair_results, sample_results

WIDTH = 80


def drawn(table: object) -> str:
    """What a terminal of the usual width shows."""
    file = StringIO()
    Console(file=file, width=WIDTH).print(table)
    return file.getvalue()


def test_two_services_are_one_pair() -> None:
    """Where framework and model do not make four, every service is compared with the first."""
    services = sample_results().services
    assert is_two_by_two(services)
    assert not is_two_by_two(services[:3])
    assert [(pair.baseline, pair.other) for pair in pairs_of(services[:3])] == [
        ("django", "fastapi"),
        ("django", "django-blocking"),
    ]
    assert two_by_twos(pair_results()) == []


def test_each_endpoint_has_four_answers() -> None:
    """Each says which comparison it is of, of speed and of CPU time."""
    (square, *others) = two_by_twos(full_results())
    assert len(others) == 15
    assert [
        answer.pair.question for answer in (*square.down.values(), *square.across.values())
    ] == [
        "Django or FastAPI, async?",
        "Django or FastAPI, blocking?",
        "Django: async or blocking?",
        "FastAPI: async or blocking?",
    ]
    answer = square.across["FastAPI"]
    assert answer.speed and answer.cpu
    assert (answer.speed.baseline, answer.cpu.other) == ("fastapi", "fastapi-blocking")


def test_terminal_fits_the_two_by_two() -> None:
    """Each winner stands with its margin beside or below the rates, in eighty columns."""
    results = sample_results()
    text = drawn(two_by_two_table(results))
    assert max(map(len, text.splitlines())) <= WIDTH
    for comparison in results.comparisons:
        if comparison.winner:
            assert f"{comparison.verdict.split()[0]} {comparison.margin.ratio:.2f}×" in text
    assert two_by_two_table(pair_results()) is None


def test_table_fills_while_blocks_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal shows what the blocks so far say, below the bars, and not at the end."""
    file = StringIO()
    console = Console(file=file, width=WIDTH, force_terminal=True)
    with progress.live(console) as live:
        live.compared(sample_results())
        live._progress.refresh()
        assert "async or blocking?" in file.getvalue()
        file.truncate(0)
    assert "async or blocking?" not in file.getvalue()


def test_usual_database_is_sqlite_where_postgresql_does_not_start(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The run goes on, and says why it is on SQLite; what was asked for by name stays."""

    def fail(kind: str) -> None:
        raise DatabaseError("the embedded PostgreSQL did not start: no space left; give sqlite")

    monkeypatch.setattr(databases, "open", fail)
    assert choosing.chosen_database(None) == "sqlite"
    assert "on SQLite, since the embedded PostgreSQL did not start: no space left\n" in (
        capsys.readouterr().err
    )
    assert choosing.chosen_database("postgres") == "postgres"
    assert choosing.chosen_database(None, "compare run --database postgres --seed 1") == "postgres"
