"""`compare instructions`: how many instructions a request takes, beside the record."""

from typing import Annotated

import typer

from compare.commands.endings import fail, one_line
from compare.errors import FAILED
from compare.instructions import count, record
from compare.registry.services import USUAL, named
from compare.running.requests import ENDPOINTS
from compare.terminal.console import out
from compare.terminal.progress import live
from compare.terminal.tables import print_instructions

Keep = Annotated[bool, typer.Option("--record", help="keep the counts as those on record")]


def instructions(keep: Keep = False) -> None:
    """Count the instructions of each request under valgrind, and say what moved since the record.

    The four usual services are counted, on SQLite.
    """
    if lack := count.missing():
        fail(lack)
    with one_line():
        with live() as progress:
            counts = count.measure(named(USUAL), ENDPOINTS, progress.working)
        recording = record.recording(counts)
        print_instructions(recording.counts)
        if keep:
            record.write(recording)
            return
        judgement = record.judge(record.read(), recording)
    for sentence in judgement.sentences:
        out.print(sentence, markup=False, soft_wrap=True)
    raise typer.Exit(FAILED if judgement.failed else 0)
