"""The first thing to see of a run: for each endpoint two frameworks in two async models."""

from rich import box
from rich.table import Table
from rich.text import Text

from compare.results.model import Results
from compare.results.two_by_two import MODELS, Answer, TwoByTwo, two_by_twos


def two_by_two_table(results: Results) -> Table | None:
    """Draw the two by two of each closed loop; None when the services are others."""
    squares = [square for square in two_by_twos(results) if square.rates]
    if not squares:
        return None
    blocks = results.blocks["closed-loop"]
    table = Table(
        title=f"Answers a second on {results.database}, {blocks} block{'s' * (blocks > 1)}",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
    )
    table.add_column("", no_wrap=True)
    for model in MODELS:
        table.add_column(model, justify="right")
    table.add_column("async or blocking?", no_wrap=True)
    for square in squares:
        _add(table, square)
    return table


def _add(table: Table, square: TwoByTwo) -> None:
    scenario = square.scenario
    table.add_row(Text(f"{scenario.endpoint}, {scenario.concurrency} in flight", "bold"))
    for framework, services in square.services.items():
        rates = (square.rates.get(services[model]) for model in MODELS)
        figures = (f"{rate:,.0f}" if rate else "not timed" for rate in rates)
        table.add_row(framework, *figures, _said(square.across[framework]))
    which = f"{' or '.join(square.services)}?"
    table.add_row(which, *(_said(square.down[model]) for model in MODELS), "", end_section=True)


def _said(answer: Answer) -> Text:
    """Say who won and by how much, with the interval; in bold where it is decided."""
    comparison = answer.speed
    if comparison is None:
        return Text("not compared")
    if comparison.winner is None:
        ratio = comparison.throughput
        return Text(f"too close to call\n({ratio.low:.2f}–{ratio.high:.2f})")
    margin, winner = comparison.margin, answer.pair.called[comparison.winner]
    return Text(f"{winner} {margin.ratio:.2f}×\n({margin.low:.2f}–{margin.high:.2f})", "bold")
