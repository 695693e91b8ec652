"""`compare claims`: every claim of ours about the frameworks, decided here and now."""

import shlex
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from compare.claims import experiments, record
from compare.commands.endings import fail, one_line
from compare.commands.options import COMPARISON, RESULTS, Output, write_page
from compare.commands.unknown import nearest
from compare.errors import FAILED, UnusableResults
from compare.results import provenance
from compare.results.claims import Claim
from compare.results.file import read_results, write_results
from compare.results.merging import add
from compare.results.surveys import Made, Survey
from compare.running.databases import kind_of
from compare.terminal.claims import show_all, show_whole
from compare.terminal.console import out
from compare.terminal.progress import live

Wanted = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="GROUP|ID",
        help="such as relations or lazy-relation-raises; all claims when none is named",
        show_default=False,
    ),
]
Listing = Annotated[bool, typer.Option("--list", help="print the claims, with recorded verdicts")]
PostgreSQL = Annotated[
    str, typer.Option(help="postgres (embedded) or postgresql://…, for claims about connections")
]
Recording = Annotated[bool, typer.Option("--record", help="keep the verdicts as those on record")]


def claims(
    wanted: Wanted = None,
    listing: Listing = False,
    database: PostgreSQL = "postgres",
    output: Output = COMPARISON,
    recording: Recording = False,
) -> None:
    """Decide each claim by its experiment; those that are named are shown with their code."""
    if kind_of(database) != "postgresql":
        fail(f"--database is for the claims that need PostgreSQL, and {database!r} is none")
    with one_line():
        chosen = _chosen(experiments.read_catalogue(), wanted or ())
        if listing:
            show_all(record.with_recorded((entry.claim for entry in chosen), record.read()))
            return
        with live() as progress:
            decided = experiments.run(chosen, progress.working, database)
        if recording:
            record.write(record.verdicts(decided))
        judgement = record.judge(record.read(), decided)
    (show_whole if wanted else show_all)(decided)
    _add_to_page(decided, shlex.join(("compare", "claims", *(wanted or ()))), output)
    for sentence in judgement.sentences:
        out.print(sentence, markup=False, soft_wrap=True)
    raise typer.Exit(FAILED if judgement.failed else 0)


def _chosen(known: Sequence[experiments.Entry], wanted: Sequence[str]) -> list[experiments.Entry]:
    """Give the claims of these ids and groups, all of them for none."""
    groups = {entry.claim.group for entry in known}
    names = groups | {entry.claim.id for entry in known}
    for name in wanted:
        if name not in names:
            hint = nearest(name, sorted(names)) or f"groups: {', '.join(sorted(groups))}"
            fail(f"no claim and no group is named {name!r}; {hint}")
    return [
        entry for entry in known if not wanted or {entry.claim.id, entry.claim.group} & set(wanted)
    ]


def _add_to_page(decided: Sequence[Claim], command: str, output: Path) -> None:
    """Add the claims to the results and the page of the last run, if there is one of here."""
    file = output / RESULTS
    made = Made(command=command, commit=provenance.commit(), finished_at=datetime.now(UTC))
    try:
        whole = add(read_results(file), Survey(claims=list(decided), made=[made]))
    except UnusableResults as reason:
        text = f"On no page, which `compare run` makes: {reason}"
        out.print(text, markup=False, soft_wrap=True)
        return
    write_results(whole, file)
    out.print(f"The page: {write_page(whole, output)}", soft_wrap=True)
