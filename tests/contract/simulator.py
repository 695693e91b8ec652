"""The upstream simulator as the tests steer and question it, over HTTP."""

import json
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import httpx

NAMES = ("weather", "news", "stocks")


@dataclass(frozen=True, order=True)
class Hit:
    """One call that an upstream had, by the simulator's own clock."""

    started_at_seconds: float
    ended_at_seconds: float
    upstream: str

    @property
    def seconds(self) -> float:
        """How long it lasted."""
        return self.ended_at_seconds - self.started_at_seconds


class Simulator:
    """The three upstreams that the service under test calls."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def set(self, name: str, mode: str = "answer", **behaviour: float) -> None:
        """Set how one upstream behaves from now on (see shared/upstreams.py for the modes)."""
        self._client.put(f"/control/{name}", json={"mode": mode, **behaviour}).raise_for_status()

    def give(self, name: str, value: Any) -> None:
        """Make one upstream answer with this JSON value from now on."""
        behaviour = {"mode": "given", "body": json.dumps(value)}
        self._client.put(f"/control/{name}", json=behaviour).raise_for_status()

    def set_all(self, mode: str = "answer", **behaviour: float) -> None:
        """Set how all three behave from now on."""
        for name in NAMES:
            self.set(name, mode, **behaviour)

    def reset(self) -> None:
        """Make all three well again and forget their hits."""
        self.make_well()
        self._client.delete("/log").raise_for_status()

    def make_well(self) -> None:
        """Make all three well again."""
        self._client.delete("/control").raise_for_status()

    def answers(self) -> dict[str, Any]:
        """Ask the upstreams what they answer; these hits are forgotten."""
        answers = {name: self._client.get(f"/{name}").json() for name in NAMES}
        self._client.delete("/log").raise_for_status()
        return answers

    def hits(self) -> dict[str, int]:
        """Give how many calls each upstream has had."""
        hits: dict[str, int] = self._client.get("/hits").json()
        return hits

    def log(self) -> list[Hit]:
        """Give the calls that have ended, in the order of their start."""
        return sorted(Hit(**hit) for hit in self._client.get("/log").json()["log"])


def all_overlap(hits: list[Hit]) -> bool:
    """Say whether there was a moment when every one of these calls was under way."""
    return max(hit.started_at_seconds for hit in hits) < min(hit.ended_at_seconds for hit in hits)


def none_overlap(hits: list[Hit]) -> bool:
    """Say whether each of these calls began after the one before had ended."""
    return all(
        hit.ended_at_seconds <= next_hit.started_at_seconds
        for hit, next_hit in pairwise(sorted(hits))
    )


def most_at_once(hits: list[Hit]) -> int:
    """Give how many of these calls were under way at the busiest moment."""
    return max(
        sum(
            other.started_at_seconds <= hit.started_at_seconds < other.ended_at_seconds
            for other in hits
        )
        for hit in hits
    )
