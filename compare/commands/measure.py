"""`compare measure`: figures without the contract suite, for who is at work on a service."""

from typing import Annotated

import typer

from compare import instruction_record, instructions, terminal
from compare.commands.options import COMPARISON, Database, Names, Output, Seed, make
from compare.commands.resumable import Resume, run_into
from compare.commands.run import Blocks, Budget, Chosen, Full, Precision, planned
from compare.complaints import FAILED, fail, one_line
from compare.run import Plan
from compare.services import USUAL, named

MEASURED = "measured.json"

Instructions = Annotated[
    bool, typer.Option("--instructions", help="count instructions under valgrind, and no time")
]
Record = Annotated[bool, typer.Option("--record", help="with --instructions: keep the counts")]


def measure(
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
    count_instructions: Instructions = False,
    record: Record = False,
) -> None:
    """Time services without checking them first, or count the instructions of their requests."""
    if record and not count_instructions:
        fail("--record keeps the counts of --instructions")
    if count_instructions:
        timing = (services, full, scenario, budget, precision, blocks, resume)
        if any(timing) or seed is not None:
            fail(
                f"--instructions are counted for {', '.join(USUAL)}; it takes --record and no more"
            )
        return _count(record)
    make(output)
    file = output / MEASURED

    def plan_with(seed: int | None) -> Plan:
        plan = planned(services, database, full, scenario, budget, precision, blocks, seed)
        return plan.unchecked()

    found = run_into(file, plan_with, seed, resume)
    terminal.print_results(found)
    terminal.out.print(f"The results: {file}", soft_wrap=True)
    raise typer.Exit(FAILED if found.refusals else 0)


def _count(record: bool) -> None:
    if lack := instructions.missing():
        fail(lack)
    with one_line():
        with terminal.live() as live:
            counts = instructions.measure(named(USUAL), instructions.ENDPOINTS, live.surveying)
        found = instruction_record.recording(counts)
        terminal.print_instructions(found.counts)
        if record:
            instruction_record.write(found)
            return
        judgement = instruction_record.judge(instruction_record.read(), found)
    for sentence in judgement.sentences:
        terminal.out.print(sentence, markup=False, soft_wrap=True)
    raise typer.Exit(FAILED if judgement.failed else 0)
