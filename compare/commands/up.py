"""`compare up` and `compare services`: run services for somebody, and say which there are."""

import json
import re
from collections.abc import Sequence
from typing import Annotated

import typer

from compare.commands.choosing import chosen_services, say_what_is_used
from compare.commands.endings import fail, one_line
from compare.commands.options import Database, Names
from compare.registry.services import SERVICES
from compare.running.addresses import HOST
from compare.running.up import up as bring_up
from compare.terminal import tables

AsJson = Annotated[bool, typer.Option("--json", help="print one line for a script")]
Port = Annotated[int | None, typer.Option(min=1, max=65_000, help="of the first; others follow")]
Host = Annotated[str, typer.Option(help="0.0.0.0 listens on every address: set a token then")]
SETTING = re.compile(r"[A-Za-z_]\w*=", re.ASCII)
Set = Annotated[list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="a setting")]


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
                urls = {name: service.url for name, service in running.services.items()}
                print(
                    json.dumps({"services": urls, "upstreams": running.upstreams.url}), flush=True
                )
            else:
                tables.print_up(running)
            running.watch()


def services() -> None:
    """Print the services there are, and what is missing to run them."""
    tables.print_services(SERVICES.values())


def _overrides(settings: Sequence[str]) -> dict[str, str]:
    if not all(SETTING.match(setting) for setting in settings):
        fail("--set takes NAME=VALUE, such as --set API_TOKEN=secret")
    return dict(setting.split("=", 1) for setting in settings)
