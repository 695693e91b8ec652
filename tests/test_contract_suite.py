"""The outcomes of the contract suite are read as they are."""

from pathlib import Path

import pytest

from compare.contract import suite
from compare.contract.outcomes import REASON_LENGTH, clauses
from compare.errors import CheckError
from compare.results.model import TestOutcome as Outcome

SMALL_SUITE = """
import pytest

@pytest.fixture(autouse=True)
def properties(record_property):
    record_property("clause", "C1")
    record_property("sentence", "It is well.")
    record_property("service", "small")

@pytest.fixture
def broken_before():
    raise LookupError("nothing there")

@pytest.fixture
def broken_after():
    yield
    raise LookupError("nothing left")

def test_passes():
    pass

def test_fails():
    assert 1 == 2, "one is not two, " + 100 * "really "

def test_is_skipped():
    pytest.skip("needs more")

def test_fails_before(broken_before):
    pass

def test_fails_after(broken_after):
    pass

def test_fails_twice_at_once():
    raise ExceptionGroup("tasks", [AssertionError("the first"), AssertionError("the second")])
"""

ASKS_FOR_ARGUMENTS = """
import psutil

def test_words_of_its_own():
    assert not any("password" in argument for argument in psutil.Process().cmdline())
"""


@pytest.fixture
def small_suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A suite that ends in every way there is, in the place of the contract's."""
    (tmp_path / "test_small.py").write_text(SMALL_SUITE)
    monkeypatch.setattr(suite, "SUITE", tmp_path)


@pytest.mark.usefixtures("small_suite")
def test_every_ending_is_told_once() -> None:
    """Each test is told as it ends, with how many there are; an error around it fails it."""
    heard: list[tuple[Outcome, int]] = []
    outcomes = suite.check([[]], lambda outcome, total: heard.append((outcome, total)))
    assert heard == [(outcome, 6) for outcome in outcomes]
    endings = {outcome.test.partition("::")[2]: outcome.outcome for outcome in outcomes}
    assert endings == {
        "test_passes": "passed",
        "test_fails": "failed",
        "test_is_skipped": "skipped",
        "test_fails_before": "failed",
        "test_fails_after": "failed",
        "test_fails_twice_at_once": "failed",
    }
    assert {(outcome.clause, outcome.sentence, outcome.service) for outcome in outcomes} == {
        ("C1", "It is well.", "small")
    }


@pytest.mark.usefixtures("small_suite")
def test_reasons_are_short() -> None:
    """What did not pass has its reason, cut where it gets long."""
    outcomes = suite.check([[]], lambda outcome, total: None)
    reasons = {outcome.test.partition("::")[2]: outcome.reason for outcome in outcomes}
    assert reasons["test_passes"] == ""
    assert reasons["test_is_skipped"] == "needs more"
    assert reasons["test_fails"].startswith("AssertionError: one is not two, really")
    assert len(reasons["test_fails"]) <= REASON_LENGTH
    assert reasons["test_fails_before"] == "LookupError: nothing there"
    assert reasons["test_fails_after"] == "LookupError: nothing left"
    assert reasons["test_fails_twice_at_once"] == "AssertionError: the first"


@pytest.mark.usefixtures("small_suite")
def test_total_leaves_out_what_was_not_chosen() -> None:
    """Options of the suite choose among its tests."""
    totals = []
    suite.check([["-k", "passes or skipped"]], lambda outcome, total: totals.append(total))
    assert totals == [2, 2]


def test_secrets_are_no_arguments(small_suite: None, tmp_path: Path) -> None:
    """What the suite is told, such as a token, stands in no list of the machine's processes."""
    (tmp_path / "test_small.py").write_text(SMALL_SUITE + ASKS_FOR_ARGUMENTS)
    outcomes = suite.check([["-k", "of_its_own or password"]], lambda outcome, total: None)
    assert [outcome.outcome for outcome in outcomes] == ["passed"]


@pytest.mark.usefixtures("small_suite")
def test_suites_run_side_by_side() -> None:
    """Several suites make one answer, in their order, with one total."""
    totals = []
    suites = [["-k", name] for name in ("passes", "skipped", "before")]
    outcomes = suite.check(suites, lambda outcome, total: totals.append(total))
    assert [outcome.outcome for outcome in outcomes] == ["passed", "skipped", "failed"]
    assert totals == [3, 3, 3]


@pytest.mark.usefixtures("small_suite")
def test_total_is_right_when_suites_have_different_numbers_of_tests() -> None:
    """What was guessed of a suite is put right when it has collected its own."""
    totals = []
    suites = [["-k", "passes"], ["-k", "fails"], ["-k", "passes or skipped"]]
    outcomes = suite.check(suites, lambda outcome, total: totals.append(total))
    assert (len(outcomes), totals[-1]) == (7, 7)


def test_suite_that_cannot_run_is_one_line() -> None:
    """A wrong option ends the check with the suite's own last line."""
    with pytest.raises(CheckError, match="^no service is named nobody: "):
        suite.check([["--service=nobody"]], lambda outcome, total: None)


def test_clauses_are_read_from_the_contract() -> None:
    """Every clause is there, in order, with its sentence."""
    known = clauses()
    assert list(known) == [f"C{number}" for number in range(1, len(known) + 1)]
    assert known["C2"] == "has published posts only, newest first by id."
