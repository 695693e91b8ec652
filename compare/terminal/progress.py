"""How far something is, while it runs."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TaskID,
    TextColumn,
)
from rich.text import Text

from compare.bench.schedule import Step
from compare.results.model import TestOutcome
from compare.terminal.console import err


class Live:
    """Draws how far a run is: a bar for the contract suite, and one for the measuring."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._failed = 0
        self._timed: TaskID | None = None

    def checked(self, outcome: TestOutcome, total: int) -> None:
        """Count an outcome."""
        if not self._progress.tasks:
            self._progress.add_task("")
        task = self._progress.tasks[0]
        self._failed += outcome.outcome == "failed"
        doing = "" if task.completed + 1 >= total else f"{outcome.service} {outcome.clause}"
        failed = f"{self._failed} failed" if self._failed else ""
        text = " ".join(filter(None, ("contract:", doing or "checked", failed)))
        self._progress.update(task.id, total=total, advance=1, description=text)

    def surveying(self, text: str, done: int, total: int) -> None:
        """Show what is being done, as the part `done` of `total`."""
        if not self._progress.tasks:
            self._progress.add_task("")
        self._progress.update(
            self._progress.tasks[0].id, description=text, completed=done, total=total
        )

    def measuring(self, step: Step) -> None:
        """Show the run that begins, and how much time is left for all of them."""
        if self._timed is None:
            self._timed = self._progress.add_task("", total=None, left="")
        seconds = max(0, round(step.left_seconds))
        self._progress.update(
            self._timed,
            description=step.text,
            completed=step.elapsed_seconds,
            total=step.elapsed_seconds + seconds,
            left=f"{seconds // 60}:{seconds % 60:02} left" if seconds else "",
        )


class Far(ProgressColumn):
    """How far a task is: the time left where that is known, or so many of so many."""

    def render(self, task: Task) -> Text:
        """Give the text for one task."""
        return Text(task.fields.get("left", f"{task.completed:.0f}/{task.total or 0:.0f}"))


@contextmanager
def live() -> Iterator[Live]:
    """Draw progress on standard error until the block ends."""
    columns = (SpinnerColumn(), TextColumn("{task.description:<40}"), BarColumn(), Far())
    with Progress(*columns, console=err) as progress:
        yield Live(progress)
