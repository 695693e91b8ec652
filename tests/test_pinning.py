"""Processes are kept on their cores with all their threads and children, and let go again."""

import os
import sys
from collections.abc import Iterator

import psutil
import pytest

from compare.running import pinning
from compare.running.pinning import Cores
from compare.running.stopping import family, stop

CORES = pinning.split()
needs_cores = pytest.mark.skipif(CORES is None, reason="there are no two cores to choose from")
# Two threads and a child at first, and another thread and child once it is told to.
THREADED = """
import subprocess, sys, threading, time
CHILD = (sys.executable, "-c", "print(flush=True); input()")
def more():
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
    subprocess.Popen(CHILD, stdin=-1, stdout=-1).stdout.read(1)
    print("done", flush=True)
more()
input()
more()
input()
"""


@pytest.fixture
def threaded() -> Iterator[psutil.Popen]:
    """A process with threads and children."""
    with psutil.Popen([sys.executable, "-c", THREADED], stdin=-1, stdout=-1, text=True) as process:
        assert process.stdout.readline() == "done\n"
        yield process
        stop(process, grace_seconds=0)


def allowed(process: psutil.Process) -> list[set[int]]:
    """On which cores each thread of a process and of its children may run."""
    members = family(process)
    return [os.sched_getaffinity(thread.id) for member in members for thread in member.threads()]


@needs_cores
def test_every_thread_and_child_is_pinned_and_let_go(threaded: psutil.Popen) -> None:
    """Those that are there are moved, those that come later inherit, and all are let go."""
    assert CORES is not None
    before = os.sched_getaffinity(threaded.pid)
    with pinning.pinned(threaded, CORES.service) as could:
        assert could
        assert allowed(threaded) == [set(CORES.service)] * 3
        threaded.stdin.write("\n")
        threaded.stdin.flush()
        assert threaded.stdout.readline() == "done\n"
        assert allowed(threaded) == [set(CORES.service)] * 5
    assert allowed(threaded) == [before] * 5


@needs_cores
def test_instrument_goes_back_to_where_it_was() -> None:
    """Our own process is pinned for a block only, and a single core cannot be divided."""
    assert CORES is not None
    before = os.sched_getaffinity(0)
    with pinning.pinned(psutil.Process(), CORES.service):
        assert os.sched_getaffinity(0) == set(CORES.service)
        assert pinning.split() is None
    assert os.sched_getaffinity(0) == before


@needs_cores
def test_service_shares_its_core_with_nobody() -> None:
    """The two parts have no core in common, and hold none that is not ours to use."""
    assert CORES is not None
    assert not set(CORES.service) & set(CORES.others)
    assert {*CORES.service, *CORES.others} <= os.sched_getaffinity(0)
    assert len(CORES.service) == 1


def test_process_that_is_gone_is_no_error(threaded: psutil.Popen) -> None:
    """A process that ends while it is pinned hurts nobody."""
    with pinning.pinned(threaded, os.sched_getaffinity(0)):
        stop(threaded, grace_seconds=0)


@pytest.mark.parametrize(
    ("cores", "database", "sentence"),
    [
        (Cores((0,), (1,)), True, "service on core 0; load, upstreams and database on core 1"),
        (Cores((0,), (2, 3)), None, "service on core 0; load and upstreams on cores 2, 3"),
        (
            Cores((0,), (1,)),
            False,
            "service on core 0; load and upstreams on core 1; the database where its server is",
        ),
    ],
)
def test_sentence_says_who_runs_where(cores: Cores, database: bool | None, sentence: str) -> None:
    """It tells what is pinned, and what is not."""
    assert pinning.sentence(cores, database) == sentence


def test_sentence_says_that_nothing_is_pinned() -> None:
    """It tells why."""
    assert pinning.sentence(None, None).startswith("nothing is pinned: th")
