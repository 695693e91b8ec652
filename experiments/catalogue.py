"""All claims, grouped as a reader meets them."""

from collections.abc import Iterator
from importlib import import_module

from .claim import Claim

# The module that has a group's claims, and the heading of the group.
GROUPS = {
    "wsgi_and_asgi": "WSGI and ASGI",
    "first_async_view": "A first async view",
    "when_it_pays": "When it pays",
    "async_orm": "The async ORM",
    "relations": "Relations",
    "concurrent_calls": "Concurrent calls",
    "adapters": "Adapters",
    "middleware": "Middleware",
    "servers": "Servers",
    "coexistence": "Sync and async together",
    "fastapi_beside": "FastAPI beside it",
    "transactions": "Transactions",
    "pitfalls": "Pitfalls",
}


def claims() -> Iterator[tuple[str, str, Claim]]:
    """Give every claim in order, after the name and the heading of its group."""
    for name, heading in GROUPS.items():
        for each in of_group(name):
            yield name, heading, each


def named(group: str, id: str) -> Claim:
    """Give the claim of this id; KeyError when its group has no such claim."""
    return {each.id: each for each in of_group(group)}[id]


def of_group(name: str) -> list[Claim]:
    """Give a group's claims in the order in which they are written."""
    module = import_module(f"experiments.{name}")
    return [each for each in vars(module).values() if isinstance(each, Claim)]
