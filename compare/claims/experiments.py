"""Run experiments, each in a process and on a database of its own, as many at once as can be.

They live in the package `experiments`, which imports the frameworks; here it is known by its
command only. Those that are timed run one at a time, after all others.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from compare import databases
from compare.checking import CORES
from compare.claimed import NOT_ESTABLISHED, NOT_INSTALLED, Claim, Side
from compare.environment import environment
from compare.services import PROJECT_ROOT
from compare.stopping import stop

EXPERIMENTS = (sys.executable, "-m", "experiments")
SIDES = ("usual", "beside")
AT_ONCE = CORES + 1  # each waits for a third of its time
DEADLINE_SECONDS = 120.0
POLL_SECONDS = 0.02

OnProgress = Callable[[str, int, int], None]


class ExperimentError(Exception):
    """An experiment that cannot be run; the message is one line that says why."""


@dataclass(frozen=True)
class Described:
    """A claim of the catalogue, and what its experiment needs: a database, modules, quiet."""

    claim: Claim
    database: str
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Found:
    """What one side of a claim came to."""

    verdict: str
    evidence: dict[str, str]


@dataclass(frozen=True)
class Job:
    """An experiment to run: a claim, and which side of it (usual, beside or wrong)."""

    described: Described
    side: str = "usual"

    @property
    def key(self) -> tuple[str, str]:
        """The claim's id, and the side."""
        return self.described.claim.id, self.side

    @property
    def name(self) -> str:
        """What a person calls it."""
        return f"{self.described.claim.id}{'' if self.side == 'usual' else f' ({self.side})'}"


@dataclass(frozen=True)
class Running:
    """A job's process, what it writes to, and when it has taken too long."""

    job: Job
    process: psutil.Popen
    folder: Path
    deadline: float

    def ended(self) -> bool:
        """Say whether it has ended; ExperimentError when it takes too long."""
        if self.process.poll() is not None:
            return True
        if time.monotonic() > self.deadline:
            raise ExperimentError(f"{self.job.name} did not end in {DEADLINE_SECONDS:.0f} s")
        return False

    def found(self) -> Found:
        """Give what it found; ExperimentError when it failed."""
        if self.process.returncode:
            words = (self.folder / "errors.txt").read_text(errors="replace").strip().splitlines()
            raise ExperimentError(f"{self.job.name} failed: {words[-1] if words else 'no word'}")
        lines = (self.folder / "output.txt").read_text(encoding="utf-8").splitlines()
        return Found(**json.loads(lines[-1]))


def catalogue() -> list[Described]:
    """Give all claims in order; ExperimentError when the package cannot be imported."""
    try:
        listed = subprocess.run(
            [*EXPERIMENTS, "list"],
            cwd=PROJECT_ROOT,
            env=environment({}),
            capture_output=True,
            text=True,
            check=True,
        )
    except subprocess.CalledProcessError as error:
        last = (error.stderr.strip().splitlines() or [str(error)])[-1]
        raise ExperimentError(f"the catalogue of claims: {last}") from error
    return [_described(each) for each in json.loads(listed.stdout.splitlines()[-1])]


def run(
    every: Sequence[Described], on_progress: OnProgress, postgresql: str = "postgres"
) -> list[Claim]:
    """Run the experiments of these claims and of their counterparts; give what they came to.

    `postgresql` is `postgres`, which is embedded, or a server's URL. ExperimentError when one
    fails; DatabaseError when PostgreSQL is needed and cannot be had.
    """
    jobs = [Job(each, side) for each in every for side in SIDES[: len(each.claim.sides)]]
    found = run_jobs([job for job in jobs if not job.described.missing], on_progress, postgresql)
    return [
        each.claim.model_copy(
            update={
                "sides": [
                    _with(side, found.get((each.claim.id, name)), each.missing)
                    for side, name in zip(each.claim.sides, SIDES, strict=False)
                ]
            }
        )
        for each in every
    ]


def run_jobs(
    jobs: Sequence[Job], on_progress: OnProgress, postgresql: str = "postgres"
) -> dict[tuple[str, str], Found]:
    """Run these jobs, and hear after each how many of how many are done."""
    found: dict[tuple[str, str], Found] = {}
    together = [job for job in jobs if not job.described.claim.timed]
    alone = [job for job in jobs if job.described.claim.timed]
    with ExitStack() as stack:
        opened = {"sqlite": "sqlite", "postgresql": postgresql}
        sources = {
            kind: stack.enter_context(databases.open(opened[kind]))
            for kind in {job.described.database for job in jobs}
        }
        for batch, at_once in ((together, AT_ONCE), (alone, 1)):
            for job, each in _in_parallel(batch, at_once, sources):
                found[job.key] = each
                on_progress(job.name, len(found), len(jobs))
    return found


def _in_parallel(
    jobs: Sequence[Job], at_once: int, sources: dict[str, databases.Databases]
) -> Iterator[tuple[Job, Found]]:
    waiting = list(jobs)
    with ExitStack() as stack:
        running: list[Running] = []
        while waiting or running:
            while waiting and len(running) < at_once:
                job = waiting.pop(0)
                running.append(stack.enter_context(_started(job, sources)))
            for each in [each for each in running if each.ended()]:
                running.remove(each)
                yield each.job, each.found()
            time.sleep(POLL_SECONDS)


@contextmanager
def _started(job: Job, sources: dict[str, databases.Databases]) -> Iterator[Running]:
    claim = job.described.claim
    url = sources[job.described.database].create(claim.id)
    with tempfile.TemporaryDirectory(prefix="compare-experiment-") as name:
        folder = Path(name)
        with (folder / "output.txt").open("wb") as out, (folder / "errors.txt").open("wb") as err:
            process = psutil.Popen(
                [*EXPERIMENTS, "run", claim.module, claim.id, job.side],
                cwd=PROJECT_ROOT,
                env=environment({"EXPERIMENT_DATABASE_URL": url}),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                process_group=0,
            )
        try:
            yield Running(job, process, folder, time.monotonic() + DEADLINE_SECONDS)
        finally:
            stop(process)


def _described(listed: dict[str, Any]) -> Described:
    database, missing = listed.pop("database"), tuple(listed.pop("missing"))
    return Described(Claim(**listed), database, missing)


def _with(side: Side, found: Found | None, missing: Sequence[str]) -> Side:
    if found is None:
        evidence = {NOT_INSTALLED: ", ".join(missing)}
        return side.model_copy(update={"verdict": NOT_ESTABLISHED, "evidence": evidence})
    return side.model_copy(update={"verdict": found.verdict, "evidence": found.evidence})
