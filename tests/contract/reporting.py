"""What the suite says: its header, and the clause, sentence and service of each test."""

import inspect
import platform
import re
from importlib.metadata import PackageNotFoundError, version

import pytest

from compare.registry.services import Service
from compare.running.databases import without_password
from tests.contract.choosing import chosen_services

DOCSTRING = re.compile(r"(C\d+): (.+?\.)(?:\s|$)", re.DOTALL)


def describe(item: pytest.Function) -> None:
    """Attach clause, sentence and service to a test; UsageError when it states no clause."""
    sentence = DOCSTRING.match(inspect.getdoc(item.obj) or "")
    if sentence is None:
        raise pytest.UsageError(f"{item.nodeid}: its docstring starts with no clause")
    service = item.callspec.params["subject"]
    name = service.name if isinstance(service, Service) else service
    properties = {"clause": sentence[1], "sentence": sentence[2], "service": name}
    item.user_properties.extend(properties.items())


def header(config: pytest.Config) -> list[str]:
    """Say what is tested, on which database, with which versions."""
    services = chosen_services(config)
    names = [config.option.url] if config.option.url else list(services)
    modules = {"httpx", *(name for service in services.values() for name in service.requires)}
    versions = [f"{module} {_version(module)}" for module in sorted(modules)]
    database = without_password(config.option.database)
    return [
        f"contract of: {', '.join(names)}; database: {database}",
        f"versions: Python {platform.python_version()}, {', '.join(versions)}",
    ]


def _version(module: str) -> str:
    try:
        return version(module)
    except PackageNotFoundError:
        return "not installed"
