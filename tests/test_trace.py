"""What the ledger says of real services, beside what others say of the same requests."""

import gzip
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import ClassVar

import httpx
import psycopg
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from compare.bench.upstreams import Upstreams, upstreams_running
from compare.ledger import recording
from compare.registry.services import USUAL
from compare.running import databases
from compare.running.addresses import HOST
from compare.running.stopping import family
from tests.support.traced import Traced, all_spans, told, traced

pytestmark = [pytest.mark.slow, pytest.mark.exhaustive]

ON_A_LOOP, ON_THREADS = USUAL[:2], USUAL[2:]
CREATE = {"title": "Traced", "body": "A paragraph.", "author_id": 1, "tags": ["traced"]}
DELAY_MS = 30
IN_THE_LOG = re.compile(r"(?:statement|execute [^:]*): (?P<verb>\w+)")
OF_TRANSACTIONS = {"BEGIN", "COMMIT", "ROLLBACK", "SET", "SHOW"}


@pytest.fixture(scope="module")
def upstreams() -> Iterator[Upstreams]:
    """The simulator, slow enough for calls to be told apart."""
    with upstreams_running() as running:
        running.delay(DELAY_MS)
        yield running


def counted_by_the_service(answer: httpx.Response) -> int:
    """Give the statements that the service itself counted."""
    return int(answer.headers["server-timing"].split('sql;desc="')[1].rstrip('"'))


@pytest.mark.parametrize("name", USUAL)
@pytest.mark.parametrize("asked", [("GET", "/posts"), ("GET", "/posts/3"), ("POST", "/posts")])
def test_statements_are_those_that_the_service_counts(
    sqlite: databases.Databases,
    upstreams: Upstreams,
    tmp_path: Path,
    name: str,
    asked: tuple[str, str],
) -> None:
    """`Server-Timing` of the answer has the number of statements that the ledger has."""
    counts: list[int] = []

    def tell(service: Traced) -> None:
        answer = service.ask(*asked, json=CREATE if asked[0] == "POST" else None)
        counts.append(counted_by_the_service(answer))

    assert [told(name, sqlite, upstreams, tmp_path, tell).totals.statements] == counts
    assert counts[0] > 0


@pytest.mark.parametrize("name", USUAL)
def test_statements_are_those_in_the_log_of_postgresql(
    postgres: databases.Databases, upstreams: Upstreams, tmp_path: Path, name: str
) -> None:
    """The server's own log has as many statements as the ledger, for a page and for a create."""
    verbs: list[str] = []

    def tell(service: Traced) -> None:
        with psycopg.connect(service.database_url, autocommit=True) as connection:
            (folder,) = connection.execute("SHOW data_directory").fetchone() or ("",)
            connection.execute("ALTER SYSTEM SET log_statement = 'all'")
            connection.execute("SELECT pg_reload_conf()")
            log = Path(folder) / "log"
            service.client.get("/health")
            before = len(log.read_text())
            service.ask("GET", "/posts")
            service.ask("POST", "/posts", CREATE)
            written = log.read_text()[before:]
            connection.execute("ALTER SYSTEM RESET log_statement")
            connection.execute("SELECT pg_reload_conf()")
        verbs.extend(match["verb"].upper() for match in IN_THE_LOG.finditer(written))

    total = told(name, postgres, upstreams, tmp_path, tell).totals
    logged = [verb for verb in verbs if verb not in OF_TRANSACTIONS]
    assert total.statements == len(logged) > 0
    assert total.transactions == verbs.count("BEGIN") == 1


@pytest.mark.parametrize("name", USUAL)
def test_upstream_calls_are_the_hits_of_the_simulator(
    sqlite: databases.Databases, upstreams: Upstreams, tmp_path: Path, name: str
) -> None:
    """The simulator was called as often, and its calls overlap where the ledger's do."""
    log: list[dict[str, float]] = []

    def tell(service: Traced) -> None:
        httpx.delete(f"{upstreams.url}/log")
        service.ask("GET", "/dashboard")
        log.extend(httpx.get(f"{upstreams.url}/log").json()["log"])

    calls = told(name, sqlite, upstreams, tmp_path, tell).of_kind("upstream")
    assert len(calls) == len(log) == 3
    seen = sorted((hit["started_at_seconds"], hit["ended_at_seconds"]) for hit in log)
    ours = sorted((call.start_ms, call.end_ms) for call in calls)
    for stretches in (seen, ours):
        overlaps = [later[0] < earlier[1] for earlier, later in pairwise(stretches)]
        assert overlaps == [name in ON_A_LOOP] * 2


@pytest.mark.parametrize("name", USUAL)
def test_threads_are_threads_of_the_process(
    sqlite: databases.Databases, upstreams: Upstreams, tmp_path: Path, name: str
) -> None:
    """Each thread of the ledger is one that the system knows, or one that has ended."""
    known: set[int] = set()

    def tell(service: Traced) -> None:
        service.ask("GET", "/posts")
        for process in family(service.running.process):
            known.update(thread.id for thread in process.threads())

    told(name, sqlite, upstreams, tmp_path, tell)
    written = all_spans(tmp_path / name)
    started = sum(span.threads_started for span in written)
    assert len({span.thread for span in written if span.thread[0] not in known}) <= started


@pytest.mark.parametrize("name", USUAL)
def test_request_that_is_not_sampled_leaves_no_span(
    sqlite: databases.Databases, upstreams: Upstreams, tmp_path: Path, name: str
) -> None:
    """Only who asks for it pays for it."""
    with traced(name, sqlite, upstreams, tmp_path) as service:
        unsampled = recording.sampled().removesuffix("01") + "00"
        service.client.get("/posts", headers={"traceparent": unsampled})
    assert (tmp_path / name).read_text() == ""


class Collector(BaseHTTPRequestHandler):
    """Takes spans as an OpenTelemetry collector does, by OTLP over HTTP."""

    received: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        """Keep the ids of the spans."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            for scope in resource.scope_spans:
                self.received.extend(span.span_id.hex() for span in scope.spans)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_collector_gets_the_same_spans(
    sqlite: databases.Databases,
    upstreams: Upstreams,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With the standard variable of the reader's shell the spans go to that collector too."""
    with ThreadingHTTPServer((HOST, 0), Collector) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://{HOST}:{server.server_port}"
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
        told(USUAL[0], sqlite, upstreams, tmp_path, lambda service: service.ask("GET", "/posts"))
        server.shutdown()
    written = [span.id.removeprefix("0x") for span in all_spans(tmp_path / USUAL[0])]
    assert sorted(Collector.received) == sorted(written)
