"""Line charts on logarithmic axes, as places in percent: the templates draw them."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from compare.report.figures import ContenderFigures, Measured

MOST_TICKS = 6
STEPS = ((1.0, 2.0, 5.0), (1.0,))
MARGIN = 1.15

# What a chart shows of a contender.
FigureOf = Callable[[ContenderFigures], float]
Segment = tuple[tuple[float, float], tuple[float, float]]


@dataclass(frozen=True)
class Scale:
    """A logarithmic axis from low to high."""

    low: float
    high: float

    def place(self, value: float) -> float:
        """Where a value is, in percent from the low end."""
        inside = min(max(value, self.low), self.high)
        return round(100 * math.log(inside / self.low) / math.log(self.high / self.low), 2)

    @property
    def ticks(self) -> list[float]:
        """Round values to label: 1, 2, 5, 10 … or, where those are many, powers of ten."""
        decades = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        for steps in STEPS:
            ticks = [step * 10.0**decade for decade in decades for step in steps]
            ticks = [tick for tick in ticks if self.low <= tick <= self.high]
            if len(ticks) <= MOST_TICKS:
                break
        return ticks


@dataclass(frozen=True)
class Point:
    """One figure of a service; hollow when the service left requests unanswered there."""

    x: float
    y: float
    words: str
    hollow: bool


@dataclass(frozen=True)
class Line:
    """The figures of one service, from left to right."""

    service: str
    points: list[Point]

    @property
    def segments(self) -> list[tuple[Point, Point]]:
        """Each point with the next."""
        return list(pairwise(self.points))


@dataclass(frozen=True)
class Chart:
    """Lines over labelled axes; places count from the left and from the bottom.

    `ceiling` has the segments of what arithmetic allows, and is empty where nothing sets a limit.
    """

    title: str
    x_ticks: list[tuple[float, float]]
    y_ticks: list[tuple[float, float]]
    lines: list[Line]
    ceiling: list[Segment]


def charts(
    groups: Mapping[str, tuple[Sequence[Measured], FigureOf]], unit: str, services: Sequence[str]
) -> list[Chart]:
    """Give title -> (scenarios, what to show) as charts on one common scale for each axis."""
    drawn_scenarios = [measured for scenarios, _ in groups.values() for measured in scenarios]
    values = [
        figure_of(figures)
        for scenarios, figure_of in groups.values()
        for measured in scenarios
        for figures in measured.figures.values()
        if figures.contender in services
    ]
    values += [measured.scenario.ceiling_per_second or 0 for measured in drawn_scenarios]
    values = [value for value in values if value > 0]
    if not values:
        return []
    y = _around(values)
    return [
        _chart(title, scenarios, figure_of, y, unit, services)
        for title, (scenarios, figure_of) in groups.items()
    ]


def drawn(charts: Iterable[Chart]) -> list[str]:
    """Give the services that have a line in any of the charts."""
    return list(dict.fromkeys(line.service for chart in charts for line in chart.lines))


def _chart(
    title: str,
    scenarios: Sequence[Measured],
    figure_of: FigureOf,
    y: Scale,
    unit: str,
    services: Sequence[str],
) -> Chart:
    places = sorted({measured.hardness for measured in scenarios})
    x = _around(places)
    lines = [_line(service, scenarios, figure_of, (x, y), unit) for service in services]
    return Chart(
        title=title,
        x_ticks=[(x.place(value), value) for value in places],
        y_ticks=[(y.place(value), value) for value in y.ticks],
        lines=[line for line in lines if line.points],
        ceiling=list(
            pairwise(
                (x.place(measured.hardness), y.place(measured.scenario.ceiling_per_second))
                for measured in sorted(scenarios, key=lambda measured: measured.hardness)
                if measured.scenario.ceiling_per_second
            )
        ),
    )


def _line(
    service: str,
    scenarios: Sequence[Measured],
    figure_of: FigureOf,
    axes: tuple[Scale, Scale],
    unit: str,
) -> Line:
    x, y = axes
    points = []
    for measured in sorted(scenarios, key=lambda measured: measured.hardness):
        figures = measured.figures.get(service)
        if figures:
            words = f"{service}, {measured.load}: {figure_of(figures):.3g} {unit}"
            hollow = figures.unanswered > 0
            points.append(
                Point(x.place(measured.hardness), y.place(figure_of(figures)), words, hollow)
            )
    return Line(service, points)


def _around(values: Iterable[float]) -> Scale:
    values = list(values)
    return Scale(min(values) / MARGIN, max(values) * MARGIN)
