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
from pydantic import TypeAdapter

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
MADE = TypeAdapter(list[list[Answer]])


def main() -> int:
    """Make the trials that are missing, and write the page."""
    parser = argparse.ArgumentParser("python -m tests.a_a", description=__doc__)
    parser.add_argument("--trials", type=int, default=TRIALS, help="in all (default: %(default)s)")
    parser.add_argument("service", nargs="?", default=USUAL[0], choices=SERVICES)
    options = parser.parse_args()
    try:
        with stopping.clean_exit():
            made = _trials(options.service, options.trials)
    except KeyboardInterrupt:
        print("stopped; the same command goes on", file=sys.stderr)
        return 130
    PAGE.write_text(page(options.service, made), encoding="utf-8")
    print(page(options.service, made))
    return 0


def _trials(service: str, count: int) -> list[list[Answer]]:
    made = MADE.validate_json(RECORD.read_bytes()) if RECORD.exists() else []
    with ExitStack() as stack:
        source = stack.enter_context(databases.open("postgres"))
        upstreams = stack.enter_context(upstreams_running())
        client = stack.enter_context(client_running())
        copies = contenders([SERVICES[service]], None, source)
        if cores := pinning.split():
            for process in (psutil.Process(), *source.processes):
                stack.enter_context(pinning.pinned(process, cores.others))
        rig = Rig(upstreams, client, cores)
        for number in range(len(made), count):
            made.append(trial(copies, rig, number))
            RECORD.write_bytes(MADE.dump_json(made, indent=1) + b"\n")
            answers = ", ".join(f"{answer.method}: {answer.ratio:.3f}" for answer in made[-1])
            print(f"trial {number + 1} of {count}: {answers}", flush=True)
    return made


def page(service: str, made: list[list[Answer]]) -> str:
    """Write how often each method called a difference, and the largest one that it saw."""
    rows = []
    for answers in zip(*made, strict=True):
        called = sum(answer.is_called for answer in answers)
        largest = max(max(answer.ratio, 1 / answer.ratio) for answer in answers) - 1
        rows.append(f"| {answers[0].method} | {called} of {len(made)} | {100 * largest:.1f} % |")
    table = "\n".join(rows)
    made_on = f"{date.today()}, {psutil.cpu_count()} cores, Python {platform.python_version()}"
    return f"""# A against A

How often does a method call a service faster than itself? `python -m tests.a_a` puts two copies of
`{service}` on PostgreSQL to `{SCENARIO}`.
Every method loads each of them for {LOADED_SECONDS:g} s. The usual methods run k9-load against the
one and then against the other; that a difference is called means here that it is 5 % or more. Ours
lets both take turns, as `compare run` does; it calls what has a winner.

| Method | Called a difference | The largest seen |
|---|--:|--:|
{table}

{made_on}. Each trial is in [a-a.json](a-a.json).
"""


if __name__ == "__main__":
    sys.exit(main())
