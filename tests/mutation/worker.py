"""Ask the mutants of one module, in the copy of the project that this runs in, one after another.

`python -m tests.mutation.worker MODULE STAGE [FOLDER]`, with the folder of the state. Without it
the module is asked as it is: exit code 1 says that no mutant can be judged, since it fails too.
"""

import sys
from datetime import datetime
from pathlib import Path

from compare.registry.project import PROJECT_ROOT
from compare.running import stopping
from tests.mutation.killing import STAGES, Kill
from tests.mutation.mutants import Mutant, mutants
from tests.mutation.record import reasons
from tests.mutation.state import State, Verdict, state


def main(module: str, stage: str, folder: str | None = None) -> int:
    """Write the verdict on each mutant that the stage is to be asked about."""
    path = PROJECT_ROOT / module
    source = path.read_text(encoding="utf-8")
    if folder is None:
        return _judge_unchanged(module, stage)
    of_module = state(module, source, Path(folder))
    waiting = pending(module, source, stage, of_module)
    with STAGES[stage](module) as judge:
        for number, mutant in enumerate(waiting, start=1):
            path.write_text(mutant.source, encoding="utf-8")
            verdict = _verdict(mutant, stage, judge())
            of_module.add(verdict)
            asked = f"{datetime.now():%X} {module} ({stage}) {number}/{len(waiting)}"
            print(asked, _end_of(verdict), flush=True)
            path.write_text(source, encoding="utf-8")
    return 0


def _verdict(mutant: Mutant, stage: str, kill: Kill | None) -> Verdict:
    by, is_timeout = (kill.by, kill.is_timeout) if kill else (None, False)
    place, diff = mutant.key
    return Verdict(place=place, diff=diff, stage=stage, by=by, is_timeout=is_timeout)


def _end_of(verdict: Verdict) -> str:
    if verdict.by:
        return f"killed by {verdict.by}"
    return f"SURVIVED in {verdict.place}:\n{verdict.diff}"


def _judge_unchanged(module: str, stage: str) -> int:
    print(f"{module} ({stage}) unchanged", flush=True)
    with STAGES[stage](module) as judge:
        kill = judge()
    if kill:
        print(f"{module} fails {kill.by} without any mutant", file=sys.stderr)
    return 1 if kill else 0


def pending(module: str, source: str, stage: str, of_module: State) -> list[Mutant]:
    """Give the mutants of a module that a stage is to be asked about."""
    stages, verdicts, explained = list(STAGES), of_module.verdicts(), reasons()
    waiting = []
    for mutant in mutants(module, source):
        last = verdicts.get(mutant.key)
        asked = stages.index(last.stage) if last else -1
        is_alive = last is None or last.by is None
        is_explained = asked >= 0 and (mutant.module, *mutant.key) in explained
        if is_alive and not is_explained and asked < stages.index(stage):
            waiting.append(mutant)
    return waiting


if __name__ == "__main__":
    with stopping.clean_exit():
        try:
            sys.exit(main(*sys.argv[1:]))
        except KeyboardInterrupt:
            sys.exit(130)
