"""The spans that a service wrote, a line of OpenTelemetry's JSON each."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from compare.errors import LaunchError
from compare.results.timelines import Stretch

# What tells more of a span than its name does: a statement, or the function that a hop runs.
DETAILS = ("db.query.text", "function")
THREAD_STARTED = "thread started"

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


def read(file: Path) -> list[Span]:
    """Read a file of spans, in the order of their begins; LaunchError when it is damaged."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise LaunchError(f"the spans cannot be read: {error}") from error
    return parse(lines)


def parse(lines: Iterable[str]) -> list[Span]:
    """Read spans, in the order of their begins; LaunchError when a line is damaged."""
    try:
        spans = [_span(json.loads(line)) for line in lines]
    except (ValueError, KeyError) as error:
        raise LaunchError(f"the spans cannot be read: {error}") from error
    return sorted(spans, key=lambda span: span.stretch[0])


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
