"""The command line: run, up, check, services and report.

It ends with 0 when all is well, 1 when a service failed the contract or a figure could not be kept,
2 when something is missing or wrong in what was asked for, and 130 after Ctrl-C.
"""

import json
import os
import secrets
import sys
import webbrowser
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import httpx
import typer

from compare import checking, databases, launch, load, measure, results, stopping, terminal
from compare.run import Plan
from compare.run import run as run_plan
from compare.services import DEFAULT_PAIR, SERVICES, Service
from compare.up import up as bring_up

FAILED, UNUSABLE, INTERRUPTED = 1, 2, 130
REFUSED = (measure.GateError, load.LoadError)
IMPOSSIBLE = (
    databases.DatabaseError,
    launch.LaunchError,
    checking.CheckError,
    results.UnusableResults,
)

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
Set = Annotated[list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="a setting")]
Url = Annotated[str | None, typer.Option(help="a service that you run, on the seed data")]
Checked = Annotated[str, typer.Option(help="as for run; with --url its database, EMPTIED")]
Every = Annotated[bool, typer.Option("--all", help="every service that is installed")]
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
    chosen = _chosen(services, database)
    seed = secrets.randbelow(2**32) if seed is None else seed
    with _one_line():
        _say_what_is_used(database)
        with terminal.live() as live:
            found = run_plan(Plan(chosen, database, seed, budget, blocks), live)
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
    port: Port = None,
    setting: Set = None,
) -> None:
    """Run services on the seed data, with the upstreams that they call, until Ctrl-C."""
    chosen = _chosen(services, database)
    overrides = _overrides(setting or ())
    with _one_line():
        _say_what_is_used(database)
        with bring_up(chosen, database, port, overrides) as running:
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
    kind = databases.kind_of(database)
    all_here = [
        each.name for each in SERVICES.values() if not each.missing and kind in each.databases
    ]
    chosen = _chosen(all_here if every else services, database)
    given = {"url": url, "database": database, "token": token, "upstreams": upstreams}
    with _one_line():
        if url:
            _ask(url)
        else:
            _say_what_is_used(database)
        with terminal.live() as live:
            if url:
                options = [f"--{name}={value}" for name, value in given.items() if value]
                outcomes = checking.check([options], live.checked)
            else:
                outcomes = checking.check_services(chosen, database, live.checked)
    terminal.print_contract(outcomes, checking.clauses())
    failed = any(outcome.outcome == "failed" for outcome in outcomes)
    raise typer.Exit(FAILED if failed else 0)


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
    with _one_line():
        page = _write_page(results.read(results_file), output)
    terminal.out.print(f"The page: {page}", soft_wrap=True)


@contextmanager
def _one_line() -> Iterator[None]:
    """Turn expected failures into one line and an exit code, and leave no process behind."""
    try:
        with stopping.clean_exit():
            yield
    except (*REFUSED, *IMPOSSIBLE) as error:
        _fail(str(error), FAILED if isinstance(error, REFUSED) else UNUSABLE)
    except KeyboardInterrupt:
        _fail("stopped", INTERRUPTED)


def _fail(message: str, code: int) -> NoReturn:
    terminal.err.print(f"compare: {message}", style="red", markup=False, soft_wrap=True)
    raise typer.Exit(code)


def _chosen(names: Sequence[str] | None, database: str) -> list[Service]:
    for name in names or ():
        if name not in SERVICES:
            _fail(f"no service is named {name!r}; there are {', '.join(SERVICES)}", UNUSABLE)
        if missing := SERVICES[name].missing:
            _fail(f"{name} needs {', '.join(missing)}: pip install '.[servers]'", UNUSABLE)
        if databases.kind_of(database) not in SERVICES[name].databases:
            _fail(f"{name} runs on {' and '.join(SERVICES[name].databases)} only", UNUSABLE)
    return [SERVICES[name] for name in dict.fromkeys(names or DEFAULT_PAIR)]


def _overrides(settings: Sequence[str]) -> dict[str, str]:
    if not all("=" in setting for setting in settings):
        _fail("--set takes NAME=VALUE, such as --set API_TOKEN=secret", UNUSABLE)
    return dict(setting.split("=", 1) for setting in settings)


def _say_what_is_used(database: str) -> None:
    if database not in databases.EMBEDDED:
        with databases.open(database) as source:
            terminal.err.print(f"{source.label}: fresh databases beside yours, dropped at the end")


def _ask(url: str) -> None:
    try:
        httpx.get(f"{url}/health", trust_env=False)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise checking.CheckError(f"nothing answers at {url}: {error}") from error


def _write_page(found: results.Results, folder: Path) -> Path:
    from compare.report import write  # its template engine is needed only here

    return write(found, folder).resolve()


def _has_desktop() -> bool:
    displayed = sys.platform in ("darwin", "win32") or {"DISPLAY", "WAYLAND_DISPLAY"} & {
        *os.environ
    }
    return bool(displayed) and sys.stdout.isatty()
