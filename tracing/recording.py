"""Where spans go: into a file, a line of JSON each, and to a collector if one is named."""

import asyncio
import os
import threading
from pathlib import Path

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBased

FILE, SERVICE = "TRACING_FILE", "TRACING_SERVICE"
COLLECTOR = "OTEL_EXPORTER_OTLP_ENDPOINT"
MOST_SPANS = 200_000  # that wait to be written: a burst of requests, and not one of them dropped
WRITTEN_AFTER_MS = 50.0


# What a framework's own spans are called here.
KINDS = {
    "fastapi.dependencies": "dependencies",
    "fastapi.endpoint": "view",
    "fastapi.serialization": "serialisation",
}


class Places(SpanProcessor):
    """Notes of each span where it began: on which thread, and in which task of an event loop."""

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Add the attributes; `thread.*` are OpenTelemetry's own names."""
        span.set_attribute("thread.id", threading.get_native_id())
        span.set_attribute("thread.name", threading.current_thread().name)
        if task := current_task():
            span.set_attribute("task.name", task.get_name())
        attributes = span.attributes or {}
        if "kind" not in attributes:
            span.set_attribute("kind", KINDS.get(span.name, "application"))
            function = str(attributes.get("code.function.name", span.name))
            span.update_name(function.rpartition(".")[2])


def current_task() -> "asyncio.Task[object] | None":
    """Give the task that runs on this thread; None where no event loop does."""
    try:
        return asyncio.current_task()
    except RuntimeError:
        return None


def begin() -> None:
    """Write the spans of sampled requests from now on."""
    resource = Resource.create({"service.name": os.environ.get(SERVICE, "service")})
    provider = TracerProvider(sampler=ParentBased(ALWAYS_OFF), resource=resource)
    provider.add_span_processor(Places())
    if FILE in os.environ:
        out = Path(os.environ[FILE]).open("a", encoding="utf-8")  # noqa: SIM115  # till the end
        provider.add_span_processor(_batched(ConsoleSpanExporter(out=out, formatter=_line)))
    if COLLECTOR in os.environ:
        # Imported where it is wanted, since it takes as long as all the rest.
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        provider.add_span_processor(_batched(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)


def _batched(exporter: SpanExporter) -> BatchSpanProcessor:
    return BatchSpanProcessor(
        exporter, max_queue_size=MOST_SPANS, schedule_delay_millis=WRITTEN_AFTER_MS
    )


def _line(span: ReadableSpan) -> str:
    line: str = span.to_json(indent=None)
    return line + "\n"
