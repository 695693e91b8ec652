"""Long commands say how far they are, also where nobody watches a terminal."""

import time
from io import StringIO

import pytest
from rich.console import Console

from compare.bench.schedule import Step
from compare.results.model import TestOutcome as Outcome
from compare.terminal import progress

DEADLINE_SECONDS = 10.0


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> StringIO:
    """A file in the place of the terminal, to which lines come fast."""
    file = StringIO()
    monkeypatch.setattr(progress, "err", Console(file=file, width=80))
    monkeypatch.setattr(progress, "LINE_EVERY_SECONDS", 0.01)
    return file


def wait_for_line(log: StringIO, text: str) -> str:
    """Give the first line with this text, which must come while the command is at work."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not (lines := [line for line in log.getvalue().splitlines() if text in line]):
        assert time.monotonic() < deadline, log.getvalue()
        time.sleep(0.01)
    return lines[0]


def test_file_gets_lines_before_anything_is_known(log: StringIO) -> None:
    """The first line needs no event: a command that only starts something speaks as well."""
    with progress.live():
        assert wait_for_line(log, "starting") == "0:00  starting"


def test_file_gets_the_outcomes_in_lines(log: StringIO) -> None:
    """A line names the clause at work, and how many outcomes of how many there are."""
    outcome = Outcome(clause="C7", sentence="", test="", service="a", outcome="passed")
    with progress.live() as live:
        live.checked(outcome, total=3)
        assert wait_for_line(log, "C7").startswith("0:00  contract: a C7, 1/3")


def test_file_gets_the_time_left_in_lines(log: StringIO) -> None:
    """While services are measured, a line says what is timed and how long it will take still."""
    with progress.live() as live:
        live.measuring(Step("closed-loop 1: list-1 on a", elapsed_seconds=5, left_seconds=65))
        assert wait_for_line(log, "list-1") == "0:00  closed-loop 1: list-1 on a, 1:05 left"


def test_terminal_gets_bars(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where somebody watches, the bars stay, and no lines come between."""
    file = StringIO()
    monkeypatch.setattr(progress, "err", Console(file=file, width=80, force_terminal=True))
    monkeypatch.setattr(progress, "LINE_EVERY_SECONDS", 0.01)
    with progress.live() as live:
        live.working("growth", 1, 2)
    assert "━" in file.getvalue()
    assert "0:00" not in file.getvalue()
