"""Ask whether the contract suite kills the mutants of the services, and write docs/mutation.md.

Names of modules choose among them. With --until the later stages are left out, and nothing is
written. What was found is kept in build/mutation, so that an interrupted run can be resumed: what
was killed stays killed until its module changes, and what survived without a reason is asked anew.
"""

import argparse
import platform
import sys
from datetime import date
from importlib.metadata import version

from compare.registry.project import PROJECT_ROOT
from compare.running import stopping
from tests.mutation import document, record
from tests.mutation.copies import WorkerFailed, copies, work
from tests.mutation.killing import STAGES
from tests.mutation.modules import MODULES
from tests.mutation.mutants import mutants
from tests.mutation.record import ModuleResult, Survivor
from tests.mutation.state import FOLDER, blob, state
from tests.mutation.worker import pending

COPIES = 2  # so many modules at once: for each mutant most of the time is spent waiting


def main(arguments: list[str] | None = None) -> int:
    """Give 0 when every mutant of the modules is killed, or has a reason to live."""
    parser = argparse.ArgumentParser("python -m tests.mutation", description=__doc__)
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="such as fastapi_app/auth.py")
    parser.add_argument("--until", choices=list(STAGES), help="the last stage that is asked")
    options = parser.parse_args(arguments)
    if unknown := set(options.modules) - set(MODULES):
        parser.error(f"not mutated: {', '.join(unknown)}; give some of {', '.join(MODULES)}")
    modules = options.modules or MODULES
    _ask(modules, list(STAGES)[: list(STAGES).index(options.until or list(STAGES)[-1]) + 1])
    results = [_result(module) for module in modules]
    explained = [key for key in record.reasons() if key[0] in modules]
    wrong = record.complaints(
        [key for result in results for key in result.survivor_keys()], explained
    )
    for line in wrong:
        print(line, file=sys.stderr)
    if not (wrong or options.until):
        written = record.update(results, f"mutmut {version('mutmut')}", platform.python_version())
        document.PATH.write_text(document.write(written, record.reasons()), encoding="utf-8")
    return 1 if wrong else 0


def _ask(modules: list[str], stages: list[str]) -> None:
    """Take the mutants of the modules through the stages, one stage after the other."""
    for module in modules:
        _forget_survivors(module)
    with copies(COPIES) as places:
        for stage in stages:
            waiting = [module for module in modules if _is_waiting(module, stage)]
            packages = dict.fromkeys(module.partition("/")[0] for module in waiting)
            # A stage that the services fail as they are would kill everything.
            work([[f"{package}/posts.py", stage] for package in packages], places)
            work([[module, stage, str(FOLDER)] for module in waiting], places)


def _is_waiting(module: str, stage: str) -> bool:
    source = _source(module)
    return bool(pending(module, source, stage, state(module, source)))


def _forget_survivors(module: str) -> None:
    of_module, explained = state(module, _source(module)), record.reasons()
    of_module.forget(
        key
        for key, verdict in of_module.verdicts().items()
        if verdict.by is None and (module, *key) not in explained
    )


def _result(module: str) -> ModuleResult:
    source = _source(module)
    verdicts = state(module, source).verdicts()
    last = [verdicts[mutant.key] for mutant in mutants(module, source)]
    killed = [verdict.stage for verdict in last if verdict.by]
    return ModuleResult(
        module=module,
        source=blob(source),
        asked_on=date.today().isoformat(),
        mutants=len(last),
        killed={stage: killed.count(stage) for stage in STAGES},
        by_timeout=sum(verdict.is_timeout for verdict in last),
        survivors=[
            Survivor(place=verdict.place, diff=verdict.diff) for verdict in last if not verdict.by
        ],
    )


def _source(module: str) -> str:
    return (PROJECT_ROOT / module).read_text(encoding="utf-8")


if __name__ == "__main__":
    with stopping.clean_exit():
        try:
            sys.exit(main())
        except WorkerFailed:
            sys.exit("mutation: a worker could not judge its mutants")
        except KeyboardInterrupt:
            sys.exit(130)
