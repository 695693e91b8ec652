"""A plugin for the contract suite: of each defective miniature only the tests that can tell.

Those are all tests of the clause that must catch the defect. With `--others` the first case of
every other test comes too, to see which other clauses the defect breaks.
"""

from collections.abc import Iterator

import pytest

from compare.registry.services import Service
from tests.miniatures.defects import DEFECTS


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
        service: Service = item.callspec.params["subject"]
        case = (service.name, item.nodeid.partition("[")[0])
        is_first = case not in known
        known.add(case)
        defect = DEFECTS.get(service.name)
        clause = dict(item.user_properties)["clause"]
        if defect is None or clause == defect.clause or (others and is_first):
            yield item
