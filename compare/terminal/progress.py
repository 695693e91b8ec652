"""How far something is, while it runs."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from itertools import count
from threading import Event, Thread

from rich.console import Console, RenderableType
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
from compare.results.model import Results, TestOutcome
from compare.terminal.console import err
from compare.terminal.two_by_two import two_by_two_table

LINE_EVERY_SECONDS = 10.0


class Bars(Progress):
    """The bars of what is done, and below them what was found so far."""

    so_far: RenderableType | None = None

    def get_renderables(self) -> Iterable[RenderableType]:
        """Give the bars, and the table if there is one."""
        yield from super().get_renderables()
        if self.so_far is not None:
            yield self.so_far


class Live:
    """Draws how far a command is: a bar for what it does, and one for what a run measures."""

    def __init__(self, progress: Bars) -> None:
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

    def working(self, text: str, done: int, total: int) -> None:
        """Show what is being done, as the part `done` of `total`."""
        if not self._progress.tasks:
            self._progress.add_task("")
        self._progress.update(
            self._progress.tasks[0].id, description=text, completed=done, total=total
        )

    def counting(self, total: int) -> Callable[[str], None]:
        """Give what is called with the name of each of so many parts when that part begins."""
        begun = count()
        return lambda name: self.working(name, next(begun), total)

    def measuring(self, step: Step) -> None:
        """Show the turn that begins, and how much time is left for all of them."""
        if self._timed is None:
            self._timed = self._progress.add_task("", total=None, left="")
        seconds = max(0, round(step.left_seconds))
        self._progress.update(
            self._timed,
            description=step.text,
            completed=step.elapsed_seconds,
            total=step.elapsed_seconds + seconds,
            left=f"{_clock(seconds)} left" if seconds else "",
        )

    def compared(self, results: Results) -> None:
        """Show what the blocks so far say."""
        self._progress.so_far = two_by_two_table(results)


class Far(ProgressColumn):
    """How far a task is: the time left where that is known, or so many of so many."""

    def render(self, task: Task) -> Text:
        """Give the text for one task."""
        return Text(_far(task))


@contextmanager
def live(console: Console | None = None) -> Iterator[Live]:
    """Show how far something is, on standard error if no console is given, until the block ends.

    A terminal gets bars; a file or a CI log gets a line every LINE_EVERY_SECONDS.
    """
    console = console or err
    columns = (SpinnerColumn(), TextColumn("{task.description:<40}"), BarColumn(), Far())
    progress = Bars(*columns, console=console, disable=not console.is_terminal)
    with progress, nullcontext() if console.is_terminal else _lines(progress):
        yield Live(progress)
        progress.so_far = None  # whoever began prints it, whole


@contextmanager
def _lines(progress: Progress) -> Iterator[None]:
    ended = Event()
    thread = Thread(target=_print_lines, args=(progress, ended))
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _print_lines(progress: Progress, ended: Event) -> None:
    began_at_seconds = time.monotonic()
    while not ended.wait(LINE_EVERY_SECONDS):
        elapsed_seconds = time.monotonic() - began_at_seconds
        if progress.tasks:
            task = progress.tasks[-1]  # the one that was begun last is the one that is at work
            doing = ", ".join(filter(None, (task.description, _far(task))))
            line = f"{_clock(elapsed_seconds)}  {doing}"
        else:
            line = f"{_clock(elapsed_seconds)}  starting"
        progress.console.print(line, markup=False, soft_wrap=True)


def _far(task: Task) -> str:
    if "left" in task.fields:
        left: str = task.fields["left"]
        return left
    counted = f"{task.completed:.0f}/{task.total or 0:.0f}"
    if task.time_remaining:
        return f"{counted}, {_clock(task.time_remaining)} left"
    return counted


def _clock(seconds: float) -> str:
    return f"{round(seconds) // 60}:{round(seconds) % 60:02}"
