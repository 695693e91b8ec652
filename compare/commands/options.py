"""The options that commands share, and the folder and the page that they write."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from compare.commands.endings import fail
from compare.results.model import Results

Names = Annotated[list[str] | None, typer.Argument(metavar="[SERVICE]...", show_default=False)]
Database = Annotated[str, typer.Option(help="sqlite, postgres (embedded) or postgresql://…")]
Output = Annotated[Path, typer.Option(help="the folder that the page goes to")]
Seed = Annotated[int | None, typer.Option(help="decides the order of everything")]
All = Annotated[bool, typer.Option("--all", help="every service that is installed here")]

COMPARISON = Path("comparison")
RESULTS = "results.json"


def make(folder: Path) -> None:
    """Make the folder, or say why it cannot be one."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        fail(f"{folder} can be no folder: {(error.strerror or '').lower()}; give another --output")


def write_page(results: Results, folder: Path) -> Path:
    """Write the page of the results into the folder, and give its path."""
    from compare.report import write

    return write(results, folder).resolve()


def has_desktop() -> bool:
    """Whether somebody sits here with a browser."""
    displayed = sys.platform in ("darwin", "win32") or {"DISPLAY", "WAYLAND_DISPLAY"} & {
        *os.environ
    }
    return bool(displayed) and sys.stdout.isatty()
