"""What disturbs a run is told in words, and the run itself is no disturbance."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace

import psutil
import pytest

from compare.bench import disturbance
from compare.bench.disturbance import Reading
from compare.running.stopping import stop

pytestmark = pytest.mark.alone

BEFORE = Reading(
    total_seconds=1000,
    idle_seconds=500,
    stolen_seconds=10,
    core_stolen_seconds=4,
    own_seconds=50,
    swapped_mib=7,
    throttles=3,
)
# Ten seconds of two cores, of which the run took eleven and nobody took nine.
AFTER = replace(BEFORE, total_seconds=1020, idle_seconds=509, own_seconds=61)
BURN = "import time\nwhile time.process_time() < 0.5: pass"
# Ends at once, so that its child is nobody's, as other programs are. The child waits for a line,
# is busy, and waits again.
CHILD = f"print(flush=True); input(); exec({BURN!r}); print(flush=True); input()"
ORPHANING = f"""
import subprocess, sys
print(subprocess.Popen([sys.executable, "-c", {CHILD!r}], start_new_session=True).pid, flush=True)
"""


@pytest.fixture
def orphan() -> Iterator[tuple[psutil.Process, Callable[[], None]]]:
    """Another program, and what lets it be busy for half a second of CPU time."""
    with subprocess.Popen(
        [sys.executable, "-c", ORPHANING], stdin=-1, stdout=-1, text=True
    ) as parent:
        assert parent.stdin
        assert parent.stdout
        pid, stdin, stdout = int(parent.stdout.readline()), parent.stdin, parent.stdout
        assert stdout.readline() == "\n"
        parent.wait()

        def be_busy() -> None:
            stdin.write("\n")
            stdin.flush()
            assert stdout.readline() == "\n"

        yield psutil.Process(pid), be_busy
        stop(psutil.Process(pid), grace_seconds=0)


def own_seconds(disturbed: disturbance.Disturbance) -> float:
    """What the block took of the CPU by itself."""
    return disturbed.after.own_seconds - disturbed.before.own_seconds


@pytest.mark.parametrize(
    ("changed", "marks"),
    [
        ({}, []),
        ({"idle_seconds": 507.5}, []),
        ({"own_seconds": 57}, ["other programs used 0.4 of 2 cores"]),
        ({"own_seconds": 70}, []),
        ({"core_stolen_seconds": 4.9}, []),
        (
            {"core_stolen_seconds": 5.2, "stolen_seconds": 11.2, "idle_seconds": 507.8},
            ["the hypervisor took 12 % of the service's core"],
        ),
        ({"swapped_mib": 19}, ["the machine swapped 12 MiB"]),
        ({"swapped_mib": 7.9}, []),
        ({"throttles": 4}, ["the processor was throttled by heat"]),
    ],
)
def test_each_disturbance_is_told_in_one_sentence(
    changed: dict[str, float], marks: list[str]
) -> None:
    """What goes beyond its limit is marked, and nothing else."""
    after = replace(AFTER, **changed)  # type: ignore[arg-type]
    assert disturbance.marks_between(BEFORE, after, cores=2) == marks


def test_no_time_is_no_disturbance() -> None:
    """Two readings of the same moment tell nothing."""
    assert disturbance.marks_between(BEFORE, BEFORE, cores=2) == []


def test_child_of_ours_is_our_own() -> None:
    """What the instrument starts counts as its own time, also when it has ended."""
    with disturbance.watching() as disturbed:
        subprocess.run([sys.executable, "-c", BURN], check=True)
    # Not all of the half second: clocks tick in hundredths.
    assert own_seconds(disturbed) >= 0.4


def test_another_program_is_told(orphan: tuple[psutil.Process, Callable[[], None]]) -> None:
    """What nobody of ours started is a disturbance, and is seen in the machine's own counters."""
    _, be_busy = orphan
    with disturbance.watching() as disturbed:
        be_busy()
    idle_seconds = disturbed.after.idle_seconds - disturbed.before.idle_seconds
    assert disturbed.after.total_seconds - disturbed.before.total_seconds - idle_seconds >= 0.4
    assert own_seconds(disturbed) < 0.4
    assert any(mark.startswith("other programs used") for mark in disturbed.marks())


def test_server_that_takes_part_is_our_own(
    orphan: tuple[psutil.Process, Callable[[], None]],
) -> None:
    """A database server that was named is no disturbance, whoever started it."""
    server, be_busy = orphan
    with disturbance.watching(server, None) as disturbed:
        be_busy()
    assert own_seconds(disturbed) >= 0.4
