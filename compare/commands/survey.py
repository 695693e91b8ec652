"""`compare survey`: tables for the page of the last run."""

import secrets
from pathlib import Path
from typing import Annotated

import typer

from compare.commands.choosing import chosen_services, installed_services, say_what_is_used
from compare.commands.endings import fail, one_line
from compare.commands.options import (
    COMPARISON,
    RESULTS,
    All,
    Database,
    Names,
    Output,
    Seed,
    write_page,
)
from compare.errors import FAILED
from compare.registry.services import HOW_TO_INSTALL, USUAL
from compare.results.file import read_results, write_results
from compare.results.merging import add
from compare.results.surveys import Survey
from compare.running import front_door
from compare.survey.faults import FAULTS, FaultPlan
from compare.survey.faults import record as fault_record
from compare.survey.growth import SIZES
from compare.survey.topics import TOPICS, SurveyPlan, Topic, missing_modules
from compare.survey.topics import survey as run_survey
from compare.terminal.console import out
from compare.terminal.progress import live

Posts = Annotated[list[int] | None, typer.Option(min=1_000, help="sizes, for growth")]
FaultNames = Annotated[
    list[str] | None, typer.Option("--fault", help="one of the faults, by name; all otherwise")
]
Kills = Annotated[int | None, typer.Option(min=1, help="how often something is killed, for faults")]
Soak = Annotated[
    float | None, typer.Option(min=6, help="how long the mixed load goes on, for faults")
]
Record = Annotated[bool, typer.Option(help="keep the faults in docs/ and leave the page alone")]


def survey(
    topic: Annotated[Topic, typer.Argument(metavar="|".join(TOPICS))],
    services: Names = None,
    database: Database = "",
    all_services: All = False,
    posts: Posts = None,
    seed: Seed = None,
    fault: FaultNames = None,
    kills: Kills = None,
    soak_seconds: Soak = None,
    record: Record = False,
    output: Output = COMPARISON,
) -> None:
    """Fill a table for the page of the last run: contract, servers, pools, growth or faults."""
    if services and all_services:
        fail("give services or --all: one of them")
    if topic != "growth" and (posts or seed is not None):
        fail("--posts and --seed are for growth")
    if topic != "faults" and (fault or kills or soak_seconds or record):
        fail("--fault, --kills, --soak-seconds and --record are for faults")
    database = database or ("postgres" if topic == "faults" else "sqlite")
    _refuse_what_cannot_be(topic, database)
    usual = list(USUAL) if topic == "faults" else None
    named = installed_services(database) if all_services else services or usual
    seed = secrets.randbelow(2**32) if seed is None else seed
    faults = _fault_plan(fault, kills, soak_seconds)
    chosen = chosen_services(named, database)
    plan = SurveyPlan(topic, chosen, database, posts or SIZES, seed, faults)
    _fill(plan, None if record else output)


def _fill(plan: SurveyPlan, output: Path | None) -> None:
    """Make the survey, for the page in a folder, or else for the record."""
    with one_line():
        say_what_is_used(plan.database)
        if output:  # what would fail then fails now, before the work
            add(read_results(output / RESULTS), Survey())
        with live() as progress:
            surveyed = run_survey(plan, progress)
        if output:
            whole = add(read_results(output / RESULTS), surveyed)
            write_results(whole, output / RESULTS)
            out.print(f"The page: {write_page(whole, output)}", soft_wrap=True)
        else:
            fault_record.write(surveyed)
            out.print(f"The record: {fault_record.TABLE}", soft_wrap=True)
    failed = [row.service for row in surveyed.contract if row.failed]
    if failed:
        fail(f"these failed the contract: {', '.join(failed)}", FAILED)


def _fault_plan(
    names: list[str] | None, kills: int | None, soak_seconds: float | None
) -> FaultPlan:
    usual = FaultPlan()
    if unknown := [name for name in names or () if name not in FAULTS]:
        fail(f"there is no fault {unknown[0]}; the faults are {', '.join(FAULTS)}")
    return FaultPlan(names or usual.names, kills or usual.kills, soak_seconds or usual.soak_seconds)


def _refuse_what_cannot_be(topic: Topic, database: str) -> None:
    if topic == "servers" and database != "sqlite":
        fail("servers are asked on sqlite: no question is about a database")
    if topic == "servers" and (missing := missing_modules()):
        fail(f"survey servers needs {', '.join(missing)}: {HOW_TO_INSTALL}")
    if topic == "faults" and database != "postgres":
        fail("faults are made on the embedded PostgreSQL: --database postgres")
    if topic == "faults" and not front_door.is_installed():
        fail("survey faults needs nginx: install it, such as Debian's nginx-light")
