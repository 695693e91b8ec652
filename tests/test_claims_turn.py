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
    every = experiments.read_catalogue()
    return [
        each for each in every if each.claim.turns and not each.missing and not each.claim.timed
    ]


def usual_verdicts() -> dict[str, str]:
    """Give the verdicts as they are recorded for this Python, or else as they are found now."""
    for each in record.read().recordings:
        if each.python == PYTHON:
            return {id: next(iter(sides.values())) for id, sides in each.verdicts.items()}
    jobs = [experiments.Job(each) for each in turning()]
    found = experiments.run_jobs(jobs, lambda *_: None)
    return {id: each.verdict for (id, _), each in found.items()}


def test_at_least_twenty_claims_have_a_wrong_variant() -> None:
    """Left out or put in: what the claim hangs on."""
    assert len(turning()) >= FEWEST


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_wrong_variant_turns_the_verdict() -> None:
    """The same experiment, with what it hangs on changed, comes to another verdict."""
    jobs = [experiments.Job(each, "wrong") for each in turning()]
    found = experiments.run_jobs(jobs, lambda *_: None)
    usual = usual_verdicts()
    unturned = {id: each.verdict for (id, _), each in found.items() if each.verdict == usual[id]}
    assert unturned == {}
