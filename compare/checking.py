"""Check services against the contract: run its suite, and read the outcomes as they come."""

import json
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from textwrap import shorten
from typing import Any

import psutil

from compare.environment import environment
from compare.results import TestOutcome
from compare.services import PROJECT_ROOT
from compare.stopping import stop

SUITE = PROJECT_ROOT / "tests" / "contract"
CLAUSES = PROJECT_ROOT / "shared" / "README.md"
CLAUSE = re.compile(r"^- \*\*(C\d+)\*\* (.+)$", re.MULTILINE)
COLLECTED = re.compile(r"collected (?:\d+ items? / \d+ deselected / )?(\d+) (?:items?|selected)")
PASSED, FAILED = 0, 1
POLL_SECONDS = 0.1
REASON_LENGTH = 200
GRACE_SECONDS = 20.0  # in which the suite stops what it has started

OnOutcome = Callable[[TestOutcome, int], None]


class CheckError(Exception):
    """The suite did not run to its end; the message is one line that says why."""


def clauses() -> dict[str, str]:
    """Give the contract's clauses: {"C1": sentence, …}."""
    return dict(CLAUSE.findall(CLAUSES.read_text(encoding="utf-8")))


def check(options: Sequence[str], on_outcome: OnOutcome) -> list[TestOutcome]:
    """Run the suite with these options of its own, and give what each test found.

    `on_outcome` is told each outcome as it comes, and how many there will be. CheckError when the
    suite cannot run.
    """
    if not SUITE.is_dir():
        raise CheckError("the contract suite is not here: run this from a checkout of the project")
    outcomes = []
    with tempfile.TemporaryDirectory(prefix="compare-check-") as folder:
        report, output = Path(folder) / "report.jsonl", Path(folder) / "output.txt"
        report.touch()
        with _suite(options, report, output) as process:
            for outcome in _outcomes(_lines(report, process)):
                outcomes.append(outcome)
                collected = COLLECTED.search(output.read_text(errors="replace"))
                on_outcome(outcome, int(collected[1]) if collected else len(outcomes))
        if process.returncode not in (PASSED, FAILED) or not outcomes:
            raise CheckError(_last_line(output.read_text(errors="replace")))
    return outcomes


@contextmanager
def _suite(options: Sequence[str], report: Path, output: Path) -> Iterator[psutil.Popen]:
    command = [sys.executable, "-m", "pytest", str(SUITE), "-p", "no:cacheprovider"]
    with output.open("wb") as file:
        process = psutil.Popen(
            [*command, "--report-log", str(report), *options],
            cwd=PROJECT_ROOT,
            env=environment({"PYTEST_ADDOPTS": "", "PYTHONUNBUFFERED": "1"}),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            process_group=0,
        )
    try:
        yield process
    finally:
        stop(process, ask_with=signal.SIGINT, grace_seconds=GRACE_SECONDS)


def _lines(report: Path, process: psutil.Popen) -> Iterator[dict[str, Any]]:
    with report.open(encoding="utf-8") as file:
        unfinished, ended = "", False
        while not ended:
            time.sleep(POLL_SECONDS)
            ended = process.poll() is not None
            *lines, unfinished = (unfinished + file.read()).split("\n")
            yield from map(json.loads, lines)


def _outcomes(lines: Iterable[dict[str, Any]]) -> Iterator[TestOutcome]:
    phases = []
    for line in lines:
        if line["$report_type"] == "TestReport":
            phases.append(line)
            if line["when"] == "teardown":
                yield _outcome(phases)
                phases = []


def _outcome(phases: Sequence[dict[str, Any]]) -> TestOutcome:
    worst = min(phases, key=lambda phase: ("failed", "skipped", "passed").index(phase["outcome"]))
    properties = dict(worst["user_properties"])
    return TestOutcome(
        clause=properties["clause"],
        sentence=properties["sentence"],
        service=properties["service"],
        test=worst["nodeid"],
        outcome=worst["outcome"],
        reason=shorten(_reason(worst["longrepr"]), REASON_LENGTH, placeholder=" …"),
    )


def _reason(longrepr: Any) -> str:
    match longrepr:
        case None:
            return ""
        case [_, _, reason]:
            return str(reason).removeprefix("Skipped: ")
        case {"reprcrash": {"message": message}}:
            return str(message).split("\n")[0]
    return _last_line(str(longrepr))


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1].removeprefix("ERROR: ") if lines else "the suite said nothing"
