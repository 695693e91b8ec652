"""The contract suite as quick as it can be: where most mutants die, in about a second each.

The suite asks a service that is already running (`compare check --url`), since then it starts
nothing itself: simulator and tables are made once for all mutants of a module. What takes more than
one process of the service is left for the whole suite, which asks every mutant that survives this.
"""

import contextlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from compare.registry.environment import settings
from compare.registry.services import Service
from compare.running import databases, launch
from tests.contract.conftest import GIVEN
from tests.contract.subject import TOKEN, UPSTREAM_TIMEOUT_SECONDS
from tests.mutation import order
from tests.mutation.forked import FORKING, NotStarted, serving

SECONDS = 300.0  # for a suite that hangs, though each of its requests has an end
# Plugins of pytest that a suite that only judges one service does without.
LEFT_OUT = ("cacheprovider", "hypothesispytest", "xdist", "unraisableexception")


@dataclass(frozen=True)
class Failure:
    """The first test that failed, or what came before any test, and how it read."""

    test: str
    reason: str


class FirstFailure:
    """A plugin that notes the first failure, and tells the suite what it cannot know of a URL."""

    def __init__(self, overlaps: bool) -> None:
        self.overlaps = overlaps
        self.found: Failure | None = None

    @pytest.hookimpl(trylast=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Say how long the service waits, and whether it asks all upstreams at once."""
        session.config.stash[GIVEN] = replace(
            session.config.stash[GIVEN],
            overlaps=self.overlaps,
            upstream_timeout_seconds=UPSTREAM_TIMEOUT_SECONDS,
        )

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note it."""
        if report.failed and self.found is None:
            test, *_ = report.nodeid.partition("[")
            self.found = Failure(test, _last_line(report.longreprtext))


class QuickSuite:
    """The suite for one service, which starts anew for each mutant; the rest goes on running."""

    def __init__(self, service: Service, database_url: str, upstreams_url: str) -> None:
        self._service = service
        self._database_url = database_url
        self._upstreams_url = upstreams_url

    def failure(self, *files: Iterable[Path]) -> Failure | None:
        """Start the service, run the tests of the files in turn, and give the first that fails."""
        own = {"API_TOKEN": TOKEN, "UPSTREAM_TIMEOUT_SECONDS": str(UPSTREAM_TIMEOUT_SECONDS)}
        chosen = settings(self._service, self._database_url, self._upstreams_url, **own)
        try:
            with serving(self._service, chosen) as url:
                return next(filter(None, (self._failure_at(url, group) for group in files)), None)
        except NotStarted as error:
            return Failure("the start of the service", str(error))

    def _failure_at(self, url: str, files: Iterable[Path]) -> Failure | None:
        # Tests that are imported already cannot be rewritten for the words of their assertions.
        options = ["-x", "--assert=plain", *(f"-pno:{plugin}" for plugin in LEFT_OUT)]
        options += [f"--url={url}", f"--token={TOKEN}", f"--upstreams={self._upstreams_url}"]
        options += [f"--database={self._database_url}", "--one-process", *map(str, files)]
        here, there = FORKING.Pipe(duplex=False)
        overlaps = self._service.async_model == "async"
        process = FORKING.Process(target=_run, args=(options, overlaps, there))
        process.start()
        try:
            there.close()
            if not here.poll(SECONDS):
                return Failure("the whole suite", "Timeout")
            found: Failure | None = here.recv()
            return found
        finally:
            process.terminate()
            process.join()


@contextlib.contextmanager
def quick_suite(service: Service) -> Iterator[QuickSuite]:
    """Make the tables of a service, run the simulator, and give its suite, until the block ends."""
    with databases.open("sqlite") as source, launch.upstreams_running() as upstreams:
        database_url = source.create(service.name)
        launch.migrate(service, database_url)
        yield QuickSuite(service, database_url, upstreams.url)


def _run(options: list[str], overlaps: bool, answer: Connection) -> None:
    first = FirstFailure(overlaps)
    with (
        Path(os.devnull).open("w") as nowhere,
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(nowhere),
    ):
        code = pytest.main(options, plugins=[first, order])
    if code and first.found is None:
        first.found = Failure("the first look of the suite", f"exit code {code}")
    answer.send(first.found)


def _last_line(text: str) -> str:
    return text.strip().rpartition("\n")[2]
