"""A run, from checking to comparing: what it notes of its circumstances, and when it is resumed."""

import pytest

from compare.bench import comparison
from compare.bench.plan import Plan
from compare.bench.scenarios import QUICK, only
from compare.bench.schedule import Limits, Step
from compare.registry.services import SERVICES
from compare.results.model import Results
from compare.results.model import TestOutcome as Outcome
from compare.running import pinning


class Silent:
    """Hears how far the run is, and says nothing."""

    def checked(self, outcome: Outcome, total: int) -> None:
        """Hear an outcome."""

    def measuring(self, step: Step) -> None:
        """Hear of a step."""

    def compared(self, results: Results) -> None:
        """Hear what is said so far."""


@pytest.fixture
def plan() -> Plan:
    """One block of one service in one scenario."""
    return Plan(
        services=[SERVICES["fastapi"]],
        database="sqlite",
        seed=1,
        profile="quick",
        studies=only(QUICK, ["detail-16"]),
        limits=Limits(budget_seconds=1, precision=0.05, blocks=1),
        options=["--scenario=detail-16"],
        check=False,
    )


@pytest.mark.slow
def test_pinning_in_part_is_said_once_also_after_resuming(
    plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the system refuses to pin a process, the results say so, however often they resumed."""
    if pinning.split() is None:
        pytest.skip("nothing is pinned on this machine")
    monkeypatch.setattr(pinning, "pin", lambda process, cores: False)
    kept: list[Results] = []
    first = comparison.run(plan, Silent(), kept.append)
    resumed = comparison.run(plan, Silent(), kept.append, earlier=kept[0])
    assert first.pinned.count("as far as the system allows it") == 1
    assert resumed.pinned == first.pinned
    assert resumed.block_runs == first.block_runs
