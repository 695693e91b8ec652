"""A pytest plugin: where nobody watches a terminal, a line every few seconds says how far it is."""

import os
from collections.abc import Iterator

import pytest
from rich.console import Console

from compare.terminal.progress import Live, live

# Kept from when this plugin is loaded, which is before pytest captures what the tests print.
STDERR = os.dup(2)


class Lines:
    """Tells which test began last, and how many of how many have ended."""

    def __init__(self, session: pytest.Session, progress: Live) -> None:
        self._session = session
        self._progress = progress
        self._ended = 0

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Name the test that begins."""
        self._progress.working(nodeid, self._ended, self._session.testscollected)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count the test that has ended."""
        self._ended += report.when == "teardown"


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session: pytest.Session) -> Iterator[None]:
    """Speak while the tests run; the workers of pytest-xdist leave that to who started them."""
    if os.isatty(STDERR) or hasattr(session.config, "workerinput"):
        return (yield)
    with (
        os.fdopen(STDERR, "w", encoding="utf-8", closefd=False) as stderr,
        live(Console(file=stderr, highlight=False)) as progress,
    ):
        session.config.pluginmanager.register(Lines(session, progress))
        return (yield)
