"""A timeline as SVG: a row for each lane and piece, solid where code ran, hatched where not."""

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import shorten
from urllib.parse import quote

from compare.ledger.contrasts import Contrast, shown
from compare.report.templating import environment
from compare.results.timelines import Stretch, Timeline

# Of a drawing that is as wide as a phone, so that its letters can be read there.
WIDTH, MARGIN, ROW_HEIGHT, INDENT = 360, 8, 27, 5
LONGEST_NAME = 52
MOST_REQUESTS = 16


@dataclass(frozen=True)
class Row:
    """A bar with what is written over it; `under_way` and `ran` are in milliseconds."""

    name: str
    place: str
    depth: int
    is_lane: bool
    took_ms: float
    under_way: list[Stretch]
    ran: list[Stretch]


@dataclass(frozen=True)
class Drawing:
    """What the template draws."""

    rows: Sequence[Row]
    scale_ms: float

    @property
    def height(self) -> int:
        """Heading, rows, axis and legend."""
        return ROW_HEIGHT * (len(self.rows) + 4)

    def place(self, time_ms: float) -> float:
        """Where a time is, from the left."""
        return round(MARGIN + time_ms / self.scale_ms * (WIDTH - 2 * MARGIN), 2)

    def width(self, stretch: Stretch) -> float:
        """How wide a stretch is; the shortest can still be seen."""
        return max(0.7, round(self.place(stretch[1]) - self.place(stretch[0]), 2))

    @property
    def words(self) -> list[str]:
        """The same in sentences, for who cannot see it."""
        return [
            f"{row.name} ({row.place}): {row.took_ms:.1f} ms, "
            f"from {row.under_way[0][0]:.1f} to {row.under_way[-1][1]:.1f} ms."
            for row in self.rows
            if row.under_way
        ]


@dataclass(frozen=True)
class Shown:
    """A drawing for a page: as an address that is the picture itself, with the same in words."""

    service: str
    uri: str
    words: str
    contrasts: Sequence[Contrast]


def by_endpoint(timelines: Sequence[Timeline], services: Sequence[str]) -> dict[str, list[Shown]]:
    """Give endpoint -> the drawings of these services, all of an endpoint to one scale."""
    drawn: dict[str, list[Shown]] = {}
    for endpoint in dict.fromkeys(timeline.endpoint for timeline in timelines):
        here = [timeline for timeline in timelines if timeline.endpoint == endpoint]
        longest_ms = max(timeline.duration_ms for timeline in here)
        drawn[endpoint] = [
            Shown(
                service=timeline.service,
                uri=f"data:image/svg+xml,{quote(drawing(timeline, longest_ms))}",
                words=words(timeline),
                contrasts=shown(timeline),
            )
            for timeline in here
            if timeline.service in services
        ]
    return drawn


def words(timeline: Timeline) -> str:
    """Say what a drawing shows."""
    return " ".join([f"{timeline.summary}.", *_drawn(timeline, None).words])


def drawing(timeline: Timeline, scale_ms: float | None = None) -> str:
    """Draw a timeline; one beside another has the scale of the longer one."""
    template = environment().get_template("timeline.svg")
    return template.render(
        drawing=_drawn(timeline, scale_ms),
        timeline=timeline,
        width=WIDTH,
        margin=MARGIN,
        row=ROW_HEIGHT,
    )


def _drawn(timeline: Timeline, scale_ms: float | None) -> Drawing:
    rows = [*_lanes(timeline), *_pieces(timeline)]
    return Drawing(rows, scale_ms or timeline.duration_ms)


def _lanes(timeline: Timeline) -> list[Row]:
    return [
        Row(
            name=lane.name,
            place="what it ran" if lane.is_loop else label,
            depth=0,
            is_lane=True,
            took_ms=sum(end - start for start, end in lane.ran),
            under_way=sorted([*lane.ran, *lane.waited]),
            ran=lane.ran,
        )
        for label, lane in zip(timeline.labels, timeline.lanes, strict=True)
    ]


def _pieces(timeline: Timeline) -> list[Row]:
    is_one = timeline.concurrent == 1
    pieces = timeline.pieces if is_one else timeline.of_kind("request")[:MOST_REQUESTS]
    return [
        Row(
            name=shorten(piece.label, LONGEST_NAME, placeholder=" …"),
            place=timeline.labels[piece.lane],
            depth=piece.depth * INDENT,
            is_lane=False,
            took_ms=piece.end_ms - piece.start_ms,
            under_way=[(piece.start_ms, piece.end_ms)],
            ran=piece.ran,
        )
        for piece in pieces
    ]
