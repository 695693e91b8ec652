"""Who imports whom in the project, as the source says it, wherever in a file it stands."""

from collections.abc import Iterable
from functools import cache

import grimp

PACKAGES = (
    *("compare", "compose", "django_app", "experiments", "fastapi_app", "shared", "tests"),
    *("tracing", "yardsticks"),
)


@cache
def graph() -> grimp.ImportGraph:
    """Give the graph of all imports, also those inside functions and for types only."""
    return grimp.build_graph(*PACKAGES, include_external_packages=True, cache_dir=None)


def is_in(module: str, packages: Iterable[str]) -> bool:
    """Whether a module is one of these packages or inside one."""
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def modules(*packages: str) -> list[str]:
    """Give the modules of these packages, themselves included."""
    return sorted(module for module in graph().modules if is_in(module, packages))


def imports(*packages: str) -> list[tuple[str, str]]:
    """Give each import that leaves a module of these packages: who imports, and what."""
    return [
        (importer, imported)
        for importer in modules(*packages)
        for imported in sorted(graph().find_modules_directly_imported_by(importer))
    ]
