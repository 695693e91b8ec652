"""What kills a mutant: tests that ask a service over HTTP, above all the contract suite.

All of it runs in a copy of the project that holds the mutant, in processes of their own.
"""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial

from compare.contract import suite
from compare.registry.project import PROJECT_ROOT
from tests.mutation.forked import SUITE
from tests.mutation.modules import first_tests, own_tests, services
from tests.mutation.quick import Failure, quick_suite

# How a failure reads that only says that something took too long.
TOO_LONG = re.compile(r"Timeout|was not ready after|migrations never ended")


@dataclass(frozen=True)
class Kill:
    """What found a mutant, and whether all that it found was that something took too long."""

    by: str
    is_timeout: bool = False


Judge = Callable[[], Kill | None]


@contextmanager
def quickly(module: str) -> Iterator[Judge]:
    """Ask the contract tests that need no more than one process of the module's first service."""
    first = [SUITE / f"{name}.py" for name in first_tests(module)]
    others = sorted(set(SUITE.glob("test_*.py")) - set(first))
    with quick_suite(services(module)[0]) as quick:
        yield lambda: _kill(quick.failure(first, others))


@contextmanager
def by_contract(module: str, database: str = "sqlite") -> Iterator[Judge]:
    """Ask the whole contract suite about each service that runs the module."""
    common = [f"--database={database}", "-x", "-p", "tests.mutation.order"]
    common.append(f"--first={','.join(first_tests(module))}")

    def judge() -> Kill | None:
        suites = ([*common, f"--service={service.name}"] for service in services(module))
        return next(filter(None, (_kill(_first_failure(options)) for options in suites)), None)

    yield judge


@contextmanager
def by_own_tests(module: str) -> Iterator[Judge]:
    """Ask the tests that start a service and are not of the contract, where they may tell."""
    files = [f"tests/{name}.py" for name in own_tests(module)]

    def judge() -> Kill | None:
        ended = _run("pytest", "-x", "-q", "-p", "no:cacheprovider", *files)
        if not ended.returncode:
            return None
        failed = re.search(r"^(?:FAILED|ERROR) (\S+?::.+?)(?: - |$)", ended.stdout, re.MULTILINE)
        if failed is None:
            raise RuntimeError(f"no test failed, and yet:\n{ended.stdout}{ended.stderr}")
        # Once more, since any of them may wait for something that a busy machine does late.
        return Kill(failed[1]) if _run("pytest", "-q", failed[1]).returncode else None

    yield judge


# A mutant goes through them until one kills it.
STAGES: dict[str, Callable[[str], AbstractContextManager[Judge]]] = {
    "quick": quickly,
    "own tests": by_own_tests,
    "contract": by_contract,
    "PostgreSQL": partial(by_contract, database="postgres"),
}


def _kill(failure: Failure | None) -> Kill | None:
    return None if failure is None else Kill(failure.test, bool(TOO_LONG.search(failure.reason)))


def _first_failure(options: Sequence[str]) -> Failure | None:
    outcomes = suite.check([options], lambda outcome, total: None)
    failed = (outcome for outcome in outcomes if outcome.outcome == "failed")
    return next((Failure(outcome.test, outcome.reason) for outcome in failed), None)


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=PROJECT_ROOT, capture_output=True, text=True
    )
