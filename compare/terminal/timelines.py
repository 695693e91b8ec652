"""A timeline in the terminal: a row for each lane and each piece, on one axis of time."""

from collections.abc import Iterable, Sequence

from rich.table import Table
from rich.text import Text

from compare.ledger.contrasts import shown
from compare.results.timelines import Lane, Piece, Stretch, Timeline
from compare.terminal.console import out

FEWEST_BAR_COLUMNS, MOST_BAR_COLUMNS = 16, 60
RAN, WAITED, NEITHER = "█", "░", " "
MOST_REQUESTS = 16
LONGEST_NAME = 44
PLACE_COLUMNS, MS_COLUMNS, GAPS = 9, 7, 3


def print_timelines(timelines: Sequence[Timeline]) -> None:
    """Draw them one below the other, all to the same scale."""
    scale_ms = max(timeline.duration_ms for timeline in timelines) / _bar_columns()
    for timeline in timelines:
        out.print(_heading(timeline), soft_wrap=True)
        out.print(Text(f"  {timeline.summary}"), soft_wrap=True)
        out.print(_table(timeline, scale_ms))
        for contrast in shown(timeline):
            claim = f" (compare claims {contrast.claim})" if contrast.claim else ""
            out.print(Text(f"  → {contrast.sentence}{claim}"), soft_wrap=True)
        out.print()
    out.print(f"{RAN} ran   {WAITED} waited", markup=False)


def _heading(timeline: Timeline) -> Text:
    times = "" if timeline.concurrent == 1 else f"{timeline.concurrent} at once, "
    words = f"{timeline.service}, {timeline.endpoint}: {times}{timeline.duration_ms:.1f} ms"
    return Text(f"{words} on {timeline.database}", "bold")


def _table(timeline: Timeline, scale_ms: float) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, show_header=False)
    table.add_column(no_wrap=True, width=_name_columns())
    table.add_column(no_wrap=True, width=PLACE_COLUMNS)
    table.add_column(no_wrap=True, width=MS_COLUMNS, justify="right")
    table.add_column(no_wrap=True, width=_bar_columns())
    for label, lane in zip(timeline.labels, timeline.lanes, strict=True):
        ran_ms = sum(end - start for start, end in lane.ran)
        table.add_row(Text(lane.name, "bold"), label, f"{ran_ms:.1f}", _lane_bar(lane, scale_ms))
    for piece in _drawn(timeline):
        name = Text("  " * piece.depth + piece.label)
        took = f"{piece.end_ms - piece.start_ms:.1f}"
        table.add_row(name, timeline.labels[piece.lane], took, _piece_bar(piece, scale_ms))
    return table


def _name_columns() -> int:
    return min(LONGEST_NAME, out.width // 2 - PLACE_COLUMNS)


def _bar_columns() -> int:
    left = out.width - _name_columns() - PLACE_COLUMNS - MS_COLUMNS - GAPS
    return max(FEWEST_BAR_COLUMNS, min(MOST_BAR_COLUMNS, left))


def _drawn(timeline: Timeline) -> Iterable[Piece]:
    if timeline.concurrent == 1:
        return timeline.pieces
    return timeline.of_kind("request")[:MOST_REQUESTS]


def _lane_bar(lane: Lane, scale_ms: float) -> str:
    return _bar(lane.ran, [*lane.ran, *lane.waited], scale_ms)


def _piece_bar(piece: Piece, scale_ms: float) -> str:
    return _bar(piece.ran, [(piece.start_ms, piece.end_ms)], scale_ms)


def _bar(ran: Sequence[Stretch], under_way: Sequence[Stretch], scale_ms: float) -> str:
    """Draw a column for each `scale_ms`; it is full when most of what is in it ran."""
    cells = []
    for number in range(_bar_columns()):
        cell = (number * scale_ms, (number + 1) * scale_ms)
        ran_ms, under_way_ms = _inside(ran, cell), _inside(under_way, cell)
        cells.append(NEITHER if not under_way_ms else RAN if 2 * ran_ms >= under_way_ms else WAITED)
    return "".join(cells)


def _inside(stretches: Iterable[Stretch], cell: Stretch) -> float:
    overlaps = (min(end, cell[1]) - max(start, cell[0]) for start, end in stretches)
    return sum(overlap for overlap in overlaps if overlap > 0)
