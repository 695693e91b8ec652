"""The outcomes of the contract suite are read as they are."""

import sys

import pytest

from compare import checking, launch
from compare.results import TestOutcome as Outcome

HEALTH = ("-k", "test_health.py")
LIAR = (sys.executable, "-m", "uvicorn", "tests.scripted:app", "--log-level", "warning")


def test_clauses_are_read_from_the_contract() -> None:
    """Every clause is there, in order, with its sentence."""
    clauses = checking.clauses()
    assert list(clauses) == [f"C{number}" for number in range(1, len(clauses) + 1)]
    assert clauses["C2"] == "has published posts only, newest first by id."


def test_outcomes_come_one_by_one() -> None:
    """Each test is told once, with its clause, its sentence and how many there are."""
    heard: list[tuple[Outcome, int]] = []
    outcomes = checking.check(
        ["--service=fastapi", *HEALTH], lambda outcome, total: heard.append((outcome, total))
    )
    assert [outcome for outcome, _ in heard] == outcomes
    assert {total for _, total in heard} == {len(outcomes)}
    assert {outcome.outcome for outcome in outcomes} == {"passed"}
    assert {outcome.service for outcome in outcomes} == {"fastapi"}
    assert {"C25", "C26"} <= {outcome.clause for outcome in outcomes}
    assert all(outcome.sentence.endswith(".") for outcome in outcomes)


def test_failures_say_why() -> None:
    """What is no such service fails with a reason; what cannot be asked is skipped."""
    with launch.launched("liar", (*LIAR, "--host", "{host}", "--port", "{port}"), "/seen") as liar:
        outcomes = checking.check([f"--url={liar.url}", *HEALTH], lambda outcome, total: None)
    assert {"failed", "skipped"} == {each.outcome for each in outcomes}
    assert all(0 < len(each.reason) <= checking.REASON_LENGTH for each in outcomes)


def test_a_suite_that_cannot_run_is_one_line() -> None:
    """A wrong option ends the check with the suite's own last line."""
    with pytest.raises(checking.CheckError, match="^no service is named nobody: "):
        checking.check(["--service=nobody"], lambda outcome, total: None)
