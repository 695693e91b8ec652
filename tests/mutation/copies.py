"""Copies of the project that hold the mutants, and the workers that run in them, side by side."""

import compileall
import os
import py_compile
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

from compare.registry.project import PROJECT_ROOT
from compare.running import stopping

POLL_SECONDS = 1.0
GRACE_SECONDS = 30.0  # in which a worker stops what it has started
LISTING = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")


class WorkerFailed(Exception):
    """A worker could not judge its mutants; it has said why."""


@contextmanager
def copies(count: int) -> Iterator[list[Path]]:
    """Give copies of the files that git knows, as they are now; gone when the block ends."""
    listing = subprocess.run(LISTING, cwd=PROJECT_ROOT, check=True, capture_output=True, text=True)
    names = [name for name in listing.stdout.split("\0") if (PROJECT_ROOT / name).is_file()]
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        yield [_copy(names, Path(folder) / str(number)) for number in range(count)]


def _copy(names: Sequence[str], folder: Path) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(PROJECT_ROOT / name, folder / name)
    # By its hash Python sees that a module has changed; by its time it might not, within a second.
    by_hash = py_compile.PycInvalidationMode.CHECKED_HASH
    compileall.compile_dir(folder, quiet=1, invalidation_mode=by_hash)
    return folder


def work(tasks: Sequence[Sequence[str]], places: Sequence[Path]) -> None:
    """Run a worker for each task, one in each copy at a time; WorkerFailed when one fails."""
    waiting, running = list(tasks), dict[psutil.Popen, Path]()
    try:
        while waiting or running:
            for place in [place for place in places if place not in running.values()]:
                if waiting:
                    running[_start(waiting.pop(0), place)] = place
            psutil.wait_procs(list(running), timeout=POLL_SECONDS)
            for process in [process for process in running if process.poll() is not None]:
                del running[process]
                if process.returncode:
                    raise WorkerFailed
    finally:
        for process in running:
            stopping.stop(process, grace_seconds=GRACE_SECONDS)


def _start(task: Sequence[str], place: Path) -> psutil.Popen:
    command = [sys.executable, "-m", "tests.mutation.worker", *task]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    return psutil.Popen(command, cwd=place, env=environment, process_group=0)
