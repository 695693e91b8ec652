"""Tables and lists for the terminal: outcomes, figures, counts, the registry."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from compare.instructions.record import InstructionCount
from compare.intervals import Interval
from compare.registry.services import HOW_TO_INSTALL, Service
from compare.results.model import Results, TestOutcome, medians
from compare.results.speed import Comparison, Scenario, StudyName
from compare.running.up import Up
from compare.terminal.console import out
from compare.terminal.two_by_two import two_by_two_table


def print_contract(outcomes: Iterable[TestOutcome], clauses: Mapping[str, str]) -> None:
    """Say for each service what it passed, why tests were skipped, and what failed."""
    outcomes = list(outcomes)
    for service in dict.fromkeys(outcome.service for outcome in outcomes):
        own = [outcome for outcome in outcomes if outcome.service == service]
        counts = Counter(outcome.outcome for outcome in own)
        failures = [outcome for outcome in own if outcome.outcome == "failed"]
        passed = {outcome.clause for outcome in own if outcome.outcome == "passed"}
        passed -= {outcome.clause for outcome in failures}
        mark = "[red]✗[/]" if counts["failed"] else "[green]✓[/]"
        out.print(
            f"{mark} {service}: {len(passed)} of {len(clauses)} clauses; tests: {counts['passed']} "
            f"passed, {counts['failed']} failed, {counts['skipped']} skipped"
        )
        for reason in sorted({outcome.reason for outcome in own if outcome.outcome == "skipped"}):
            out.print(Text(f"    skipped: {reason}"))
        for failure in failures:
            words = (failure.service, f"{failure.clause}:", failure.sentence, failure.reason)
            out.print(Text(f"    {' '.join(words)}", "red"))


def print_results(results: Results) -> None:
    """Print the two by two, where there is one, and then every scenario that is not in it.

    Those have a row for each service: the median, ratio with interval, verdict. The median is of
    the throughput, or of the median time to answer in an open loop.
    """
    squares = two_by_two_table(results)
    if squares:
        out.print(squares)
    for study, blocks in results.blocks.items():
        if squares and study == "closed-loop":
            continue
        out.print(_study_table(results, study, blocks))
    for comparison in results.noise:
        pair = f"A/A pair (two copies of {comparison.baseline}), {comparison.scenario}"
        text = f"{pair}: {_interval(comparison.throughput)}: {comparison.verdict}"
        out.print(Text(text), soft_wrap=True)
    for refusal in results.refusals:
        words = f"{refusal.scenario} on {refusal.contender}, block {refusal.block + 1}"
        out.print(Text(f"not kept: {words}: {refusal.reason}", "red"))
    for name, why in results.not_timed.items():
        out.print(f"[red]{name} was not timed: it {why}[/]")


def _study_table(results: Results, study: StudyName, blocks: int) -> Table:
    what = "ms to answer" if study == "open-loop" else "requests a second"
    counted = "1 block" if blocks == 1 else f"{blocks} blocks"
    scenarios = [scenario for scenario in results.scenarios if scenario.study == study]
    shared = {share.scenario for share in results.shares}
    has_shares = any(scenario.name in shared for scenario in scenarios)
    figures = ("median", "of bare") if has_shares else ("median",)
    table = _table(f"{study}: {what} on {results.database}, {counted}", figures)
    for scenario in scenarios:
        _add_rows(table, results, scenario, len(figures))
    return table


def _table(title: str, figures: Sequence[str]) -> Table:
    table = Table(title=title, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for heading in ("scenario", "service"):
        table.add_column(heading, no_wrap=True)
    for heading in figures:
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("ratio (95 %)", no_wrap=True)
    table.add_column("verdict", min_width=9)
    return table


def _add_rows(table: Table, results: Results, scenario: Scenario, figures: int) -> None:
    compared: dict[str, list[Comparison]] = {}
    for comparison in results.comparisons:
        if comparison.scenario == scenario.name:
            compared.setdefault(comparison.other, []).append(comparison)
    told = {other: _told(comparisons, results) for other, comparisons in compared.items()}
    shares = {
        share.service: f"{share.share.ratio:.0%}"
        for share in results.shares
        if share.scenario == scenario.name
    }
    heading = scenario.name
    middle = medians(results, scenario)
    for name in [service.name for service in results.services if service.name in middle]:
        known = (f"{middle[name]:,.0f}", shares.get(name, ""))[:figures]
        table.add_row(heading, name, *known, *told.get(name, ()))
        heading = ""


def print_instructions(counts: Sequence[InstructionCount]) -> None:
    """Print how many million instructions a request takes, a row for each service."""
    table = Table(title="Million instructions a request", box=box.SIMPLE_HEAD, pad_edge=False)
    endpoints = list(dict.fromkeys(count.endpoint for count in counts))
    table.add_column("service")
    for endpoint in endpoints:
        table.add_column(endpoint, justify="right")
    for service in dict.fromkeys(count.service for count in counts):
        own = {count.endpoint: count for count in counts if count.service == service}
        figures = (f"{own[endpoint].instructions_per_request / 1e6:.2f}" for endpoint in endpoints)
        table.add_row(service, *figures)
    out.print(table)


def print_services(services: Collection[Service]) -> None:
    """Print the registry, and what it takes to install what is missing."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("service", "framework", "model", "server", "installed"):
        table.add_column(heading, no_wrap=heading == "service")
    for service in services:
        missing = f"[red]no: {', '.join(service.missing)}[/]" if service.missing else "yes"
        table.add_row(service.name, service.framework, service.async_model, service.server, missing)
    out.print(table)
    if any(service.missing for service in services):
        out.print(Text(f"What is missing comes with: {HOW_TO_INSTALL}"))


def print_up(running: Up) -> None:
    """Say where the services are, and what to ask them."""
    for name, service in running.services.items():
        out.print(f"[bold]{name:<18}[/] {service.url}   {service.url}/docs")
    out.print(f"{'upstreams':<18} {running.upstreams.url}")
    out.print(f"{'database':<18} {running.database}, one for each service, gone at the end\n")
    post = """'{"title": "Hello", "body": "World", "author_id": 1, "tags": ["new"]}'"""
    for service in running.services.values():
        for command in (
            f"curl '{service.url}/posts?limit=2'",
            f"curl {service.url}/posts/1",
            f"curl {service.url}/posts -H 'Content-Type: application/json' -d {post}",
            f"curl {service.url}/dashboard",
        ):
            out.print(Text(command), soft_wrap=True)
        out.print()
    out.print("Ctrl-C stops them all.")


def _told(comparisons: Sequence[Comparison], results: Results) -> tuple[str, str]:
    """Give the ratios and the verdicts of a service, a line for each that it is compared with."""
    ratios = "\n".join(_interval(comparison.throughput) for comparison in comparisons)
    if len(results.services) == 2:
        return ratios, comparisons[0].verdict
    return ratios, "\n".join(map(_short, comparisons))


def _short(comparison: Comparison) -> str:
    # Of many services the names are long.
    if comparison.winner is None:
        return f"{comparison.verdict.partition(':')[0]} ({comparison.baseline})"
    won = "faster" if comparison.winner == comparison.other else "slower"
    return f"{won} than {comparison.baseline}"


def _interval(ratio: Interval) -> str:
    return f"{ratio.ratio:.2f} ({ratio.low:.2f}–{ratio.high:.2f})"
