"""Timelines in the Trace Event Format, which Perfetto, Chrome and speedscope open.

Source: "Trace Event Format", the document of the Chromium project. Each service is a process, each
lane a thread. What ran is a complete event; what waited on an event loop, where several things wait
at the same time, is an async event.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from compare.results.timelines import Lane, Piece, Timeline

Event = dict[str, Any]
LOOP_STEP = "ran on the loop"


def trace_events(timelines: Sequence[Timeline]) -> Event:
    """Give the whole document, to be written as JSON; times are in microseconds."""
    events = [
        event for pid, timeline in enumerate(timelines, 1) for event in _events(timeline, pid)
    ]
    return {"traceEvents": events, "displayTimeUnit": "ms"}


def _events(timeline: Timeline, pid: int) -> Iterator[Event]:
    name = f"{timeline.service}, {timeline.endpoint}"
    yield {"ph": "M", "name": "process_name", "pid": pid, "args": {"name": name}}
    for tid, lane in enumerate(timeline.lanes):
        yield {
            "ph": "M",
            "name": "thread_name",
            "pid": pid,
            "tid": tid,
            "args": {"name": lane.name},
        }
        if lane.is_loop:
            yield from _steps(lane, pid, tid)
    for number, piece in enumerate(timeline.pieces):
        event = _event(piece, pid)
        if not timeline.lanes[piece.lane].is_loop:
            yield event | {"ph": "X", "dur": _us(piece.end_ms - piece.start_ms)}
            continue
        own = {"id2": {"local": hex(number)}}  # of this process: another's is another event
        yield event | own | {"ph": "b"}
        yield event | own | {"ph": "e", "ts": _us(piece.end_ms)}


def _steps(lane: Lane, pid: int, tid: int) -> Iterator[Event]:
    for start_ms, end_ms in lane.ran:
        times = {"ts": _us(start_ms), "dur": _us(end_ms - start_ms)}
        yield {"ph": "X", "name": LOOP_STEP, "cat": "ran", "pid": pid, "tid": tid} | times


def _event(piece: Piece, pid: int) -> Event:
    place = {"pid": pid, "tid": piece.lane, "ts": _us(piece.start_ms)}
    args = {"detail": piece.detail, "request": piece.request}
    return {"name": f"{piece.kind}: {piece.name}", "cat": piece.kind, "args": args} | place


def _us(time_ms: float) -> float:
    return round(time_ms * 1000, 1)
