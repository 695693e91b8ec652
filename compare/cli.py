"""The command line: run, up, check, survey, services and report."""

import json
import os
import secrets
import sys
import webbrowser
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import httpx
import typer

from compare import checking, results, terminal
from compare.complaints import FAILED, chosen_services, everything, fail, one_line, say_what_is_used
from compare.launch import HOST
from compare.run import Plan
from compare.run import run as run_plan
from compare.services import SERVICES
from compare.survey.growth import SIZES
from compare.survey.topics import TOPICS, Topic, add, keep, missing_modules
from compare.survey.topics import Plan as SurveyPlan
from compare.survey.topics import survey as run_survey
from compare.surveyed import Survey
from compare.up import up as bring_up

app = typer.Typer(
    help="Django and FastAPI, the same service twice: run, checked, measured and compared here.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Names = Annotated[list[str] | None, typer.Argument(metavar="[SERVICE]...", show_default=False)]
Database = Annotated[str, typer.Option(help="sqlite, postgres (embedded) or postgresql://…")]
Output = Annotated[Path, typer.Option(help="the folder that the page goes to")]
Budget = Annotated[float, typer.Option(min=1, help="seconds to measure for")]
Blocks = Annotated[int | None, typer.Option(min=1, help="measure exactly so many blocks")]
Seed = Annotated[int | None, typer.Option(help="decides the order of everything")]
Open = Annotated[bool, typer.Option("--open/--no-open", help="open the page in a browser")]
AsJson = Annotated[bool, typer.Option("--json", help="print one line for a script")]
Port = Annotated[int | None, typer.Option(min=1, max=65_000, help="of the first; others follow")]
Host = Annotated[str, typer.Option(help="0.0.0.0 listens on every address: set a token then")]
Set = Annotated[list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="a setting")]
Url = Annotated[str | None, typer.Option(help="a service that you run, on the seed data")]
Checked = Annotated[str, typer.Option(help="as for run; with --url its database, EMPTIED")]
Every = Annotated[bool, typer.Option("--all", help="every service that is installed here")]
Posts = Annotated[list[int] | None, typer.Option(min=1_000, help="sizes, for growth")]
Token = Annotated[str | None, typer.Option(help="with --url: its API_TOKEN")]
Upstreams = Annotated[str | None, typer.Option(help="with --url: the simulator that it calls")]


@app.command()
def run(
    services: Names = None,
    database: Database = "sqlite",
    output: Output = Path("comparison"),
    budget: Budget = 120,
    blocks: Blocks = None,
    seed: Seed = None,
    open_page: Open = True,
) -> None:
    """Run services side by side, check and measure them, and write the comparison as a page."""
    chosen = chosen_services(services, database)
    _make(output)
    seed = secrets.randbelow(2**32) if seed is None else seed
    with one_line():
        say_what_is_used(database)
        with terminal.live() as live:
            found = run_plan(Plan(chosen, database, seed, budget, blocks), live)
        found = keep(found, output / "results.json")
        results.write(found, output / "results.json")
        page = _write_page(found, output)
    terminal.print_contract(found.contract, found.clauses)
    terminal.print_results(found)
    terminal.out.print(f"The page: {page}", soft_wrap=True)
    if open_page and _has_desktop():
        webbrowser.open(page.as_uri())
    raise typer.Exit(FAILED if found.not_timed else 0)


@app.command()
def up(
    services: Names = None,
    database: Database = "sqlite",
    as_json: AsJson = False,
    host: Host = HOST,
    port: Port = None,
    setting: Set = None,
) -> None:
    """Run services on the seed data, with the upstreams that they call, until Ctrl-C."""
    chosen = chosen_services(services, database)
    overrides = _overrides(setting or ())
    with one_line():
        say_what_is_used(database)
        with bring_up(chosen, database, port, overrides, host) as running:
            if as_json:
                urls = {name: each.url for name, each in running.services.items()}
                print(
                    json.dumps({"services": urls, "upstreams": running.upstreams.url}), flush=True
                )
            else:
                terminal.print_up(running)
            running.watch()


@app.command()
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
    failed = any(outcome.outcome == "failed" for outcome in outcomes)
    raise typer.Exit(FAILED if failed else 0)


@app.command()
def survey(
    topic: Annotated[Topic, typer.Argument(metavar="|".join(TOPICS))],
    services: Names = None,
    database: Database = "sqlite",
    every: Every = False,
    posts: Posts = None,
    seed: Seed = None,
    output: Output = Path("comparison"),
) -> None:
    """Fill a table for the page of the last run: contract, servers, pools or growth."""
    file = output / "results.json"
    if services and every:
        fail("give services or --all: one of them")
    _refuse_what_is_not_for(topic, database, growing=bool(posts) or seed is not None)
    chosen = chosen_services(everything(database) if every else services, database)
    with one_line():
        say_what_is_used(database)
        add(results.read(file), Survey())  # which fails now rather than after the work
        with terminal.live() as live:
            seed = secrets.randbelow(2**32) if seed is None else seed
            plan = SurveyPlan(topic, chosen, database, posts or SIZES, seed)
            found = run_survey(plan, live)
        whole = add(results.read(file), found)
        results.write(whole, file)
        page = _write_page(whole, output)
    terminal.out.print(f"The page: {page}", soft_wrap=True)
    failed = [row.service for row in found.contract if row.failed]
    if failed:
        fail(f"these failed the contract: {', '.join(failed)}", FAILED)


@app.command(name="services")
def list_services() -> None:
    """Print the services there are, and what is missing to run them."""
    terminal.print_services(SERVICES.values())


@app.command()
def report(
    results_file: Annotated[Path, typer.Argument(metavar="[RESULTS]")] = Path(
        "comparison/results.json"
    ),
    output: Output = Path("comparison"),
) -> None:
    """Write the page of a results file again."""
    _make(output)
    with one_line():
        page = _write_page(results.read(results_file), output)
    terminal.out.print(f"The page: {page}", soft_wrap=True)


def _refuse_what_is_not_for(topic: Topic, database: str, growing: bool) -> None:
    if topic != "growth" and growing:
        fail("--posts and --seed are for growth")
    if topic == "servers" and database != "sqlite":
        fail("servers are asked on sqlite: no question is about a database")
    if topic == "servers" and (missing := missing_modules()):
        fail(f"survey servers needs {', '.join(missing)}: {terminal.HOW_TO_INSTALL}")


def _overrides(settings: Sequence[str]) -> dict[str, str]:
    if not all("=" in setting for setting in settings):
        fail("--set takes NAME=VALUE, such as --set API_TOKEN=secret")
    return dict(setting.split("=", 1) for setting in settings)


def _ask(url: str) -> None:
    try:
        httpx.get(f"{url}/health", trust_env=False)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise checking.CheckError(f"nothing answers at {url}: {error}") from error


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        fail(f"{folder} can be no folder: {(error.strerror or '').lower()}; give another --output")


def _write_page(found: results.Results, folder: Path) -> Path:
    from compare.report import write  # its template engine is needed only here

    return write(found, folder).resolve()


def _has_desktop() -> bool:
    displayed = sys.platform in ("darwin", "win32") or {"DISPLAY", "WAYLAND_DISPLAY"} & {
        *os.environ
    }
    return bool(displayed) and sys.stdout.isatty()
