"""Check services against the contract: run its suite, and read the outcomes as they come."""

import json
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TextIO

import psutil

from compare.contract.outcomes import last_line, read_outcome
from compare.errors import CheckError
from compare.registry.environment import environment
from compare.registry.project import PROJECT_ROOT
from compare.registry.services import Service
from compare.results.model import TestOutcome
from compare.running.databases import Databases
from compare.running.processes import CORES
from compare.running.stopping import stop

SUITE = PROJECT_ROOT / "tests" / "contract"
COLLECTED = re.compile(r"collected (?:\d+ items? / \d+ deselected / )?(\d+) (?:items?|selected)")
PASSED, FAILED = 0, 1
POLL_SECONDS = 0.1
# Each waits for half of its time, and may hold some fifty connections of a PostgreSQL's 400.
MOST_SUITES = min(CORES + 2, 6)
GRACE_SECONDS = 20.0  # in which the suite stops what it has started

OnOutcome = Callable[[TestOutcome, int], None]


def check_services(
    services: Sequence[Service], source: Databases, on_outcome: OnOutcome
) -> list[TestOutcome]:
    """Run a suite for each service, side by side, on databases of this source."""
    database = f"--database={source.address}"
    return check([[f"--service={service.name}", database] for service in services], on_outcome)


def check(suites: Sequence[Sequence[str]], on_outcome: OnOutcome) -> list[TestOutcome]:
    """Run a suite with each of these options, as many at once as there are cores.

    Gives what each test found, in the order of the suites. `on_outcome` is told each outcome as it
    comes, and how many there will be. CheckError when a suite cannot run.
    """
    if not SUITE.is_dir():
        raise CheckError("the contract suite is not here: run this from a checkout of the project")
    begun: list[Suite] = []
    with ExitStack() as stack:
        while len(begun) < len(suites) or any(suite.running for suite in begun):
            room = MOST_SUITES - sum(suite.running for suite in begun)
            for options in suites[len(begun) :][:room]:
                begun.append(stack.enter_context(_suite(options)))
            time.sleep(POLL_SECONDS)
            for suite in begun:
                for outcome in suite.new_outcomes():
                    on_outcome(outcome, _total(begun, len(suites)))
    return [outcome for suite in begun for outcome in suite.outcomes]


class Suite:
    """A run of the suite in a process of its own, which writes its report and output to files."""

    def __init__(self, process: psutil.Popen, report: TextIO, output: Path) -> None:
        self.outcomes: list[TestOutcome] = []
        self.running = True
        self._process = process
        self._report = report
        self._unfinished = ""
        self._phases: list[dict[str, Any]] = []
        self._output = output

    @property
    def total(self) -> int | None:
        """How many outcomes there will be; None before it knows."""
        collected = COLLECTED.search(self._output.read_text(errors="replace"))
        return int(collected[1]) if collected else None

    def new_outcomes(self) -> Iterator[TestOutcome]:
        """Give what was found since the last call; CheckError when it ended without an answer."""
        if not self.running:
            return
        self.running = self._process.poll() is None
        *lines, self._unfinished = (self._unfinished + self._report.read()).split("\n")
        for line in map(json.loads, lines):
            if line["$report_type"] == "TestReport":
                self._phases.append(line)
                if line["when"] == "teardown":
                    self.outcomes.append(read_outcome(self._phases))
                    self._phases = []
                    yield self.outcomes[-1]
        if not self.running and not self._answered():
            raise CheckError(last_line(self._output.read_text(errors="replace")))

    def _answered(self) -> bool:
        return self._process.returncode in (PASSED, FAILED) and bool(self.outcomes)


@contextmanager
def _suite(options: Sequence[str]) -> Iterator[Suite]:
    command = [sys.executable, "-m", "pytest", str(SUITE), "-p", "no:cacheprovider"]
    with tempfile.TemporaryDirectory(prefix="compare-check-") as folder:
        report, output = Path(folder) / "report.jsonl", Path(folder) / "output.txt"
        report.touch()
        with output.open("wb") as file, report.open(encoding="utf-8") as lines:
            process = psutil.Popen(
                [*command, "--report-log", str(report)],
                cwd=PROJECT_ROOT,
                # Not as arguments, which every user of the machine may read: a token, a password.
                env=environment({"PYTEST_ADDOPTS": shlex.join(options), "PYTHONUNBUFFERED": "1"}),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                process_group=0,
            )
            try:
                yield Suite(process, lines, output)
            finally:
                stop(process, ask_with=signal.SIGINT, grace_seconds=GRACE_SECONDS)


def _total(begun: Sequence[Suite], suites: int) -> int:
    # Most suites have the same tests: what one has collected tells of those that have not yet.
    known = [suite.total for suite in begun]
    told = [total for total in known if total is not None]
    return sum(told) + (suites - len(told)) * max(told, default=0)
