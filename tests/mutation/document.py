"""The page docs/mutation.md, written from the record and the reasons."""

from collections.abc import Mapping, Sequence

from compare.registry.project import PROJECT_ROOT
from tests.mutation.killing import STAGES
from tests.mutation.modules import MODULES
from tests.mutation.record import Key, ModuleResult, Record

PATH = PROJECT_ROOT / "docs" / "mutation.md"
HEAD = """\
# Mutation testing

A mutant is a service with one small change: another operator, number or text, an argument left out,
a `case` that is gone. A suite with teeth fails it. [mutmut](https://mutmut.readthedocs.io) makes
the mutants of the modules below; each is put into a copy of the project, started as a usual service
that runs the module, and asked the contract over HTTP, on SQLite. What survives goes on:

- *quick*: the contract tests that need one process of the service, the telling ones first
- *own tests*: those of the project that compare the two services, or load one
- *contract*: the whole suite, as `compare check` runs it, on each usual service with the module
- *PostgreSQL*: the same on the embedded PostgreSQL

What survives all of it is listed below with the reason why it may live, which
[`tests/mutation/survivors.toml`](../tests/mutation/survivors.toml) keeps. A survivor that has its
reason already is asked no further than *quick*.

```console
$ python -m tests.mutation                       # all modules: about an hour on an idle machine
$ python -m tests.mutation fastapi_app/auth.py   # some of them
```

Ctrl-C interrupts it; the next run goes on from there: what was killed stays killed while its module
is unchanged, what survived without a reason is asked anew. The command writes this page, and fails
when a survivor has no reason. A failure of a test that looks at time, or at many requests at once,
counts only if it comes twice. *By a timeout* are those kills, among the others, where all that the
test saw is that something took too long.

mutmut and not cosmic-ray, which runs any command itself: its changes are to operators, numbers and
exceptions, of which these modules have few; mutmut's are to calls and texts as well. It makes no
mutants of annotations, docstrings and decorators. What it makes and what is left out here, since it
tells little, is a text in another case (it gets other letters around it as well), a positional
argument that is left out, and `None` in the place of a value: these two nearly always stop the
service or fail the first request. Of 38 that were tried with `None` 3 survived, as the id in an
exception that nobody reads.

## Results

{total} mutants, {killed} killed, {survived} survived, each of them with its reason.{not_asked}

| Module | Version | Mutants | {stages} | By a timeout | Survived |
|---|---|--:|{dashes}--:|--:|
{rows}
A version is git's name of the file, which `git show` takes. Asked on {dates} with {tool} on Python
{python}.

## Survivors
"""


def write(record: Record, reasons: Mapping[Key, str]) -> str:
    """Write the page."""
    modules = record.modules
    head = HEAD.format(
        tool=record.tool,
        python=record.python,
        not_asked=_not_asked([result.module for result in modules]),
        total=sum(result.mutants for result in modules),
        killed=sum(sum(result.killed.values()) for result in modules),
        survived=len(record.survivors()),
        stages=" | ".join(f"Killed: {stage}" for stage in STAGES),
        dashes="--:|" * len(STAGES),
        rows="".join(map(_row, modules)),
        dates=" and ".join(sorted({result.asked_on for result in modules})),
    )
    return head + "".join(_survivors(record.survivors(), reasons))


def _not_asked(asked: Sequence[str]) -> str:
    left = [f"`{module}`" for module in MODULES if module not in asked]
    return f" Not asked so far: {', '.join(left)}." if left else ""


def _row(result: ModuleResult) -> str:
    killed = [str(result.killed.get(stage, 0)) for stage in STAGES]
    link = f"[`{result.module}`](../{result.module})"
    cells = [link, f"`{result.source}`", str(result.mutants), *killed]
    return f"| {' | '.join([*cells, str(result.by_timeout), str(len(result.survivors))])} |\n"


def _survivors(survivors: Sequence[Key], reasons: Mapping[Key, str]) -> list[str]:
    """Write each reason, with the mutants that live by it; alike ones of several modules once."""
    parts = []
    for reason in dict.fromkeys(reasons.values()):
        places: dict[tuple[str, str], list[str]] = {}
        for module, place, diff in survivors:
            if reasons.get((module, place, diff)) == reason:
                places.setdefault((place, diff), []).append(f"`{module}`")
        if places:
            parts.append(f"\n{reason}\n")
        for (place, diff), modules in places.items():
            where = (
                f"{', '.join(modules)}: `{place}`" if place != "the module" else ", ".join(modules)
            )
            parts.append(f"\n- {where}\n\n  ```diff\n{_indented(diff)}\n  ```\n")
    return parts


def _indented(diff: str) -> str:
    return "\n".join(f"  {line}" for line in diff.split("\n"))
