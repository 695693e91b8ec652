"""`compare check`: the contract suite on services, ours or anybody's."""

from typing import Annotated

import httpx
import typer

from compare.commands.choosing import chosen_services, installed_services, say_what_is_used
from compare.commands.endings import fail, one_line
from compare.commands.options import Every, Names
from compare.contract import suite
from compare.errors import FAILED, CheckError
from compare.terminal import tables
from compare.terminal.progress import live

Url = Annotated[str | None, typer.Option(help="a service that you run, on the seed data")]
Checked = Annotated[str, typer.Option(help="as for run; with --url its database, EMPTIED")]
Token = Annotated[str | None, typer.Option(help="with --url: its API_TOKEN")]
Upstreams = Annotated[str | None, typer.Option(help="with --url: the simulator that it calls")]


def check(
    services: Names = None,
    url: Url = None,
    database: Checked = "sqlite",
    every: Every = False,
    token: Token = None,
    upstreams: Upstreams = None,
) -> None:
    """Check services, ours or anybody's, against every clause of the contract."""
    if bool(services) + every + bool(url) > 1:
        fail("give services, --all or --url: one of them")
    if (token or upstreams) and not url:
        fail("--token and --upstreams are of a service that you run: give its --url")
    chosen = chosen_services(installed_services(database) if every else services, database)
    given = {"url": url, "database": database, "token": token, "upstreams": upstreams}
    with one_line():
        if url:
            _ask(url)
        else:
            say_what_is_used(database)
        with live() as progress:
            if url:
                options = [f"--{name}={value}" for name, value in given.items() if value]
                outcomes = suite.check([options], progress.checked)
            else:
                outcomes = suite.check_services(chosen, database, progress.checked)
    tables.print_contract(outcomes, suite.clauses())
    failed = {f"{each.service} {each.clause}" for each in outcomes if each.outcome == "failed"}
    if failed:
        fail(f"the contract is not kept: {', '.join(sorted(failed))}", FAILED)


def _ask(url: str) -> None:
    try:
        httpx.get(f"{url}/health", trust_env=False)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise CheckError(f"nothing answers at {url}: {error}") from error
