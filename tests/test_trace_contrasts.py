"""What the ledger shows of the async models, in services that run here."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from compare.bench.upstreams import Upstreams, upstreams_running
from compare.cli import app
from compare.ledger import recording
from compare.ledger.contrasts import shown
from compare.registry.services import SERVICES, USUAL
from compare.running import databases
from tests.support.traced import told

pytestmark = [pytest.mark.slow, pytest.mark.exhaustive]

ON_A_LOOP = USUAL[:2]


@pytest.fixture(scope="module")
def upstreams() -> Iterator[Upstreams]:
    """The simulator."""
    with upstreams_running() as running:
        yield running


def test_hops_are_those_that_the_claims_give(
    postgres: databases.Databases, upstreams: Upstreams, tmp_path: Path
) -> None:
    """On PostgreSQL one framework's coroutines hop to a thread, the other's do not hop at all."""
    timelines = {
        name: told(
            name, postgres, upstreams, tmp_path, lambda service: service.ask("GET", "/posts")
        )
        for name in USUAL
    }
    hops = [{hop.name for hop in drawn.of_kind("hop")} for drawn in timelines.values()]
    assert hops == [{"sync_to_async"}, set(), set(), {"run_in_threadpool"}]
    assert [drawn.is_on_a_loop for drawn in timelines.values()] == [True, True, False, True]


def test_gathered_queries_overlap_in_one_framework_only(
    postgres: databases.Databases, upstreams: Upstreams
) -> None:
    """The ORM of one has a thread for a request, and so a query at a time; the other's overlap."""
    asked = recording.Asked("gathered-queries", 1, 0)
    services = [SERVICES[name] for name in ON_A_LOOP]
    sentences = [
        [contrast.sentence for contrast in shown(drawn)]
        for drawn in recording.record(services, [asked], postgres, upstreams)
    ]
    assert ["in turn" in " ".join(said) for said in sentences] == [True, False]
    assert ["gathered overlap" in " ".join(said) for said in sentences] == [False, True]


def test_call_that_blocks_holds_the_loop_and_one_on_a_thread_does_not(
    sqlite: databases.Databases, upstreams: Upstreams
) -> None:
    """Eight requests at once: in a coroutine that blocks they follow each other on the loop."""
    held_ms = {}
    for endpoint in ("blocking-call", "await"):
        asked = recording.Asked(endpoint, 8, 0)
        services = [SERVICES[name] for name in ON_A_LOOP]
        for drawn in recording.record(services, [asked], sqlite, upstreams):
            assert drawn.concurrent == 8
            held_ms[endpoint, drawn.service] = drawn.totals.loop_held_ms
    for name in ON_A_LOOP:
        assert held_ms["blocking-call", name] > held_ms["await", name]


def test_command_draws_the_usual_services_and_writes_files_for_viewers(tmp_path: Path) -> None:
    """There is a drawing of each in the terminal and as SVG, and one file for Perfetto."""
    ended = CliRunner().invoke(app, ["trace", "dashboard", "--output", str(tmp_path)])
    assert ended.exit_code == 0
    for name in USUAL:
        assert f"{name}, dashboard:" in ended.output
        assert (tmp_path / f"trace-{name}.svg").read_text().startswith("<svg")
    assert json.loads((tmp_path / "trace.json").read_text())["traceEvents"]
