"""The contract as the page shows it: clauses in their groups, with how the tests came out."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from compare.results.model import Results, TestOutcome

UNGROUPED = "Clauses"


@dataclass(frozen=True)
class Tally:
    """How the tests of something came out on one service; no two outcomes are ever merged."""

    passed: int
    failed: int
    skipped: int
    reasons: tuple[str, ...]

    @property
    def state(self) -> str:
        """`failed`, `passed`, `skipped` or `untested`: the first that applies."""
        if self.failed:
            return "failed"
        if self.passed:
            return "passed"
        return "skipped" if self.skipped else "untested"


@dataclass(frozen=True)
class Sentence:
    """What one test, or one test with many parameters, says; `tallies` are by service."""

    text: str
    tallies: dict[str, Tally]


@dataclass(frozen=True)
class Clause:
    """A clause of the contract with its tests; `tallies` are by service."""

    id: str
    text: str
    tallies: dict[str, Tally]
    sentences: list[Sentence]


def groups(results: Results, contract: Path) -> dict[str, list[Clause]]:
    """Give heading -> its clauses, as the contract's file has them.

    A clause that the file does not have (or every one, when there is no file) is ungrouped.
    """
    headings = _headings(contract)
    grouped: dict[str, list[Clause]] = {}
    for id, text in results.clauses.items():
        clause = _clause(id, text, results)
        grouped.setdefault(headings.get(id, UNGROUPED), []).append(clause)
    return grouped


def totals(results: Results) -> dict[str, Tally]:
    """Give service -> how all its tests came out."""
    return _tallies(results, results.contract)


def _clause(id: str, text: str, results: Results) -> Clause:
    outcomes = [outcome for outcome in results.contract if outcome.clause == id]
    by_sentence: dict[str, list[TestOutcome]] = {}
    for outcome in outcomes:
        by_sentence.setdefault(outcome.sentence or outcome.test, []).append(outcome)
    return Clause(
        id=id,
        text=text,
        tallies=_tallies(results, outcomes),
        sentences=[Sentence(text, _tallies(results, own)) for text, own in by_sentence.items()],
    )


def _tallies(results: Results, outcomes: Sequence[TestOutcome]) -> dict[str, Tally]:
    return {
        service.name: _tally([outcome for outcome in outcomes if outcome.service == service.name])
        for service in results.services
    }


def _tally(outcomes: Sequence[TestOutcome]) -> Tally:
    results = [outcome.outcome for outcome in outcomes]
    return Tally(
        passed=results.count("passed"),
        failed=results.count("failed"),
        skipped=results.count("skipped"),
        reasons=tuple(dict.fromkeys(outcome.reason for outcome in outcomes if outcome.reason)),
    )


def _headings(contract: Path) -> dict[str, str]:
    """Give clause -> the heading that it stands under."""
    if not contract.is_file():
        return {}
    heading, by_clause = UNGROUPED, {}
    for line in contract.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            heading = line.removeprefix("## ")
        elif clause := re.match(r"- \*\*(C\d+)\*\*", line):
            by_clause[clause[1]] = heading
    return by_clause
