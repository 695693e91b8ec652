"""The command line: every command with its name."""

import typer

from compare.commands.check import check
from compare.commands.claims import claims
from compare.commands.measure import measure
from compare.commands.report import report, schema
from compare.commands.run import run
from compare.commands.survey import survey
from compare.commands.up import services, up

app = typer.Typer(
    help="Django and FastAPI, the same service twice: run, checked, measured and compared here.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (run, up, check, claims, measure, survey, services, report, schema):
    app.command()(command)
