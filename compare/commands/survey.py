"""`compare survey`: tables for the page of the last run."""

import secrets
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
from compare.registry.services import HOW_TO_INSTALL
from compare.results.file import read_results, write_results
from compare.results.merging import add
from compare.results.surveys import Survey
from compare.survey.growth import SIZES
from compare.survey.topics import TOPICS, SurveyPlan, Topic, missing_modules
from compare.survey.topics import survey as run_survey
from compare.terminal.console import out
from compare.terminal.progress import live

Posts = Annotated[list[int] | None, typer.Option(min=1_000, help="sizes, for growth")]


def survey(
    topic: Annotated[Topic, typer.Argument(metavar="|".join(TOPICS))],
    services: Names = None,
    database: Database = "sqlite",
    all_services: All = False,
    posts: Posts = None,
    seed: Seed = None,
    output: Output = COMPARISON,
) -> None:
    """Fill a table for the page of the last run: contract, servers, pools or growth."""
    file = output / RESULTS
    if services and all_services:
        fail("give services or --all: one of them")
    _refuse_what_is_not_for(topic, database, growing=bool(posts) or seed is not None)
    chosen = chosen_services(installed_services(database) if all_services else services, database)
    with one_line():
        say_what_is_used(database)
        add(read_results(file), Survey())  # which fails now rather than after the work
        with live() as progress:
            seed = secrets.randbelow(2**32) if seed is None else seed
            plan = SurveyPlan(topic, chosen, database, posts or SIZES, seed)
            surveyed = run_survey(plan, progress)
        whole = add(read_results(file), surveyed)
        write_results(whole, file)
        page = write_page(whole, output)
    out.print(f"The page: {page}", soft_wrap=True)
    failed = [row.service for row in surveyed.contract if row.failed]
    if failed:
        fail(f"these failed the contract: {', '.join(failed)}", FAILED)


def _refuse_what_is_not_for(topic: Topic, database: str, growing: bool) -> None:
    if topic != "growth" and growing:
        fail("--posts and --seed are for growth")
    if topic == "servers" and database != "sqlite":
        fail("servers are asked on sqlite: no question is about a database")
    if topic == "servers" and (missing := missing_modules()):
        fail(f"survey servers needs {', '.join(missing)}: {HOW_TO_INSTALL}")
