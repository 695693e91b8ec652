"""What a run costs is what its processes and its database really took."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest
from sqlalchemy import text

from compare.bench import costs
from compare.errors import DatabaseError
from compare.running import databases, launch
from compare.running.addresses import free_port

SQLITE_URL = "sqlite:///nowhere.sqlite3"
MEMORY_MIB, THREADS, CPU_SECONDS = 50, 7, 0.5
# Waits for a line, then takes what the constants say, the CPU time in a child that ends.
GREEDY = f"""
import subprocess, sys, threading, time
BURN = "import time\\nwhile time.process_time() < {CPU_SECONDS}: pass"
input()
held = b"x" * ({MEMORY_MIB} << 20)
for _ in range({THREADS}):
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
subprocess.run([sys.executable, "-c", BURN])
print("done", flush=True)
input()
"""
BUSY = text("SELECT count(*) FROM generate_series(1, 3000000)")


@pytest.fixture
def greedy() -> Iterator[launch.Running]:
    """A process that takes much once it is told to."""
    process = psutil.Popen([sys.executable, "-c", GREEDY], stdin=-1, stdout=-1, text=True)
    with process:
        running = launch.Running("greedy", "", process, Path())
        yield running
        running.kill()


def tell(running: launch.Running) -> None:
    """Let the greedy process work, and wait until it has."""
    running.process.stdin.write("\n")
    running.process.stdin.flush()
    assert running.process.stdout.readline() == "done\n"


def test_cost_is_what_the_processes_took(greedy: launch.Running) -> None:
    """CPU time of finished children, memory and threads at their peak are in the cost."""
    idle_mib, idle_threads = costs.idle(greedy)
    with costs.watching(greedy, SQLITE_URL) as watch, watch.turn():
        tell(greedy)
    cost = watch.cost(requests=10, client_cpu_seconds=0.5, duration_seconds=2)
    assert idle_threads == 1
    assert cost.peak_threads == 1 + THREADS
    # Not all of it: clocks tick in hundredths.
    assert cost.service_cpu_ms_per_request >= 0.9 * CPU_SECONDS * 1000 / 10
    assert cost.client_cores == 0.25
    assert (cost.database_cpu_ms_per_request, cost.peak_connections) == (None, None)
    if not Path("/proc/self/smaps_rollup").exists():
        pytest.skip("this system does not tell the proportional set size")
    assert idle_mib is not None
    assert cost.peak_memory_mib is not None
    assert cost.peak_memory_mib >= idle_mib + MEMORY_MIB


def test_what_was_taken_before_the_block_is_not_its_cost(greedy: launch.Running) -> None:
    """CPU time is counted from the beginning of the block."""
    tell(greedy)
    with costs.watching(greedy, SQLITE_URL) as watch, watch.turn():
        pass
    assert watch.cost(1, 0, 1).service_cpu_ms_per_request < CPU_SECONDS * 1000 / 2


def test_service_that_vanishes_leaves_a_cost(greedy: launch.Running) -> None:
    """Whoever watches a process that ends is not hurt by it."""
    with costs.watching(greedy, SQLITE_URL) as watch, watch.turn():
        greedy.kill()
    assert watch.cost(1, 0, 1).peak_threads <= 1


def test_postgresql_counts_connections_and_its_own_time(
    greedy: launch.Running, postgres: databases.Databases
) -> None:
    """The connections are those of others; the CPU time is that of the server's processes."""
    with ExitStack() as opened:
        url = postgres.create("watched")
        with costs.watching(greedy, url) as watch, watch.turn():
            for _ in range(3):
                opened.enter_context(databases.engine(url).connect()).execute(BUSY)
        cost = watch.cost(requests=1, client_cpu_seconds=0, duration_seconds=1)
        assert watch.database_server is not None
        assert cost.peak_connections == 3
        assert cost.database_cpu_ms_per_request is not None
        assert cost.database_cpu_ms_per_request > 100
        assert cost.service_cpu_ms_per_request < cost.database_cpu_ms_per_request


def test_database_that_is_away_cannot_be_watched(greedy: launch.Running) -> None:
    """It is one line that says so."""
    url = f"postgresql://127.0.0.1:{free_port()}/nothing"
    with (
        pytest.raises(DatabaseError, match="the database cannot be watched: .*refused"),
        costs.watching(greedy, url),
    ):
        pytest.fail("there is no server")
