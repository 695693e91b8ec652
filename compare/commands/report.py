"""`compare report` and `compare schema`: the page from results files, and what one looks like."""

from pathlib import Path
from typing import Annotated

import typer

from compare.commands.endings import fail, one_line
from compare.commands.options import COMPARISON, RESULTS, Output, make, write_page
from compare.results.file import read_results
from compare.results.file import schema as results_schema
from compare.terminal.console import out

Files = Annotated[
    list[Path] | None,
    typer.Argument(metavar="[RESULTS [OTHER_RESULTS]]", help="two are set side by side"),
]


def report(results_files: Files = None, output: Output = COMPARISON) -> None:
    """Write the page of a results file again, or set two runs side by side."""
    files = results_files or [COMPARISON / RESULTS]
    if len(files) > 2:
        fail("give one results file, or two to set side by side")
    make(output)
    with one_line():
        runs = [read_results(file) for file in files]
        if len(runs) == 1:
            page = write_page(runs[0], output)
        else:
            from compare.report import side_by_side

            page = side_by_side(runs[0], runs[1], (str(files[0]), str(files[1])), output)
    out.print(f"The page: {page.resolve()}", soft_wrap=True)


def schema() -> None:
    """Print the JSON Schema of the results file."""
    print(results_schema(), end="")
