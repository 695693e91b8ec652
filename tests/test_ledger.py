"""The ledger's arithmetic: from spans to lanes, pieces and totals."""

import json
from pathlib import Path

import pytest

from compare.errors import LaunchError
from compare.ledger import spans
from compare.ledger.contrasts import shown
from compare.ledger.spans import Span
from compare.ledger.stretches import cut, joined, without
from compare.ledger.timelines import timeline
from compare.ledger.trace_events import trace_events
from compare.report.timelines import drawing
from compare.results.timelines import Timeline
from tests.support.imports import PACKAGES, imports, is_in

LOOP, THREAD = (1, "MainThread"), (2, "worker")


def span(
    id: str,
    kind: str,
    start_ms: float,
    end_ms: float,
    parent: str | None = None,
    thread: spans.Thread = LOOP,
    cpu_ms: float | None = None,
    threads_started: int = 0,
    name: str = "",
) -> Span:
    """Make a span of one request, whose only task is the loop's."""
    return Span(
        request="r",
        id=id,
        parent=parent,
        kind=kind,
        name=name or kind,
        detail="",
        thread=thread,
        task="task" if thread == LOOP else "",
        stretch=(1000 + start_ms, 1000 + end_ms),
        cpu_ms=cpu_ms,
        threads_started=threads_started,
    )


# A view on the loop that hops to a thread for one statement, of which the thread waits for most.
HOPPING = [
    span("request", "request", 0, 100),
    span("1", "ran", 0, 10, "request", cpu_ms=9),
    span("hop", "hop", 10, 90, "request", name="sync_to_async", threads_started=1),
    span("piece", "piece", 20, 80, "hop", THREAD, cpu_ms=12),
    span("statement", "statement", 30, 70, "piece", THREAD, cpu_ms=2),
    span("2", "ran", 90, 100, "request", cpu_ms=8),
]


def hopping() -> Timeline:
    """Give the timeline of the spans above."""
    return timeline("a service", "list", "SQLite", HOPPING)


def test_joined_stretches_cover_the_same_time() -> None:
    """What overlaps or touches becomes one, and what is empty goes."""
    assert joined([(5, 6), (1, 2), (2, 4), (3, 3.5), (9, 9)]) == [(1, 4), (5, 6)]


def test_cut_leaves_what_is_inside() -> None:
    """A stretch that reaches over the end is cut there."""
    assert cut([(0, 2), (3, 5), (8, 9)], (1, 4)) == [(1, 2), (3, 4)]


def test_what_is_taken_out_may_split_a_stretch() -> None:
    """Others in the middle leave what is before and after them."""
    assert without([(0, 10)], [(2, 3), (5, 7), (9, 12)]) == [(0, 2), (3, 5), (7, 9)]


def test_loop_ran_in_its_steps_only() -> None:
    """An `await` leaves the loop free: nobody waits on it."""
    loop, _ = hopping().lanes
    assert (loop.is_loop, loop.ran, loop.waited) == (True, [(0, 10), (90, 100)], [])


def test_thread_waits_for_a_statement() -> None:
    """A thread is taken from the begin of its work to the end, and waits in between."""
    _, thread = hopping().lanes
    assert (thread.is_loop, thread.ran, thread.waited) == (False, [(20, 30), (70, 80)], [(30, 70)])


def test_statement_that_keeps_the_cpu_busy_ran() -> None:
    """SQLite works in the service's own thread: then the thread does not wait."""
    busy = [*HOPPING[:4], span("statement", "statement", 30, 70, "piece", THREAD, cpu_ms=39)]
    (thread,) = timeline("a", "list", "SQLite", [*busy, HOPPING[5]]).lanes[1:]
    assert (thread.ran, thread.waited) == ([(20, 80)], [])


def test_pieces_come_before_what_is_inside_them() -> None:
    """The order and the depth are those of the tree of spans; steps of the loop are no pieces."""
    pieces = [(piece.kind, piece.depth, piece.lane) for piece in hopping().pieces]
    assert pieces == [("request", 0, 0), ("hop", 1, 0), ("piece", 2, 1), ("statement", 3, 1)]


def test_totals_count_each_millisecond_of_cpu_once() -> None:
    """A statement's CPU time is in that of the piece it is part of."""
    totals = hopping().totals
    assert totals.working_ms == 9 + 8 + 12
    assert totals.waiting_ms == 100 - totals.working_ms
    assert (totals.hops, totals.threads, totals.threads_started) == (1, 1, 1)
    assert (totals.statements, totals.loop_held_ms) == (1, 10)


def test_times_count_from_the_first_request() -> None:
    """The clock of the machine is no matter of the reader's."""
    assert hopping().pieces[0].start_ms == 0
    assert hopping().duration_ms == 100


def test_spans_without_a_request_are_refused() -> None:
    """Nothing is drawn of what cannot be understood."""
    with pytest.raises(LaunchError, match="no request"):
        timeline("a", "list", "SQLite", HOPPING[1:])


def test_damaged_file_of_spans_is_refused(tmp_path: Path) -> None:
    """A line that was cut off is named, and ends nothing with a traceback."""
    file = tmp_path / "spans"
    cut_off = '{"name": "GET /posts", "context": {"trace_id": "0x' + "a" * 32
    file.write_text(cut_off + "\n", encoding="utf-8")
    with pytest.raises(LaunchError, match="cannot be read"):
        spans.read(file, ["a" * 32])


def test_hop_of_an_orm_is_linked_with_its_claim() -> None:
    """A contrast that a timeline shows names the claim that decides it."""
    spans = [*HOPPING, span("view", "view", 5, 95, "request")]
    seen = shown(timeline("a service", "list", "SQLite", spans))
    assert "a-methods-run-in-a-thread" in [contrast.claim for contrast in seen]


def test_trace_events_have_what_the_format_demands() -> None:
    """Complete events have a duration, async ones a begin and an end; threads are named."""
    document = json.loads(json.dumps(trace_events([hopping()])))
    events = document["traceEvents"]
    assert {event["args"]["name"] for event in events if event["ph"] == "M"} >= {
        "event loop",
        "worker",
    }
    assert all(event["dur"] >= 0 for event in events if event["ph"] == "X")
    begun, ended = ([event["id2"] for event in events if event["ph"] == phase] for phase in "be")
    assert begun == ended != []


def test_drawing_says_in_words_what_it_shows() -> None:
    """Who cannot see the bars reads the same times."""
    drawn = drawing(hopping())
    assert "statement (thread 1): 40.0 ms, from 30.0 to 70.0 ms." in drawn
    assert "1 hop, 1 thread, 1 thread started" in drawn


def test_tracing_knows_libraries_only() -> None:
    """Its hooks are those of libraries, so that any service that uses them can be traced."""
    for importer, imported in imports("tracing"):
        assert is_in(imported, ["tracing"]) or not is_in(imported, PACKAGES), importer
