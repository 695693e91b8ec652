"""What a timeline shows of the async models, each with the claim that decides it by experiment."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from compare.results.timelines import Timeline
from compare.running.requests import GATHERED


@dataclass(frozen=True)
class Contrast:
    """A sentence, the claim that it goes with if there is one, and whether a timeline shows it."""

    sentence: str
    claim: str
    is_shown_by: Callable[[Timeline], bool]


def _hops(timeline: Timeline, name: str) -> bool:
    return any(piece.name == name for piece in timeline.of_kind("hop"))


def _statements_on_a_loop(timeline: Timeline) -> bool:
    statements = timeline.of_kind("statement")
    return (
        bool(statements)
        and all(timeline.lanes[piece.lane].is_loop for piece in statements)
        and not _hops(timeline, "aiosqlite")
    )


def _orm_leaves_the_loop(timeline: Timeline) -> bool:
    views = timeline.of_kind("view")
    return (
        bool(views)
        and all(timeline.lanes[view.lane].is_loop for view in views)
        and _hops(timeline, "sync_to_async")
        and timeline.totals.statements > 0
    )


def _calls_overlap(timeline: Timeline) -> bool:
    calls = sorted(timeline.of_kind("upstream"), key=lambda call: call.start_ms)
    return any(later.start_ms < earlier.end_ms for earlier, later in pairwise(calls))


def _has_gathered_queries(timeline: Timeline) -> bool:
    return timeline.endpoint == GATHERED and timeline.concurrent == 1


def _statements_overlap(timeline: Timeline) -> bool:
    statements = sorted(timeline.of_kind("statement"), key=lambda piece: piece.start_ms)
    return any(later.start_ms < earlier.end_ms for earlier, later in pairwise(statements))


def _calls_follow_each_other(timeline: Timeline) -> bool:
    return bool(timeline.of_kind("upstream")) and not _calls_overlap(timeline)


CONTRASTS: Sequence[Contrast] = (
    Contrast(
        "each step of the ORM leaves the event loop for a thread",
        "a-methods-run-in-a-thread",
        _orm_leaves_the_loop,
    ),
    Contrast(
        "each call of the database goes to the thread of its connection",
        "",
        lambda timeline: _hops(timeline, "aiosqlite"),
    ),
    Contrast(
        "statements are awaited on the event loop, and no thread waits for them",
        "a-methods-run-in-a-thread",
        _statements_on_a_loop,
    ),
    Contrast(
        "what is no coroutine runs on the thread pool that all of them share",
        "def-endpoints-share-a-pool",
        lambda timeline: _hops(timeline, "run_in_threadpool"),
    ),
    Contrast(
        "the request has a thread of its own, and no event loop",
        "wsgi-serves-a-request-a-thread",
        lambda timeline: not timeline.is_on_a_loop and not _hops(timeline, "async_to_sync"),
    ),
    Contrast(
        "the calls of the upstreams overlap: together they take as long as the slowest",
        "gather-waits-for-the-slowest",
        lambda timeline: timeline.concurrent == 1 and _calls_overlap(timeline),
    ),
    Contrast(
        "the calls of the upstreams follow each other: together they take their sum",
        "sync-view-pays-the-sum",
        lambda timeline: timeline.concurrent == 1 and _calls_follow_each_other(timeline),
    ),
    Contrast(
        "queries that are gathered run in turn, on the one thread of the request",
        "gathered-queries-run-in-turn",
        lambda timeline: _has_gathered_queries(timeline) and not _statements_overlap(timeline),
    ),
    Contrast(
        "queries that are gathered overlap, each on a connection of its own",
        "gathered-queries-run-in-turn",
        lambda timeline: _has_gathered_queries(timeline) and _statements_overlap(timeline),
    ),
    Contrast(
        "one call that blocks holds up every other request",
        "blocking-call-holds-up-all",
        lambda timeline: timeline.endpoint == "blocking-call" and timeline.is_on_a_loop,
    ),
)


def shown(timeline: Timeline) -> list[Contrast]:
    """Give what a timeline shows."""
    return [contrast for contrast in CONTRASTS if contrast.is_shown_by(timeline)]
