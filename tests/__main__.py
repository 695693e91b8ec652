"""Run the project's tests as `make test` does, or all of them, and sum up in plain words.

`python -m tests` runs the quick ones, `python -m tests all` all of them, `python -m tests own` the
quick ones without the contract, `python -m tests slow` the slow ones that CI has time for. The
first command that fails ends it.
"""

import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree

from compare.registry.services import USUAL

CHECK = (sys.executable, "-m", "compare", "check")
PYTEST = (sys.executable, "-m", "pytest", "--ignore", "tests/contract", "-p", "tests.support.lines")
# Many tests wait for processes that start: four at once keep two cores busy.
SIDE_BY_SIDE = ("--numprocesses", "4", "--dist", "loadfile", "--no-loadscope-reorder")
QUICK = (
    (*PYTEST, "-m", "alone and not slow"),
    (*PYTEST, "-m", "not alone and not slow", *SIDE_BY_SIDE),
)
# Each of these keeps one core busy most of the time.
TWO_AT_ONCE = ("--numprocesses", "2", "--dist", "loadfile")
COMMANDS = {
    "quick": (*QUICK, (*CHECK, *USUAL)),
    "own": QUICK,
    "slow": ((*PYTEST, "-m", "slow and not exhaustive", *TWO_AT_ONCE),),
    "all": (
        *QUICK,
        (*CHECK, "--all"),
        (*CHECK, "--all", "--database", "postgres"),
        (*PYTEST, "-m", "slow", *TWO_AT_ONCE),
    ),
}
WHAT_ELSE = {
    "quick": "Not run: the other rows of the registry, PostgreSQL, and the slow tests;"
    " `make test-all` runs them, in about half an hour.",
    "slow": "Not run: the contract (`compare check`), the quick tests (`make test`), and those that"
    " take minutes (`make test-all`).",
    "own": "Not run: the contract (`compare check`) and the slow tests (`make test-all`).",
    "all": "Left to run: `make lint` for style and types, and `.ci/run` for all that CI does.",
}


@dataclass
class Passed:
    """How many tests have passed so far: of the contract, on how many suites, and of our own."""

    contract: int = 0
    suites: int = 0
    own: int = 0

    def sentence(self) -> str:
        """Say it in words."""
        contract = f"{self.contract} tests of the contract on {self.suites} services"
        own = f"{self.own} of the project's own tests"
        return " and ".join(([contract] if self.suites else []) + ([own] if self.own else []))


def main(which: str = "quick") -> int:
    """Run the commands one after another; give the exit code of the first that fails, or 0."""
    if which not in COMMANDS:
        print(f"tests: choose one of {', '.join(COMMANDS)}", file=sys.stderr)
        return 2
    began_at_seconds = time.monotonic()
    passed = Passed()
    for command in COMMANDS[which]:
        print(f"\n$ {' '.join(('python', *command[1:]))}", flush=True)
        run = check if command[: len(CHECK)] == CHECK else run_pytest
        if code := run(command, passed):
            print(f"Failed: {' '.join(command[1:])}; passed: {passed.sentence() or 'nothing'}.")
            return code
    seconds = round(time.monotonic() - began_at_seconds)
    print(f"\nPassed: {passed.sentence()}, in {seconds // 60}:{seconds % 60:02} minutes.")
    print(WHAT_ELSE[which])
    return 0


def check(command: tuple[str, ...], passed: Passed) -> int:
    """Check services against the contract; what is printed at the end says how many tests."""
    ended = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    print(ended.stdout, end="", flush=True)
    counts = re.findall(r"tests: (\d+) passed", ended.stdout)
    passed.contract += sum(map(int, counts))
    passed.suites += len(counts)
    return ended.returncode


def run_pytest(command: tuple[str, ...], passed: Passed) -> int:
    """Run some of the project's own tests; pytest's report counts them."""
    with TemporaryDirectory(prefix="tests-") as folder:
        report = Path(folder) / "report.xml"
        code = subprocess.run([*command, "--junitxml", str(report)]).returncode
        if report.exists():
            suite = ElementTree.parse(report).getroot()[0]
            not_passed = ("failures", "errors", "skipped")
            passed.own += int(suite.get("tests", 0)) - sum(
                int(suite.get(outcome, 0)) for outcome in not_passed
            )
    return code


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:2]))
    except KeyboardInterrupt:
        sys.exit(130)
