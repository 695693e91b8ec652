"""`compare trace`: where a service's code runs while it answers a request, or many at once."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from compare.bench.upstreams import upstreams_running
from compare.commands.choosing import chosen_services
from compare.commands.endings import fail, one_line
from compare.commands.options import COMPARISON, Database, Names, Output, make
from compare.commands.unknown import advice
from compare.errors import CompareError
from compare.ledger.recording import Asked, command, record
from compare.ledger.trace_events import trace_events
from compare.registry.services import SERVICES, USUAL, Service
from compare.results.model import Results
from compare.results.timelines import Timeline
from compare.running import databases
from compare.running.requests import ENDPOINTS, GATHERED, WAITS
from compare.terminal.console import err, out
from compare.terminal.timelines import print_timelines

TRACED = (*ENDPOINTS, *WAITS, GATHERED)
# Only a coroutine has these; a blocking service has nothing but its threads to wait in.
OF_COROUTINES = ("await", "blocking-call", GATHERED)
USUAL_DELAY_MS = 50.0
Endpoint = Annotated[str, typer.Argument(help=f"one of {', '.join(TRACED)}", show_default=False)]
Concurrent = Annotated[int, typer.Option(min=1, max=256, help="so many requests at once")]
Delay = Annotated[float, typer.Option(min=0, max=900, help="what each upstream takes")]


def trace(
    services: Names = None,
    endpoint: Endpoint = "",
    concurrent: Concurrent = 1,
    database: Database = "sqlite",
    upstream_delay_ms: Delay = USUAL_DELAY_MS,
    output: Output = COMPARISON,
) -> None:
    """Draw where the code of the four usual services, or of those named, runs for one request.

    What each `await` and each thread did, as spans: here, as trace.json for Perfetto and others,
    and as SVG. With OTEL_EXPORTER_OTLP_ENDPOINT the same spans go to that collector.
    """
    if endpoint not in TRACED:
        fail(f"the endpoint comes last, and none is named {endpoint!r}; {advice(endpoint, TRACED)}")
    usual = [name for name in USUAL if not _lacks(SERVICES[name], endpoint)]
    chosen = chosen_services(services, database, usual)
    for service in chosen:
        if _lacks(service, endpoint):
            fail(f"{service.name} is blocking, and {endpoint} is of coroutines only")
    asked = Asked(endpoint, concurrent, upstream_delay_ms)
    with one_line():
        for service in chosen:
            command(service, endpoint)  # says so at once when it cannot be traced
        make(output)
        with databases.open(database) as source, upstreams_running() as upstreams:
            timelines = record(chosen, [asked], source, upstreams)
        print_timelines(timelines)
        _write(timelines, output)


def _lacks(service: Service, endpoint: str) -> bool:
    return service.async_model == "blocking" and endpoint in OF_COROUTINES


def add_timelines(results: Results, database: str | None) -> Results:
    """Put the timelines of a run's services on each endpoint into its results.

    Without a database it is of the run's kind. What cannot be traced is left out, and why is said:
    a run is whole without it.
    """
    database = database or ("sqlite" if results.database.startswith("SQLite") else "postgres")
    names = [run.name for run in results.services if run.name not in results.not_timed]
    services = [SERVICES[name] for name in names if SERVICES[name].is_traceable]
    questions = [Asked(endpoint, 1, USUAL_DELAY_MS) for endpoint in ENDPOINTS]
    for name in set(names) - {service.name for service in services}:
        err.print(f"no timelines of {name}, which cannot be traced", markup=False, soft_wrap=True)
    timelines: list[Timeline] = []
    try:
        if services:
            with databases.open(database) as source, upstreams_running() as upstreams:
                timelines = record(services, questions, source, upstreams)
    except CompareError as error:
        err.print(f"no timelines: {error}", markup=False, soft_wrap=True)
    return results.model_copy(
        update={"survey": results.survey.model_copy(update={"timelines": timelines})}
    )


def _write(timelines: Sequence[Timeline], folder: Path) -> None:
    from compare.report.timelines import drawing

    file = folder / "trace.json"
    file.write_text(json.dumps(trace_events(timelines)), encoding="utf-8")
    longest_ms = max(timeline.duration_ms for timeline in timelines)
    for timeline in timelines:
        drawn = folder / f"trace-{timeline.service}.svg"
        drawn.write_text(drawing(timeline, longest_ms), encoding="utf-8")
    out.print(f"{file}: open it in Perfetto, Chrome or speedscope", markup=False, soft_wrap=True)
