"""`compare check`: the contract suite on services, ours or anybody's."""

from collections.abc import Mapping, Sequence
from typing import Annotated

import httpx
import typer

from compare.commands.choosing import chosen_services, installed_services, say_what_is_used
from compare.commands.endings import fail, one_line
from compare.commands.options import All, Names
from compare.contract import suite
from compare.contract.outcomes import clauses
from compare.errors import FAILED, CheckError
from compare.registry.services import Service
from compare.results.model import TestOutcome
from compare.running import databases
from compare.terminal.progress import live
from compare.terminal.tables import print_contract

Url = Annotated[str | None, typer.Option(help="a service that you run, on the seed data")]
Checked = Annotated[str, typer.Option(help="as for run; with --url its database, EMPTIED")]
Token = Annotated[str | None, typer.Option(help="with --url: its API_TOKEN")]
Upstreams = Annotated[str | None, typer.Option(help="with --url: the simulator that it calls")]


def check(
    services: Names = None,
    url: Url = None,
    database: Checked = "sqlite",
    all_services: All = False,
    token: Token = None,
    upstreams: Upstreams = None,
) -> None:
    """Check services, ours or anybody's, against every clause of the contract."""
    if bool(services) + all_services + (url is not None) > 1:
        fail("give services, --all or --url: one of them")
    if (token or upstreams) and url is None:
        fail("--token and --upstreams are of a service that you run: give its --url")
    chosen = chosen_services(installed_services(database) if all_services else services, database)
    given = {"url": url, "database": database, "token": token, "upstreams": upstreams}
    with one_line():
        outcomes = _outcomes_of(given) if url is not None else _outcomes(chosen, database)
    print_contract(outcomes, clauses())
    failed = {
        f"{outcome.service} {outcome.clause}" for outcome in outcomes if outcome.outcome == "failed"
    }
    if failed:
        fail(f"the contract is not kept: {', '.join(sorted(failed))}", FAILED)


def _outcomes(services: Sequence[Service], database: str) -> list[TestOutcome]:
    """Check services of the registry, side by side."""
    say_what_is_used(database)
    with databases.open(database) as source, live() as progress:
        return suite.check_services(services, source, progress.checked)


def _outcomes_of(given: Mapping[str, str | None]) -> list[TestOutcome]:
    """Check the service that somebody else runs; the suite's options are what is known of it."""
    _reach(str(given["url"]))
    if (database := str(given["database"])) not in databases.EMBEDDED:
        with databases.open(database):
            pass  # which says what is wrong with it
    options = [f"--{name}={value}" for name, value in given.items() if value]
    with live() as progress:
        return suite.check([options], progress.checked)


def _reach(url: str) -> None:
    try:
        httpx.get(f"{url}/health", trust_env=False)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        where = databases.without_password(url) or "an empty --url"
        raise CheckError(f"nothing answers at {where}: {error}") from error
