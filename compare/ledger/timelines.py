"""From spans to a timeline: which thread did what, and when it only waited."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from compare.errors import LaunchError
from compare.ledger.spans import REQUEST, Span, Thread
from compare.ledger.stretches import cut, joined, without
from compare.results.timelines import Lane, Piece, Stretch, Timeline, Totals

RAN = "ran"
# While one of these is under way, the thread that it is on does nothing but wait for it.
WAITS = ("statement", "upstream", "pool", "connection", "hop")
# From this part of its time on the CPU, a wait is work: SQLite runs in the service's own thread.
WORK_FROM = 0.5


def timeline(service: str, endpoint: str, database: str, spans: Sequence[Span]) -> Timeline:
    """Put the spans of all requests on one axis of time; LaunchError when there is no request."""
    spans = _from_zero(spans)
    roots = [span for span in spans if span.kind == REQUEST]
    ledger = _Ledger(spans)
    return Timeline(
        service=service,
        endpoint=endpoint,
        database=database,
        concurrent=len(roots),
        duration_ms=max(root.stretch[1] for root in roots),
        lanes=[ledger.lane(thread) for thread in ledger.threads],
        pieces=list(ledger.pieces(roots)),
        totals=ledger.totals(roots),
    )


def _from_zero(spans: Sequence[Span]) -> list[Span]:
    begins = [span.stretch[0] for span in spans if span.kind == REQUEST]
    if not begins:
        raise LaunchError("no request was traced")
    zero, shifted = min(begins), []
    for span in spans:
        start, end = span.stretch
        shifted.append(replace(span, stretch=(max(0.0, start - zero), max(0.0, end - zero))))
    return shifted


class _Ledger:
    """The spans of all requests, looked up by what they are of."""

    def __init__(self, spans: Sequence[Span]) -> None:
        self._spans = spans
        self._by_id = {span.id: span for span in spans}
        self._inside: dict[str | None, list[Span]] = defaultdict(list)
        self._beside: dict[tuple[str, Thread], list[Span]] = defaultdict(list)
        for span in spans:
            self._inside[span.parent].append(span)
            self._beside[span.request, span.thread].append(span)
        # In the order in which the requests came to them.
        self.threads = list(dict.fromkeys(span.thread for span in spans))
        self._requests = list(dict.fromkeys(span.request for span in spans))
        self._loops = {span.thread for span in spans if span.kind == RAN}

    def lane(self, thread: Thread) -> Lane:
        """Join what all requests did on a thread."""
        here = [span for span in self._spans if span.thread == thread]
        if thread in self._loops:
            steps = joined(span.stretch for span in here if span.kind == RAN)
            return Lane(name="event loop", is_loop=True, ran=steps, waited=[])
        ran = joined(stretch for span in here for stretch in self._ran(span))
        waited = without((span.stretch for span in here), ran)
        return Lane(name=thread[1], is_loop=False, ran=ran, waited=waited)

    def pieces(self, spans: Iterable[Span], depth: int = 0) -> Iterator[Piece]:
        """Give these spans, each before what is inside it."""
        for span in spans:
            yield Piece(
                request=self._requests.index(span.request),
                kind=span.kind,
                name=span.name,
                detail=span.detail,
                lane=self.threads.index(span.thread),
                depth=depth,
                start_ms=span.stretch[0],
                end_ms=span.stretch[1],
                cpu_ms=span.cpu_ms,
                ran=self._ran(span),
            )
            inside = (other for other in self._inside[span.id] if other.kind != RAN)
            yield from self.pieces(inside, depth + 1)

    def totals(self, roots: Sequence[Span]) -> Totals:
        """Count what the requests took, all together."""
        steps = [span for span in self._spans if span.kind == RAN]
        working_ms = sum(span.cpu_ms or 0 for span in (*steps, *self._outermost()))
        kinds = Counter(span.kind for span in self._spans)
        return Totals(
            hops=kinds["hop"],
            threads=len(self.threads) - len(self._loops),
            threads_started=sum(span.threads_started for span in self._spans),
            loop_held_ms=max((step.duration_ms for step in steps), default=0),
            statements=kinds["statement"],
            transactions=kinds["transaction"],
            connections_opened=kinds["connection"],
            upstream_calls=kinds["upstream"],
            working_ms=working_ms,
            waiting_ms=max(0, sum(root.duration_ms for root in roots) - working_ms),
        )

    def _ran(self, span: Span) -> list[Stretch]:
        """Give when code of the span, or of what it called, ran on its thread."""
        beside = self._beside[span.request, span.thread]
        if span.thread in self._loops:
            steps = (step for step in beside if step.kind == RAN and step.task == span.task)
            return cut((step.stretch for step in steps), span.stretch)
        return without([span.stretch], (other.stretch for other in beside if _is_wait(other)))

    def _outermost(self) -> list[Span]:
        """Give the spans on threads whose CPU time is known, but those inside of another one."""
        timed = [span for span in self._spans if span.cpu_ms is not None]
        on_threads = [span for span in timed if span.thread not in self._loops]
        return [span for span in on_threads if not any(map(_is_timed(span), self._around(span)))]

    def _around(self, span: Span) -> Iterator[Span]:
        while outer := self._by_id.get(span.parent or ""):
            yield outer
            span = outer


def _is_timed(span: Span) -> Callable[[Span], bool]:
    return lambda outer: outer.cpu_ms is not None and outer.thread == span.thread


def _is_wait(span: Span) -> bool:
    is_work = span.cpu_ms is not None and span.cpu_ms >= WORK_FROM * span.duration_ms
    return span.kind in WAITS and not is_work
