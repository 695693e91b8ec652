"""A verdict that cannot be another proves nothing: the experiments are put to wrong variants."""

from functools import cache

import pytest

from compare.claims import experiments

FEWEST = 20


@cache
def turning() -> list[experiments.Described]:
    """Give the claims that have a variant with another verdict, and what they need."""
    every = experiments.catalogue()
    return [each for each in every if each.claim.turns and not each.missing]


def test_at_least_twenty_claims_have_a_wrong_variant() -> None:
    """Left out or put in: what the claim hangs on."""
    assert len(turning()) >= FEWEST


@pytest.mark.timeout(600)
def test_every_wrong_variant_turns_the_verdict() -> None:
    """The same experiment, with what it hangs on changed, comes to another verdict."""
    jobs = [
        experiments.Job(each, side)
        for each in turning()
        if not each.claim.timed
        for side in ("usual", "wrong")
    ]
    found = experiments.run_jobs(jobs, lambda *_: None)
    unturned = {
        id: each.verdict
        for (id, side), each in found.items()
        if side == "wrong" and each.verdict == found[id, "usual"].verdict
    }
    assert unturned == {}
