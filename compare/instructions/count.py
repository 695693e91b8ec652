"""Instructions per request: a figure that repeats to a percent, however busy the machine is.

Each service is asked in-process (`compare.instructions.in_process`) under valgrind's cachegrind,
which counts every instruction of the process, its libraries and threads included. The figure leaves
out the server, the reading of HTTP, the kernel, and all waiting: it is no speed. It moves when the
code does, and so shows a regression that a stopwatch would miss. The database is SQLite; upstreams
are asked over real sockets, but the simulator is another process and is not counted.
"""

import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import which

import psutil

from compare.errors import InstructionsError
from compare.instructions.in_process import REQUESTS as COUNTED_REQUESTS
from compare.instructions.in_process import Question
from compare.instructions.record import InstructionCount
from compare.registry.environment import environment, settings
from compare.registry.project import PROJECT_ROOT
from compare.registry.services import Service
from compare.running import databases, launch
from compare.running.last_words import last_words
from compare.running.processes import CORES
from compare.running.requests import REQUESTS
from compare.running.stopping import stop

DETAIL_ID = "11"  # a post with three tags
POLL_SECONDS = 0.2
UPSTREAM_TIMEOUT_SECONDS = "60"  # valgrind slows everything down thirtyfold
SUMMARY = re.compile(r"^summary: (\d+)", re.MULTILINE)

# Fair scheduling of threads lets runs agree; the caches are named so that none is asked for.
VALGRIND: tuple[str, ...] = (
    "valgrind",
    "--quiet",
    "--tool=cachegrind",
    "--cache-sim=no",
    "--fair-sched=yes",
)
VALGRIND += ("--I1=32768,8,64", "--D1=32768,8,64", "--LL=8388608,16,64")

OnProgress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Counting:
    """A service that is being counted: valgrind's process, its output, and where counts appear."""

    service: Service
    process: psutil.Popen
    folder: Path

    @property
    def readings(self) -> list[tuple[str, Path]]:
        """The endpoint and the file of each reading so far."""
        # What comes after the last line's end is a line that is still being written.
        lines = (self.folder / "output.txt").read_text(encoding="utf-8").split("\n")[:-1]
        return [(endpoint, self.folder / pid) for endpoint, pid in map(str.split, lines)]

    def is_running(self) -> bool:
        """Say whether it still runs; InstructionsError when it failed."""
        code = self.process.poll()
        if code:
            words = last_words((self.folder / "errors.txt").read_text(errors="replace"))
            raise InstructionsError(f"{self.service.name} under valgrind: {words}")
        return code is None

    def counts(self) -> list[InstructionCount]:
        """Give the finished counts."""
        totals: dict[str, list[int]] = {}
        for endpoint, file in self.readings:
            total = SUMMARY.search(file.read_text(errors="replace"))
            if total is None:
                raise InstructionsError(f"{self.service.name}: valgrind wrote no count to {file}")
            totals.setdefault(endpoint, []).append(int(total[1]))
        return [
            InstructionCount(
                service=self.service.name,
                endpoint=endpoint,
                instructions_per_request=round((after - before) / COUNTED_REQUESTS),
            )
            for endpoint, (before, after) in totals.items()
        ]


def missing() -> str:
    """Say what is missing here to count instructions; empty when nothing is."""
    return "" if which("valgrind") else "valgrind is not installed: apt-get install valgrind"


def measure(
    services: Sequence[Service], endpoints: Sequence[str], on_progress: OnProgress
) -> list[InstructionCount]:
    """Count each endpoint of each service, as many services at once as there are cores.

    `on_progress` hears what is done, and how many counts of how many there are. InstructionsError
    when valgrind is missing or a service fails; those of `launch` and `databases` pass through.
    """
    if missing():
        raise InstructionsError(missing())
    questions = [question(endpoint) for endpoint in endpoints]
    begun: list[Counting] = []
    with ExitStack() as stack:
        source = stack.enter_context(databases.open("sqlite"))
        upstreams = stack.enter_context(launch.upstreams_running())
        while len(begun) < len(services) or any([process.is_running() for process in begun]):
            room = CORES - sum(process.is_running() for process in begun)
            for service in services[len(begun) :][:room]:
                counting = _counting(service, source, upstreams.url, questions)
                begun.append(stack.enter_context(counting))
            done = sum(len(process.readings) // 2 for process in begun)
            on_progress("counting instructions", done, len(services) * len(questions))
            time.sleep(POLL_SECONDS)
        return [count for process in begun for count in process.counts()]


@contextmanager
def _counting(
    service: Service, source: databases.Databases, upstreams_url: str, questions: list[Question]
) -> Iterator[Counting]:
    url = source.create(service.name)
    launch.migrate(service, url)
    databases.fill(url)
    timeout = {"UPSTREAM_TIMEOUT_SECONDS": UPSTREAM_TIMEOUT_SECONDS}
    chosen = settings(service, url, upstreams_url, **timeout)
    # The order of sets, and so of some work, hangs on the hash seed.
    chosen |= {"PYTHONHASHSEED": "0", "PYTHONWARNINGS": "ignore"}
    with tempfile.TemporaryDirectory(prefix="compare-instructions-") as name:
        folder = Path(name)
        command = [*VALGRIND, f"--cachegrind-out-file={folder}/%p", sys.executable]
        command += ["-m", "compare.instructions.in_process", _door(service), json.dumps(questions)]
        with (folder / "output.txt").open("wb") as out, (folder / "errors.txt").open("wb") as err:
            process = psutil.Popen(
                command,
                cwd=PROJECT_ROOT,
                env=environment(chosen),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                process_group=0,
            )
        try:
            yield Counting(service, process, folder)
        finally:
            stop(process)


def _door(service: Service) -> str:
    return next(part for part in service.command if re.fullmatch(r"[\w.]+:\w+", part))


def question(endpoint: str) -> Question:
    """Give what is asked of an endpoint: what the load asks, the same each time."""
    request = REQUESTS[endpoint]
    return Question(
        endpoint=endpoint,
        method=request.method,
        path=request.path.replace("{id}", DETAIL_ID),
        body=json.dumps(dict(request.json)) if request.json else "",
        status=request.status,
        contains=request.contains,
    )
