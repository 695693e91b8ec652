"""The command line: every command with its name."""

import typer

from compare.commands.check import check
from compare.commands.claims import claims
from compare.commands.instructions import instructions
from compare.commands.live import live
from compare.commands.observe import observe
from compare.commands.report import report, schema
from compare.commands.run import measure, run
from compare.commands.survey import survey
from compare.commands.trace import trace
from compare.commands.up import services, up

app = typer.Typer(
    help="The same service in several frameworks: run, checked, measured and compared here.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (run, measure, up, live, check, claims, trace, survey, observe, instructions):
    app.command()(command)
app.command()(services)
app.command()(report)
app.command()(schema)
