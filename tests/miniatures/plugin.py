"""A plugin for the contract suite: of each defective miniature only the tests that can tell.

Those are all tests of the clause that must catch the defect. With `--others` the first case of
every other test comes too, to see which other clauses the defect breaks; but no test that needs a
process of its own or sends many requests at once, since these take longer than all the others.
"""

from collections.abc import Iterator

import pytest

from compare.registry.services import Service
from tests.miniatures.defects import DEFECTS

PROCESSES = {"stranded", "unheard", "frugal", "patient", "doomed", "forsaken"}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Say whether other clauses are asked as well."""
    parser.addoption("--others", action="store_true", help="the first case of other tests, too")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests that cannot tell."""
    telling = dict.fromkeys(_telling(items, config.option.others))
    config.hook.pytest_deselected(items=[item for item in items if item not in telling])
    items[:] = telling


def _telling(items: list[pytest.Item], others: bool) -> Iterator[pytest.Item]:
    known: set[tuple[str, str]] = set()
    for item in items:
        assert isinstance(item, pytest.Function)
        service = item.callspec.params["subject"]
        assert isinstance(service, Service)
        case = (service.name, item.nodeid.partition("[")[0])
        is_long = PROCESSES & set(item.fixturenames) or item.get_closest_marker("asyncio")
        is_sample = case not in known and not is_long
        known.add(case)
        defect = DEFECTS.get(service.name)
        clause = dict(item.user_properties)["clause"]
        if defect is None or clause == defect.clause or (others and is_sample):
            yield item
