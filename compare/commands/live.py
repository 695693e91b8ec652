"""`compare live`: run services for a person to ask them side by side, in a browser."""

import webbrowser
from typing import Annotated

import typer

from compare.commands.choosing import chosen_services, say_what_is_used
from compare.commands.endings import one_line
from compare.commands.options import Database, Names, has_desktop
from compare.ledger.recording import command
from compare.registry.services import USUAL
from compare.terminal.console import out

Port = Annotated[int | None, typer.Option(min=1, max=65_535, help="of the page")]


def live(services: Names = None, database: Database = "sqlite", port: Port = None) -> None:
    """Run the four usual services, or those named, and a page that asks them, until Ctrl-C.

    The page is served on the loopback address only, to whoever has the URL that is printed. Its
    services write spans, and so are slower than those that are measured.
    """
    from compare.live.serving import served
    from compare.live.session import session

    chosen = chosen_services(services, database, USUAL)
    with one_line():
        for service in chosen:
            command(service, "list")  # says so at once when it cannot be traced
        say_what_is_used(database)
        with session(chosen, database) as running, served(running, port) as url:
            for name, started in running.services.items():
                out.print(f"{name}  {started.url}", markup=False, soft_wrap=True)
            out.print(f"upstreams  {running.upstreams.url}", markup=False, soft_wrap=True)
            out.print(f"open {url}  (Ctrl-C stops all)", markup=False, soft_wrap=True)
            if has_desktop():
                webbrowser.open(url)
            running.watch()
