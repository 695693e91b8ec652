"""A plugin for the contract suite that asks what tells most first, and what load may fail twice.

The first case of each test comes before the other cases. `--one-process` leaves out what needs more
processes than one of the service, or sends many requests at once.
"""

import pytest
from _pytest.runner import runtestprotocol

from tests.miniatures.plugin import PROCESSES

# Files whose tests look at time or at many requests at once: a busy machine may fail one of them.
TIMED = {
    *("test_dashboard", "test_upstream_faults", "test_http", "test_many_at_once"),
    *("test_teeth", "test_disconnects", "test_database_away"),
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Say which tests are asked."""
    parser.addoption("--one-process", action="store_true", help="none that needs more than one")
    parser.addoption("--first", default="", help="files, by their names, asked before the others")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests that are not asked, and sort the others."""
    if config.option.one_process:
        long = [item for item in items if _is_long(item)]
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in set(long)]
    first_cases = {item.nodeid.partition("[")[0]: item for item in reversed(items)}
    telling = config.option.first.split(",")
    items.sort(
        key=lambda item: (
            item.path.stem not in telling,
            item is not first_cases[item.nodeid.partition("[")[0]],
        )
    )


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool:
    """Run a test, and once more where it failed and load may be the reason: the last run counts."""
    reports = runtestprotocol(item, log=False, nextitem=nextitem)
    if any(report.failed for report in reports) and item.path.stem in TIMED:
        reports = runtestprotocol(item, log=False, nextitem=nextitem)
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    return True


def _is_long(item: pytest.Item) -> bool:
    assert isinstance(item, pytest.Function)
    return bool(PROCESSES & set(item.fixturenames) or item.get_closest_marker("asyncio"))
