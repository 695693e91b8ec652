"""Where a service's code ran for one request, or for several at once: lanes, pieces, totals."""

from itertools import count

from compare.strict import Strict

# From and until, in milliseconds after the first request began.
Stretch = tuple[float, float]


class Lane(Strict):
    """A thread: when code of the requests ran on it, and when it only waited for them.

    An event loop that waits is free for others: it has no stretch in `waited`.
    """

    name: str
    is_loop: bool
    ran: list[Stretch]
    waited: list[Stretch]


class Piece(Strict):
    """What had a begin and an end: a view, a hop, a statement, a call of an upstream and so on.

    `lane` counts the timeline's lanes and says where it began, `depth` what it is inside of. In the
    stretches of `ran` code of it, or of what it called, ran on that lane; the rest it waited.
    `cpu_ms` is known of what stays on its thread.
    """

    request: int
    kind: str
    name: str
    detail: str
    lane: int
    depth: int
    start_ms: float
    end_ms: float
    cpu_ms: float | None
    ran: list[Stretch]

    @property
    def label(self) -> str:
        """Say what it is: the kind, with the name and what is known of it, in one line."""
        name = "" if self.name in self.kind or self.kind == "statement" else self.name
        return " ".join(f"{self.kind} {name} {self.detail}".split())


class Totals(Strict):
    """What a timeline comes to, all its requests together.

    `loop_held_ms` is the longest time that the event loop could do nothing else. `working_ms` is
    CPU time on all threads; `waiting_ms` is the rest of the time that the requests took.
    """

    hops: int
    threads: int
    threads_started: int
    loop_held_ms: float
    statements: int
    transactions: int
    connections_opened: int
    upstream_calls: int
    working_ms: float
    waiting_ms: float


class Timeline(Strict):
    """One request of a service, or `concurrent` of them that were sent at once."""

    service: str
    endpoint: str
    database: str
    concurrent: int
    duration_ms: float
    lanes: list[Lane]
    pieces: list[Piece]
    totals: Totals

    @property
    def is_on_a_loop(self) -> bool:
        """Whether an event loop has a part in it."""
        return any(lane.is_loop for lane in self.lanes)

    @property
    def labels(self) -> list[str]:
        """Name the lanes in short: "loop", "thread 1", "thread 2" and so on."""
        numbers = count(1)
        return ["loop" if lane.is_loop else f"thread {next(numbers)}" for lane in self.lanes]

    @property
    def summary(self) -> str:
        """Say in one line what it comes to."""
        totals = self.totals
        counts = (
            (totals.hops, "hop", "hops"),
            (totals.threads, "thread", "threads"),
            (totals.threads_started, "thread started", "threads started"),
            (totals.statements, "statement", "statements"),
            (totals.transactions, "transaction", "transactions"),
            (totals.connections_opened, "connection opened", "connections opened"),
            (totals.upstream_calls, "upstream call", "upstream calls"),
        )
        parts = [f"{count} {one if count == 1 else more}" for count, one, more in counts if count]
        if self.is_on_a_loop:
            parts.append(f"loop held for {totals.loop_held_ms:.1f} ms at most")
        parts.append(f"worked {totals.working_ms:.1f} ms, waited {totals.waiting_ms:.1f} ms")
        return ", ".join(parts)

    def of_kind(self, *kinds: str) -> list[Piece]:
        """Give the pieces of these kinds."""
        return [piece for piece in self.pieces if piece.kind in kinds]
