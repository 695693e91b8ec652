"""Which services the suite asks, and which of its tests each is asked."""

import importlib
from collections.abc import Iterable

import pytest

from compare.registry.services import SERVICES, YARDSTICK, Service

KNOWN = {**SERVICES, YARDSTICK.name: YARDSTICK}


def chosen_services(config: pytest.Config) -> dict[str, Service]:
    """Give the services of the registry that are asked, by name: all of them unless some are named.

    None where the service is somebody's own; UsageError for a name that nobody has.
    """
    if config.option.url:
        return {}
    more: dict[str, Service] = {}
    if config.option.rows:
        more = importlib.import_module(config.option.rows).SERVICES
    names = config.option.service or list(more or SERVICES)
    if unknown := [name for name in names if name not in KNOWN | more]:
        known = ", ".join(SERVICES)
        raise pytest.UsageError(f"no service is named {unknown[0]}: the registry has {known}")
    return {name: (KNOWN | more)[name] for name in names}


def is_beyond_yardstick(item: pytest.Item) -> bool:
    """Say whether a test asks a yardstick for more than a happy path."""
    # Beside the suite may be other tests, which have no parameters.
    case = getattr(item, "callspec", None)
    subject = case.params.get("subject") if case else None
    is_yardstick = isinstance(subject, Service) and subject.is_yardstick
    return is_yardstick and item.get_closest_marker("happy_path") is None


def fixture_names(items: Iterable[pytest.Item], service: str) -> set[str]:
    """Give the fixtures that the tests of one service ask for."""
    asked = [item for item in items if ("service", service) in item.user_properties]
    return {name for item in asked for name in getattr(item, "fixturenames", [])}
