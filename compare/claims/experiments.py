"""Run experiments, each in a process and on a database of its own, as many at once as can be.

They live in the package `experiments`, which imports the frameworks; here it is known by its
commands only. Those that are timed run one at a time, after all others.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import psutil

from compare.errors import ExperimentError
from compare.registry.environment import environment
from compare.registry.project import PROJECT_ROOT
from compare.results.claims import NOT_ESTABLISHED, NOT_INSTALLED, Claim, Side
from compare.running import databases
from compare.running.last_words import last_words
from compare.running.processes import CORES
from compare.running.stopping import stop

LIST = (sys.executable, "-m", "experiments", "list")
WORKER = (sys.executable, "-m", "experiments.worker")
SIDES = ("usual", "beside")
AT_ONCE = CORES + 1  # each waits for a third of its time
DEADLINE_SECONDS = 120.0
POLL_SECONDS = 0.02

OnProgress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Entry:
    """A claim of the catalogue, and what its experiment needs: a database, modules, quiet."""

    claim: Claim
    database: str
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """What one side of a claim came to."""

    verdict: str
    evidence: dict[str, str]


@dataclass(frozen=True)
class Job:
    """An experiment to run: a claim, and which side of it (usual, beside or wrong)."""

    entry: Entry
    side: str = "usual"

    @property
    def key(self) -> tuple[str, str]:
        """The claim's id, and the side."""
        return self.entry.claim.id, self.side

    @property
    def name(self) -> str:
        """What a person calls it."""
        return f"{self.entry.claim.id}{'' if self.side == 'usual' else f' ({self.side})'}"


class Worker:
    """A process that runs one job after another; it writes its answers to a file, a line each."""

    def __init__(self, process: psutil.Popen, answers: TextIO, errors: Path) -> None:
        self.job: Job | None = None
        self._process = process
        self._answers = answers
        self._errors = errors
        self._line = ""
        self._deadline = 0.0

    def give(self, job: Job, database_url: str) -> None:
        """Have it run a job."""
        claim = job.entry.claim
        question = {"module": claim.module, "id": claim.id, "side": job.side}
        self.job = job
        self._deadline = time.monotonic() + DEADLINE_SECONDS
        with suppress(BrokenPipeError):  # it has died, which `answer` tells
            self._process.stdin.write(json.dumps(question | {"database_url": database_url}) + "\n")
            self._process.stdin.flush()

    def answer(self) -> tuple[Job, Answer] | None:
        """Give what its job came to, once that is known; ExperimentError when it failed."""
        if self.job is None:
            return None
        has_ended = self._process.poll() is not None
        self._line += self._answers.readline()
        if not self._line.endswith("\n"):
            if has_ended:
                words = last_words(self._errors.read_text(errors="replace"))
                raise ExperimentError(f"{self.job.name} failed: {words}")
            if time.monotonic() > self._deadline:
                raise ExperimentError(f"{self.job.name} did not end in {DEADLINE_SECONDS:.0f} s")
            return None
        answer, self._line = json.loads(self._line), ""
        if error := answer.get("error"):
            raise ExperimentError(f"{self.job.name} failed: {error}")
        job, self.job = self.job, None
        return job, Answer(**answer)


def read_catalogue() -> list[Entry]:
    """Give all claims in order; ExperimentError when the package cannot be imported."""
    try:
        catalogue = subprocess.run(
            LIST,
            cwd=PROJECT_ROOT,
            env=environment({}),
            capture_output=True,
            text=True,
            check=True,
        )
    except subprocess.CalledProcessError as error:
        raise ExperimentError(f"the catalogue of claims: {last_words(error.stderr)}") from error
    return [_read_entry(listed) for listed in json.loads(catalogue.stdout.splitlines()[-1])]


def run(
    entries: Sequence[Entry], on_progress: OnProgress, postgresql: str = "postgres"
) -> list[Claim]:
    """Run the experiments of these claims and of their counterparts; give what they came to.

    `postgresql` is `postgres`, which is embedded, or a server's URL. ExperimentError when one
    fails; DatabaseError when PostgreSQL is needed and cannot be had.
    """
    jobs = [Job(entry, side) for entry in entries for side in SIDES[: len(entry.claim.sides)]]
    answers = run_jobs([job for job in jobs if not job.entry.missing], on_progress, postgresql)
    return [
        entry.claim.model_copy(
            update={
                "sides": [
                    _with(side, answers.get((entry.claim.id, name)), entry.missing)
                    for side, name in zip(entry.claim.sides, SIDES, strict=False)
                ]
            }
        )
        for entry in entries
    ]


def run_jobs(
    jobs: Sequence[Job], on_progress: OnProgress, postgresql: str = "postgres"
) -> dict[tuple[str, str], Answer]:
    """Run these jobs, and hear after each how many of how many are done."""
    answers: dict[tuple[str, str], Answer] = {}
    together = [job for job in jobs if not job.entry.claim.timed]
    alone = [job for job in jobs if job.entry.claim.timed]
    with ExitStack() as stack:
        opened = {"sqlite": "sqlite", "postgresql": postgresql}
        sources = {
            kind: stack.enter_context(databases.open(opened[kind]))
            for kind in {job.entry.database for job in jobs}
        }
        for batch, at_once in ((together, AT_ONCE), (alone, 1)):
            for job, answer in _in_parallel(batch, at_once, sources):
                answers[job.key] = answer
                on_progress(job.name, len(answers), len(jobs))
    return answers


def _in_parallel(
    jobs: Sequence[Job], at_once: int, sources: dict[str, databases.Databases]
) -> Iterator[tuple[Job, Answer]]:
    waiting = list(jobs)
    with ExitStack() as stack:
        workers = [stack.enter_context(_worker()) for _ in range(min(at_once, len(jobs)))]
        while waiting or any(worker.job for worker in workers):
            for worker in workers:
                if answer := worker.answer():
                    yield answer
                if waiting and worker.job is None:
                    job = waiting.pop(0)
                    source = sources[job.entry.database]
                    worker.give(job, source.create(job.entry.claim.id))
            time.sleep(POLL_SECONDS)


@contextmanager
def _worker() -> Iterator[Worker]:
    with tempfile.TemporaryDirectory(prefix="compare-experiments-") as name:
        answers, errors = Path(name) / "answers.jsonl", Path(name) / "errors.txt"
        answers.touch()
        with answers.open("ab") as out, errors.open("wb") as err, answers.open() as lines:
            process = psutil.Popen(
                WORKER,
                cwd=PROJECT_ROOT,
                env=environment({}),
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=err,
                text=True,
                process_group=0,
            )
            try:
                yield Worker(process, lines, errors)
            finally:
                stop(process)
                process.stdin.close()


def _read_entry(listed: dict[str, Any]) -> Entry:
    database, missing = listed.pop("database"), tuple(listed.pop("missing"))
    return Entry(Claim(**listed), database, missing)


def _with(side: Side, answer: Answer | None, missing: Sequence[str]) -> Side:
    if answer is None:
        evidence = {NOT_INSTALLED: ", ".join(missing)}
        return side.model_copy(update={"verdict": NOT_ESTABLISHED, "evidence": evidence})
    return side.model_copy(update={"verdict": answer.verdict, "evidence": answer.evidence})
