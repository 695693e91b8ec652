"""Which tests fail for a defect, and whether they are those that should."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from compare.contract import suite
from compare.results.model import TestOutcome as Outcome
from tests.miniatures.defects import DEFECTS, Defect
from tests.miniatures.rows import CORRECT

# What shows in many places breaks more than its own clause: a create that answers with another
# status breaks every clause whose tests create. More than this, and the patch is several defects.
MOST_OTHER_CLAUSES = 10
SERVICES_A_SUITE = 12


@dataclass(frozen=True)
class Kill:
    """The tests that failed for a defect: those of its clause by name, others by their clause."""

    defect: Defect
    tests: Sequence[str]
    other_clauses: Sequence[str]

    @property
    def complaint(self) -> str | None:
        """Say in a line what is wrong with it; None if it is as it should be."""
        others = ", ".join(self.other_clauses) or "no other"
        if not self.tests:
            return f"{self.defect.name} is not caught by {self.defect.clause} ({others} fails)"
        if len(self.other_clauses) > MOST_OTHER_CLAUSES:
            return f"{self.defect.name} breaks more than {self.defect.clause}: {others}"
        return None


def run(names: Sequence[str], others: bool, tell: Callable[[str], None]) -> list[Outcome]:
    """Run the contract suite on these miniatures, side by side, and tell of each that begins."""
    chosen = [names[i : i + SERVICES_A_SUITE] for i in range(0, len(names), SERVICES_A_SUITE)]
    options = ["-p", "tests.miniatures.plugin", "--rows=tests.miniatures.rows"]
    options += ["--others"] if others else []
    begun: dict[str, None] = {}

    def on_outcome(outcome: Outcome, total: int) -> None:
        if outcome.service not in begun:
            begun[outcome.service] = None
            tell(f"{len(begun)}/{len(names)} {outcome.service}")

    suites = [[*options, *(f"--service={name}" for name in services)] for services in chosen]
    return suite.check(suites, on_outcome)


def kill(defect: Defect, outcomes: Iterable[Outcome]) -> Kill:
    """Say which tests killed a defect."""
    failed = [outcome for outcome in outcomes if outcome.outcome == "failed"]
    names = {
        outcome.test.partition("[")[0] for outcome in failed if outcome.clause == defect.clause
    }
    others = {outcome.clause for outcome in failed} - {defect.clause}
    tests = sorted(name.rpartition("::")[2] for name in names)
    return Kill(defect, tests, sorted(others, key=number))


def number(clause: str) -> int:
    """Give the number of a clause."""
    return int(clause.removeprefix("C"))


def kills(outcomes: Sequence[Outcome]) -> list[Kill]:
    """Give the kill of each defect that was run, in the order of the defects."""
    by_service: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        by_service.setdefault(outcome.service, []).append(outcome)
    return [kill(DEFECTS[name], by_service[name]) for name in DEFECTS if name in by_service]


def complaints(outcomes: Sequence[Outcome]) -> list[str]:
    """Say what is wrong: the correct service fails, or a defect is not caught as it should be."""
    wrong = [
        f"{CORRECT.name} is correct and fails {outcome.test}: {outcome.reason}"
        for outcome in outcomes
        if outcome.service == CORRECT.name and outcome.outcome == "failed"
    ]
    return wrong + [kill.complaint for kill in kills(outcomes) if kill.complaint]
