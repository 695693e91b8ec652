"""Which services the suite asks, and which of its tests each is asked."""

import platform
from importlib.metadata import PackageNotFoundError, version

import pytest

from compare.registry.services import SERVICES, YARDSTICK, Service

KNOWN = {**SERVICES, YARDSTICK.name: YARDSTICK}


def chosen_services(config: pytest.Config) -> dict[str, Service]:
    """Give the services of the registry that are asked, by name: all of them unless some are named.

    None where the service is somebody's own; UsageError for a name that nobody has.
    """
    if config.option.url:
        return {}
    names = config.option.service or list(SERVICES)
    if unknown := [name for name in names if name not in KNOWN]:
        known = ", ".join(SERVICES)
        raise pytest.UsageError(f"no service is named {unknown[0]}: the registry has {known}")
    return {name: KNOWN[name] for name in names}


def is_beyond_yardstick(item: pytest.Item) -> bool:
    """Say whether a test asks a yardstick for more than a happy path."""
    subject = item.callspec.params.get("subject") if isinstance(item, pytest.Function) else None
    is_yardstick = isinstance(subject, Service) and subject.is_yardstick
    return is_yardstick and item.get_closest_marker("happy_path") is None


def header(config: pytest.Config) -> list[str]:
    """Say what is tested, on which database, with which versions."""
    services = chosen_services(config)
    names = [config.option.url] if config.option.url else list(services)
    modules = {"httpx", *(name for service in services.values() for name in service.requires)}
    versions = [f"{module} {_version(module)}" for module in sorted(modules)]
    return [
        f"contract of: {', '.join(names)}; database: {config.option.database}",
        f"versions: Python {platform.python_version()}, {', '.join(versions)}",
    ]


def _version(module: str) -> str:
    try:
        return version(module)
    except PackageNotFoundError:
        return "not installed"
