"""`compare measure`: time services without the contract suite, for who is at work on one."""

import typer

from compare import results, terminal
from compare.commands.options import COMPARISON, Database, Names, Output, Seed, make
from compare.commands.run import PRECISION, Blocks, Budget, Chosen, Full, Precision, planned
from compare.complaints import FAILED, one_line, say_what_is_used
from compare.run import run as run_plan

MEASURED = "measured.json"


def measure(
    services: Names = None,
    database: Database = "sqlite",
    full: Full = False,
    scenario: Chosen = None,
    output: Output = COMPARISON,
    budget: Budget = None,
    precision: Precision = PRECISION,
    blocks: Blocks = None,
    seed: Seed = None,
) -> None:
    """Time services without checking them first, and write a results file of its own."""
    make(output)
    file = output / MEASURED
    with one_line():
        say_what_is_used(database)
        plan = planned(services, database, full, scenario, budget, precision, blocks, seed)
        with terminal.live() as live:
            found = run_plan(plan.unchecked(), live, lambda part: None)
        results.write(found, file)
    terminal.print_results(found)
    terminal.out.print(f"The results: {file}", soft_wrap=True)
    raise typer.Exit(FAILED if found.refusals else 0)
