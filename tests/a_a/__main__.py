"""Put a service and its second copy to the usual methods and to ours, and write docs/a-a.md.

Each trial takes two minutes on a machine that does nothing else. What was tried is kept in
docs/a-a.json, so that an interrupted series is resumed.
"""

import argparse
import platform
import sys
from contextlib import ExitStack
from datetime import date

import psutil
from pydantic import BaseModel

from compare.bench.contenders import contenders
from compare.bench.rig import Rig
from compare.bench.upstreams import upstreams_running
from compare.registry.project import PROJECT_ROOT
from compare.registry.services import SERVICES, USUAL
from compare.running import databases, pinning, stopping
from compare.running.turns import client_running
from tests.a_a.trials import LOADED_SECONDS, SCENARIO, Answer, trial

RECORD = PROJECT_ROOT / "docs" / "a-a.json"
PAGE = PROJECT_ROOT / "docs" / "a-a.md"
TRIALS = 20


class Series(BaseModel):
    """The trials of one service on one machine."""

    service: str
    cores: int
    python: str
    begun_on: date
    trials: list[list[Answer]] = []

    def goes_on_with(self, other: "Series") -> bool:
        """Whether both are of the same service, machine and Python."""
        apart = {"begun_on", "trials"}
        return self.model_dump(exclude=apart) == other.model_dump(exclude=apart)


def main() -> int:
    """Make the trials that are missing, and write the page."""
    parser = argparse.ArgumentParser("python -m tests.a_a", description=__doc__)
    parser.add_argument("--trials", type=int, default=TRIALS, help="in all (default: %(default)s)")
    parser.add_argument("service", nargs="?", default=USUAL[0], choices=SERVICES)
    options = parser.parse_args()
    series = _series(options.service)
    try:
        with stopping.clean_exit():
            _add_trials(series, options.trials)
    except KeyboardInterrupt:
        print("stopped; the same command goes on", file=sys.stderr)
        return 130
    PAGE.write_text(page(series), encoding="utf-8")
    print(page(series))
    return 0


def _series(service: str) -> Series:
    here = Series(
        service=service,
        cores=psutil.cpu_count() or 1,
        python=platform.python_version(),
        begun_on=date.today(),
    )
    if not RECORD.exists():
        return here
    begun = Series.model_validate_json(RECORD.read_bytes())
    if not begun.goes_on_with(here):
        sys.exit(f"{RECORD} is of another service, machine or Python: move it away to begin anew")
    return begun


def _add_trials(series: Series, count: int) -> None:
    with ExitStack() as stack:
        source = stack.enter_context(databases.open("postgres"))
        upstreams = stack.enter_context(upstreams_running())
        client = stack.enter_context(client_running())
        copies = contenders([SERVICES[series.service]], None, source)
        if cores := pinning.split():
            for process in (psutil.Process(), *source.processes):
                stack.enter_context(pinning.pinned(process, cores.others))
        rig = Rig(upstreams, client, cores)
        for number in range(len(series.trials), count):
            series.trials.append(trial(copies, rig, number))
            RECORD.write_text(series.model_dump_json(indent=1) + "\n", encoding="utf-8")
            answers = (f"{answer.method}: {answer.ratio:.3f}" for answer in series.trials[-1])
            print(f"trial {number + 1} of {count}: {', '.join(answers)}", flush=True)


def page(series: Series) -> str:
    """Write how often each method called a difference, and the largest one that it saw."""
    rows, count = [], len(series.trials)
    for answers in zip(*series.trials, strict=True):
        called = sum(answer.is_called for answer in answers)
        largest = max(max(answer.ratio, 1 / answer.ratio) for answer in answers) - 1
        rows.append(f"| {answers[0].method} | {called} of {count} | {100 * largest:.1f} % |")
    table = "\n".join(rows)
    return f"""# A against A

How often does a method call a service faster than itself? `python -m tests.a_a` puts two copies of
`{series.service}` on PostgreSQL to `{SCENARIO}`, and every method loads each of them for
{LOADED_SECONDS:g} s at least. The usual methods run k9-load against the one and then against the
other; that a difference is called means here that it is 5 % or more. Ours lets both take turns, as
`compare run` does; it calls what has a winner.

| Method | Called a difference | The largest seen |
|---|--:|--:|
{table}

Begun on {series.begun_on}, {series.cores} cores, Python {series.python}. Each trial is in
[a-a.json](a-a.json).
"""


if __name__ == "__main__":
    sys.exit(main())
