"""When the tasks of an event loop really ran: each step of a task, from one `await` to the next."""

import asyncio
import time
from collections.abc import Coroutine, Generator
from contextvars import ContextVar
from typing import Any

from opentelemetry import trace
from opentelemetry.trace import Span

from tracing.spans import tracer

# The request that the task has answered, or is answering.
of_task: ContextVar[Span] = ContextVar("of_task", default=trace.INVALID_SPAN)


class Stepwise(Coroutine[Any, Any, Any]):
    """A coroutine that records each step of another one as a span named `ran`.

    It belongs to the span that is current in the task when the step ends, or was when it began. The
    first step of a request begins before there is one, the last ends after it; a request that never
    waits has one step, for which `of_task` is kept.
    """

    def __init__(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        self._coroutine = coroutine
        self.__name__ = getattr(coroutine, "__name__", type(coroutine).__name__)
        self.__qualname__ = getattr(coroutine, "__qualname__", self.__name__)

    def send(self, value: Any) -> Any:
        """Run the next step."""
        return self._step(self._coroutine.send, value)

    def throw(self, *exception: Any) -> Any:
        """Run the next step with an exception."""
        return self._step(self._coroutine.throw, *exception)

    def close(self) -> None:
        """Close the coroutine."""
        self._coroutine.close()

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._coroutine.__await__()

    def _step(self, run: Any, *arguments: Any) -> Any:
        before = trace.get_current_span()
        began_at_ns, cpu_before_ns = time.time_ns(), time.thread_time_ns()
        try:
            return run(*arguments)
        finally:
            after = trace.get_current_span()
            current = (span for span in (after, before) if span.is_recording())
            of = next(current, of_task.get())
            if of.get_span_context().trace_flags.sampled:
                taken_ns = time.thread_time_ns() - cpu_before_ns
                tracer.start_span(
                    "ran",
                    context=trace.set_span_in_context(of),
                    attributes={"kind": "ran", "cpu_ns": taken_ns},
                    start_time=began_at_ns,
                ).end()


def watch(loop: asyncio.AbstractEventLoop) -> None:
    """Record the steps of every task that the loop starts from now on."""
    if loop.get_task_factory() is None:
        loop.set_task_factory(_task)


def _task(loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> asyncio.Task[Any]:
    return asyncio.Task(Stepwise(coroutine), loop=loop, **options)
