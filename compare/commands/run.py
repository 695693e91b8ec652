"""`compare run`: check, measure and compare services, and write the page."""

import secrets
import webbrowser
from collections.abc import Sequence
from functools import partial
from typing import Annotated

import typer

from compare import terminal
from compare.commands.options import (
    COMPARISON,
    RESULTS,
    Database,
    Names,
    Output,
    Seed,
    has_desktop,
    make,
    write_page,
)
from compare.commands.resumable import Resume, run_into
from compare.complaints import FAILED, chosen_services, fail
from compare.measure import Limits
from compare.run import Plan
from compare.scenarios import PROFILES, Inquiry, only
from compare.services import DEFAULT_PAIR, USUAL

# With the contract suite, quick takes three minutes and a half; a calm machine ends it earlier.
BUDGET_SECONDS = {"quick": 185.0, "full": 2_400.0}
PRECISION = 0.05

Full = Annotated[
    bool, typer.Option("--full/--quick", help="every study of the usual four services, or the pair")
]
Chosen = Annotated[
    list[str] | None, typer.Option("--scenario", metavar="NAME", help="only this one; repeatable")
]
Budget = Annotated[
    float | None, typer.Option(min=1, help="seconds to measure for (at most 185, with --full 2400)")
]
Precision = Annotated[
    float | None,
    typer.Option(min=0, help="end when intervals reach no further: 0.05, the usual, is ±5 %"),
]
Blocks = Annotated[int | None, typer.Option(min=1, help="measure exactly so many blocks")]
Open = Annotated[bool, typer.Option("--open/--no-open", help="open the page in a browser")]


def run(
    services: Names = None,
    database: Database = "sqlite",
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
    plan_with = partial(planned, services, database, full, scenario, budget, precision, blocks)
    found = run_into(output / RESULTS, plan_with, seed, resume)
    terminal.print_contract(found.contract, found.clauses)
    terminal.print_results(found)
    page = write_page(found, output)
    terminal.out.print(f"The page: {page}", soft_wrap=True)
    if open_page and has_desktop():
        webbrowser.open(page.as_uri())
    raise typer.Exit(FAILED if found.not_timed or found.refusals else 0)


def planned(
    services: Sequence[str] | None,
    database: str,
    full: bool,
    scenario: Sequence[str] | None,
    budget: float | None,
    precision: float | None,
    blocks: int | None,
    seed: int | None,
) -> Plan:
    """Make a plan of the arguments, or say which of them is wrong; without a seed it draws one."""
    profile = "full" if full else "quick"
    return Plan(
        services=chosen_services(services, database, USUAL if full else DEFAULT_PAIR),
        database=database,
        seed=secrets.randbelow(2**32) if seed is None else seed,
        profile=profile,
        inquiries=_inquiries(profile, scenario or ()),
        limits=Limits(
            budget or BUDGET_SECONDS[profile],
            PRECISION if precision is None else precision,
            blocks,
        ),
        wanted=["--full"] * full + [f"--scenario={each}" for each in scenario or ()],
    )


def _inquiries(profile: str, names: Sequence[str]) -> tuple[Inquiry, ...]:
    every = {scenario.name for each in PROFILES["full"] for scenario in each.scenarios}
    for name in names:
        if name not in every:
            fail(f"no scenario is named {name!r}; there are {', '.join(sorted(every))}")
    # As the profile times them, if it has them all.
    own = {scenario.name for each in PROFILES[profile] for scenario in each.scenarios}
    return only(PROFILES[profile if own >= set(names) else "full"], names or own)
