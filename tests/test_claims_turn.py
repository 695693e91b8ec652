"""A verdict that cannot be another proves nothing: the experiments are put to wrong variants."""

import platform
from functools import cache

import pytest

from compare.claims import experiments, record

FEWEST = 20
PYTHON = ".".join(platform.python_version_tuple()[:2])


@cache
def turning() -> list[experiments.Entry]:
    """Give the claims that have a variant with another verdict, and what they need.

    Those that a stopwatch decides are left out: their variants often say that they cannot tell.
    """
    return [
        described
        for described in experiments.read_catalogue()
        if described.claim.turns and not described.missing and not described.claim.timed
    ]


def usual_verdicts() -> dict[str, str]:
    """Give the verdicts as they are recorded for this Python, or else as they are found now."""
    for recording in record.read().recordings:
        if recording.python == PYTHON:
            return {id: next(iter(sides.values())) for id, sides in recording.verdicts.items()}
    return verdicts([experiments.Job(described) for described in turning()])


def verdicts(jobs: list[experiments.Job]) -> dict[str, str]:
    """Run these experiments, and give the verdict on each claim by its id."""
    results = experiments.run_jobs(jobs, lambda *_: None)
    return {id: result.verdict for (id, _), result in results.items()}


def test_at_least_twenty_claims_have_a_wrong_variant() -> None:
    """Left out or put in: what the claim hangs on."""
    assert len(turning()) >= FEWEST


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_wrong_variant_turns_the_verdict() -> None:
    """The same experiment, with what it hangs on changed, comes to another verdict."""
    usual = usual_verdicts()
    wrong = verdicts([experiments.Job(described, "wrong") for described in turning()])
    unturned = {id: verdict for id, verdict in wrong.items() if verdict == usual[id]}
    assert unturned == {}
