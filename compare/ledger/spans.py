"""The spans that a service wrote, a line of OpenTelemetry's JSON each."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from compare.errors import LaunchError
from compare.results.timelines import Stretch

# What tells more of a span than its name does: a statement, or the function that a hop runs.
DETAILS = ("db.query.text", "function")
REQUEST, THREAD_STARTED = "request", "thread started"
IS_REQUEST = f'"kind": "{REQUEST}"'
TRACE_DIGITS = 32

Thread = tuple[int, str]  # its number and its name


@dataclass(frozen=True)
class Span:
    """One span; `stretch` is in milliseconds of the clock."""

    request: str
    id: str
    parent: str | None
    kind: str
    name: str
    detail: str
    thread: Thread
    task: str
    stretch: Stretch
    cpu_ms: float | None
    threads_started: int

    @property
    def duration_ms(self) -> float:
        """How long it took."""
        return self.stretch[1] - self.stretch[0]


def read(file: Path, traces: Collection[str]) -> list[Span]:
    """Read the spans of these traces, in the order of their begins; LaunchError when one is bad."""
    try:
        written = [json.loads(line) for line in _lines(file) if _trace(line) in traces]
        return sorted(map(_span, written), key=lambda span: span.stretch[0])
    except (ValueError, KeyError) as error:
        raise LaunchError(f"the spans cannot be read: {error}") from error


def requests(file: Path) -> set[str]:
    """Give the traces whose request is in the file, as far as that is written."""
    return {_trace(line) for line in _lines(file) if IS_REQUEST in line}


def _lines(file: Path) -> list[str]:
    if not file.exists():
        return []
    whole, _, _ = file.read_text(encoding="utf-8").rpartition("\n")  # the last may be under way
    return whole.splitlines()


def _trace(line: str) -> str:
    """Give the id of a line's trace, without reading all of the line."""
    return line.partition('"trace_id": "0x')[2][:TRACE_DIGITS]


def _span(written: dict[str, Any]) -> Span:
    attributes = written["attributes"]
    cpu_ns = attributes.get("cpu_ns")
    return Span(
        request=written["context"]["trace_id"],
        id=written["context"]["span_id"],
        parent=written["parent_id"],
        kind=attributes["kind"],
        name=written["name"],
        detail=next((attributes[name] for name in DETAILS if name in attributes), ""),
        thread=(attributes["thread.id"], attributes["thread.name"]),
        task=attributes.get("task.name", ""),
        stretch=(_ms(written["start_time"]), _ms(written["end_time"])),
        cpu_ms=None if cpu_ns is None else cpu_ns / 1e6,
        threads_started=sum(event["name"] == THREAD_STARTED for event in written["events"]),
    )


def _ms(time: str) -> float:
    return datetime.fromisoformat(time).timestamp() * 1000
