"""A run that keeps its blocks as they end, so that it can be resumed after an interruption."""

import shlex
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from compare.bench.circumstances import refuse_another
from compare.bench.comparison import run as run_plan
from compare.bench.plan import Plan
from compare.commands.choosing import say_what_is_used
from compare.commands.endings import one_line
from compare.commands.options import COMPARISON
from compare.errors import UnusableResults
from compare.results.file import read_unfinished, write_results
from compare.results.merging import keep as keep_surveys
from compare.results.model import Results
from compare.terminal.console import err
from compare.terminal.progress import live

Resume = Annotated[bool, typer.Option("--resume", help="resume the run that was interrupted")]


def unfinished(file: Path) -> Path:
    """Where the blocks are until the results file is whole."""
    return file.with_suffix(".unfinished.json")


def set_aside(file: Path) -> Path:
    """Where an interrupted run goes when another one begins."""
    return file.with_suffix(".interrupted.json")


def run_into(
    file: Path, plan_with: Callable[[int | None, str], Plan], seed: int | None, resume: bool
) -> Results:
    """Run a plan, and write what it found into the results file.

    With `resume` the interrupted run is resumed, with its own seed unless another is given. What
    goes wrong ends the command in one line, which says how to resume.
    """
    with one_line():
        earlier = read_unfinished(unfinished(file)) if resume else None
        seed = earlier.seed if earlier and seed is None else seed
        plan = plan_with(seed, earlier.command if earlier else "")
        if earlier:
            refuse_another(plan, earlier)
        else:
            _set_aside(file)
    with one_line(lambda: _advice(plan, file)):
        say_what_is_used(plan.database)
        with live() as progress:
            results = run_plan(
                plan, progress, partial(write_results, path=unfinished(file)), earlier
            )
        results = keep_surveys(results, file)
        write_results(results, file)
        unfinished(file).unlink(missing_ok=True)
    return results


def _set_aside(file: Path) -> None:
    if unfinished(file).exists():
        aside = unfinished(file).replace(set_aside(file))
        err.print(f"an interrupted run is set aside: {aside}", soft_wrap=True)


def _advice(plan: Plan, file: Path) -> str:
    try:
        kept = read_unfinished(unfinished(file))
    except UnusableResults:
        return ""
    if kept.command != plan.command:
        return ""
    folder = file.parent
    where = "" if folder == COMPARISON else f" --output {shlex.quote(str(folder))}"
    return f"blocks kept: {len(kept.block_runs)}; to resume: {plan.command}{where} --resume"
