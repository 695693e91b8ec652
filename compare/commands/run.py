"""`compare run` and `compare measure`: the comparison, with the contract suite and without it."""

import secrets
import webbrowser
from collections.abc import Sequence
from functools import partial
from typing import Annotated

import typer

from compare.bench.plan import Plan
from compare.bench.scenarios import PROFILES, Study, only
from compare.bench.schedule import Limits
from compare.commands.choosing import chosen_database, chosen_services
from compare.commands.endings import fail, one_line
from compare.commands.options import (
    COMPARISON,
    RESULTS,
    Names,
    Output,
    Seed,
    has_desktop,
    make,
    write_page,
)
from compare.commands.resumable import Resume, run_into
from compare.commands.trace import add_timelines
from compare.commands.unknown import advice
from compare.errors import FAILED
from compare.registry.services import USUAL
from compare.results.file import write_results
from compare.terminal.console import out
from compare.terminal.tables import print_contract, print_results

MEASURED = "measured.json"
# With the contract suite, quick takes four minutes; a calm machine ends it earlier.
BUDGET_SECONDS = {"quick": 155.0, "full": 2_400.0}
PRECISION = 0.05

MeasuredOn = Annotated[
    str | None,
    typer.Option(
        help="sqlite, postgres (embedded) or postgresql://…",
        show_default="postgres, or sqlite where it does not start",
    ),
]
Full = Annotated[
    bool,
    typer.Option("--full/--quick", help="every study, or the four endpoints with 16 in flight"),
]
Chosen = Annotated[
    list[str] | None, typer.Option("--scenario", metavar="NAME", help="only this one; repeatable")
]
Budget = Annotated[
    float | None,
    typer.Option(min=1, help="seconds to measure for: 155, with --full 2400"),
]
Precision = Annotated[
    float | None,
    typer.Option(min=0, help="end when intervals reach no further: 0.05, the usual, is ±5 %"),
]
Blocks = Annotated[int | None, typer.Option(min=1, help="measure exactly so many blocks")]
Open = Annotated[bool, typer.Option("--open/--no-open", help="open the page in a browser")]


def run(
    services: Names = None,
    database: MeasuredOn = None,
    full: Full = False,
    scenario: Chosen = None,
    output: Output = COMPARISON,
    budget: Budget = None,
    precision: Precision = None,
    blocks: Blocks = None,
    seed: Seed = None,
    resume: Resume = False,
    open_page: Open = True,
) -> None:
    """Run services side by side, check and measure them, and write the comparison as a page."""
    make(output)
    plan_with = partial(
        planned, True, services, database, full, scenario, budget, precision, blocks
    )
    results = run_into(output / RESULTS, plan_with, seed, resume)
    with one_line():
        results = add_timelines(results, database)
        write_results(results, output / RESULTS)
    print_contract(results.contract, results.clauses)
    print_results(results)
    page = write_page(results, output)
    out.print(f"The page: {page}", soft_wrap=True)
    if open_page and has_desktop():
        webbrowser.open(page.as_uri())
    raise typer.Exit(FAILED if results.not_timed or results.refusals else 0)


def measure(
    services: Names = None,
    database: MeasuredOn = None,
    full: Full = False,
    scenario: Chosen = None,
    output: Output = COMPARISON,
    budget: Budget = None,
    precision: Precision = None,
    blocks: Blocks = None,
    seed: Seed = None,
    resume: Resume = False,
) -> None:
    """Measure services as `run` does, without checking them first and without a page."""
    make(output)
    file = output / MEASURED
    plan_with = partial(
        planned, False, services, database, full, scenario, budget, precision, blocks
    )
    results = run_into(file, plan_with, seed, resume)
    print_results(results)
    out.print(f"The results: {file}", soft_wrap=True)
    raise typer.Exit(FAILED if results.refusals else 0)


def planned(
    check: bool,
    services: Sequence[str] | None,
    database: str | None,
    full: bool,
    scenario: Sequence[str] | None,
    budget: float | None,
    precision: float | None,
    blocks: int | None,
    seed: int | None,
    resumed: str,
) -> Plan:
    """Make a plan of the options, or say which of them is wrong; without a seed it draws one.

    `resumed` is the command of the interrupted run that goes on, if one does.
    """
    profile = "full" if full else "quick"
    studies = _studies(profile, scenario or ())
    chosen_services(services, database or "postgres", USUAL)  # a wrong name is said at once
    database = chosen_database(database, resumed)
    return Plan(
        check=check,
        services=chosen_services(services, database, USUAL),
        database=database,
        seed=secrets.randbelow(2**32) if seed is None else seed,
        profile=profile,
        studies=studies,
        limits=Limits(
            budget or BUDGET_SECONDS[profile],
            PRECISION if precision is None else precision,
            blocks,
        ),
        options=["--full"] * full + [f"--scenario={name}" for name in scenario or ()],
    )


def _studies(profile: str, names: Sequence[str]) -> tuple[Study, ...]:
    known = {scenario.name for study in PROFILES["full"] for scenario in study.scenarios}
    for name in names:
        if name not in known:
            fail(f"no scenario is named {name!r}; {advice(name, sorted(known))}")
    # As the profile times them, if it has them all.
    own = {scenario.name for study in PROFILES[profile] for scenario in study.scenarios}
    return only(PROFILES[profile if own >= set(names) else "full"], names or own)
