"""How the hooks make spans: nothing is made where the request is not traced."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Literal

from opentelemetry import trace

Kind = Literal[
    "request",
    "application",
    "middleware",
    "dependencies",
    "view",
    "hop",
    "piece",
    "statement",
    "transaction",
    "pool",
    "connection",
    "upstream",
    "validation",
    "serialisation",
    "ran",
]
tracer = trace.get_tracer("tracing")


def is_traced() -> bool:
    """Whether what runs here belongs to a request that is traced."""
    return trace.get_current_span().is_recording()


@contextmanager
def span(kind: Kind, name: str, **attributes: str) -> Iterator[None]:
    """Record what the block takes, from its begin to its end, whatever it waits for."""
    if not is_traced():
        yield
        return
    with tracer.start_as_current_span(
        name,
        attributes={"kind": kind, **attributes},
        record_exception=False,
        set_status_on_exception=False,
    ):
        yield


@contextmanager
def work(kind: Kind, name: str, **attributes: str) -> Iterator[None]:
    """Record a block that stays on its thread, and the CPU time that it takes there."""
    with span(kind, name, **attributes), on_cpu():
        yield


@contextmanager
def on_cpu() -> Iterator[None]:
    """Note on the current span the CPU time that this thread takes in the block."""
    current = trace.get_current_span()
    before_ns = time.thread_time_ns()
    try:
        yield
    finally:
        current.set_attribute("cpu_ns", time.thread_time_ns() - before_ns)


def name_of(function: Callable[..., Any]) -> str:
    """Give a function's name, inside of what binds arguments to it or runs it for others."""
    while isinstance(function, partial):
        inner = function.keywords.get("function")  # a runner that is told what to run
        function = inner if callable(inner) else function.func
    return getattr(function, "__qualname__", type(function).__qualname__)
