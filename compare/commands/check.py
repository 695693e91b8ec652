"""`compare check`: the contract suite on services, ours or anybody's."""

from typing import Annotated

import httpx
import typer

from compare import checking, terminal
from compare.commands.options import Every, Names
from compare.complaints import FAILED, chosen_services, everything, fail, one_line, say_what_is_used

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
    chosen = chosen_services(everything(database) if every else services, database)
    given = {"url": url, "database": database, "token": token, "upstreams": upstreams}
    with one_line():
        if url:
            _ask(url)
        else:
            say_what_is_used(database)
        with terminal.live() as live:
            if url:
                options = [f"--{name}={value}" for name, value in given.items() if value]
                outcomes = checking.check([options], live.checked)
            else:
                outcomes = checking.check_services(chosen, database, live.checked)
    terminal.print_contract(outcomes, checking.clauses())
    failed = {f"{each.service} {each.clause}" for each in outcomes if each.outcome == "failed"}
    if failed:
        fail(f"the contract is not kept: {', '.join(sorted(failed))}", FAILED)


def _ask(url: str) -> None:
    try:
        httpx.get(f"{url}/health", trust_env=False)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise checking.CheckError(f"nothing answers at {url}: {error}") from error
