"""All claims, grouped as a reader meets them."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module

from experiments.apparatus import site  # noqa: F401  (it sets Django up, before any model)
from experiments.claim import Claim


@dataclass(frozen=True)
class Group:
    """A group of claims: its package here, its heading, and its modules in their order."""

    name: str
    heading: str
    modules: tuple[str, ...]


GROUPS = (
    Group("wsgi_and_asgi", "WSGI and ASGI", ("interfaces", "protocols")),
    Group("first_async_view", "A first async view", ("from_def", "detection")),
    Group("when_it_pays", "When it pays", ("single_requests", "many_waiting")),
    Group("async_orm", "The async ORM", ("methods", "iteration", "threads")),
    Group("relations", "Relations", ("lazy", "loaded")),
    Group("concurrent_calls", "Concurrent calls", ("upstreams",)),
    Group(
        "adapters",
        "Adapters",
        ("blocking_code", "thread_sensitive", "request_user", "async_from_sync"),
    ),
    Group("middleware", "Middleware", ("flags", "hops")),
    Group("servers", "Servers", ("needed", "http2", "websockets", "workers", "speed")),
    Group("coexistence", "Sync and async together", ("sync_views", "async_under_wsgi")),
    Group("fastapi_beside", "FastAPI beside it", ("endpoints", "orms")),
    Group("transactions", "Transactions", ("atomic", "of_requests", "together")),
    Group(
        "disconnects",
        "Clients that go away, and what requests leave behind",
        ("in_transactions", "in_streams", "on_servers", "tasks", "connections"),
    ),
    Group(
        "pitfalls",
        "Pitfalls",
        (
            "at_once",
            "connections",
            "threads",
            "thread_pool",
            "context_variables",
            "sessions",
            "sqlite",
            "streams",
            "clients",
        ),
    ),
)


def modules() -> Iterator[tuple[Group, str]]:
    """Give every module that has claims, such as "relations.lazy", after its group."""
    for group in GROUPS:
        for name in group.modules:
            yield group, f"{group.name}.{name}"


def of_module(name: str) -> list[Claim]:
    """Give a module's claims in the order in which they are written."""
    module = import_module(f"experiments.{name}")
    return [claim for claim in vars(module).values() if isinstance(claim, Claim)]
