"""Two runs set side by side: their own figures in columns, and never one figure of both."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from compare.report.figures import ContenderFigures, Measured, all_scenarios, measured_studies
from compare.report.page import templates
from compare.results.model import Results, labels
from compare.results.speed import Comparison

ABSENT = "–"


@dataclass(frozen=True)
class Fact:
    """One circumstance of two runs, as each has it."""

    what: str
    values: tuple[str, str]


@dataclass(frozen=True)
class Row:
    """A service in a scenario that at least one of the runs has."""

    service: str
    is_open_loop: bool
    figures: tuple[ContenderFigures | None, ContenderFigures | None]

    @property
    def quotient(self) -> float | None:
        """How many times as fast the second run was, by medians; None when one has no figure.

        An open loop offers both the same rate: there it is the time to answer that counts.
        """
        first, second = self.figures
        if first is None or second is None:
            return None
        if self.is_open_loop:
            return first.p50_ms / second.p50_ms
        return second.requests_per_second / first.requests_per_second


@dataclass(frozen=True)
class Judged:
    """A pair of services in a scenario, as each run judges it."""

    words: str
    comparisons: tuple[Comparison | None, Comparison | None]


@dataclass(frozen=True)
class Together:
    """A scenario of either run: rows of figures, and verdicts of pairs."""

    title: str
    name: str
    rows: list[Row]
    judged: list[Judged]


def side_by_side(first: Results, second: Results, names: tuple[str, str], folder: Path) -> Path:
    """Write a page with two runs in columns as `index.html` into the folder; give its path.

    `names` is what the columns are called: files, machines or versions.
    """
    runs = (first, second)
    text = (
        templates()
        .get_template("beside.html")
        .render(
            runs=runs,
            names=names,
            differing=[fact for fact in facts(first, second) if len(set(fact.values)) > 1],
            common=[fact for fact in facts(first, second) if len(set(fact.values)) == 1],
            unlike=_unlike(first, second),
            scenarios=together(first, second),
            services=list(dict.fromkeys(service.name for run in runs for service in run.services)),
        )
    )
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / "index.html"
    page.write_text(text, encoding="utf-8")
    return page


def facts(first: Results, second: Results) -> list[Fact]:
    """Give the circumstances of both runs: machine, settings of the run, services, versions."""
    first_facts, second_facts = _circumstances(first), _circumstances(second)
    return [
        Fact(what, (first_facts.get(what, ABSENT), second_facts.get(what, ABSENT)))
        for what in dict(first_facts | second_facts)
    ]


def together(first: Results, second: Results) -> list[Together]:
    """Give every scenario of either run, in the order of the first and then of the second."""
    of_first, of_second = _by_name(first), _by_name(second)
    called = labels(first.services) | labels(second.services)
    return [
        _together((of_first.get(name), of_second.get(name)), called)
        for name in dict.fromkeys([*of_first, *of_second])
    ]


def _circumstances(results: Results) -> dict[str, str]:
    machine = results.machine
    return {
        "System": machine.system,
        "Processor": f"{machine.processor}, {machine.cores} cores",
        "Memory": f"{machine.memory_gib:.1f} GiB",
        "Load before": f"{machine.load_average_before:.2f}",
        "Pinning": results.pinned,
        "Python": machine.python,
        "Database": results.database,
        "Commit": results.commit,
        "Requirements": f"SHA-256 {results.lock_sha256[:16]}…",
        "Load engine": results.load_engine,
        "Command": results.command,
        "Blocks": ", ".join(f"{study} {count}" for study, count in results.blocks.items()),
        **{f"Service {service.name}": service.command for service in results.services},
        **{package: version for package, version in sorted(results.versions.items())},
    }


def _unlike(first: Results, second: Results) -> bool:
    """Whether the machines differ in more than how busy they were."""
    any_python = {"python": ""}
    machines = [run.machine.model_copy(update=any_python) for run in (first, second)]
    return not machines[0].is_like(machines[1])


def _by_name(results: Results) -> dict[str, Measured]:
    return {
        measured.scenario.name: measured for measured in all_scenarios(measured_studies(results))
    }


def _together(pair: tuple[Measured | None, Measured | None], called: Mapping[str, str]) -> Together:
    either = pair[0] or pair[1]
    assert either is not None  # noqa: S101  # a name comes from one of the two
    return Together(
        title=f"{either.scenario.endpoint.capitalize()}, {either.load}",
        name=either.scenario.name,
        rows=list(_rows(pair, either.scenario.rate_per_second is not None)),
        judged=list(_judged(pair, called)),
    )


def _rows(pair: tuple[Measured | None, Measured | None], is_open_loop: bool) -> Iterator[Row]:
    first, second = (measured.figures if measured else {} for measured in pair)
    for contender in dict.fromkeys([*first, *second]):
        if not (first.get(contender) or second[contender]).is_second_copy:
            yield Row(contender, is_open_loop, (first.get(contender), second.get(contender)))


def _judged(
    pair: tuple[Measured | None, Measured | None], called: Mapping[str, str]
) -> Iterator[Judged]:
    first, second = (measured.comparisons if measured else {} for measured in pair)
    for key in dict.fromkeys([*first, *second]):
        baseline, other = (called.get(name, name) for name in key)
        yield Judged(f"{other} ÷ {baseline}", (first.get(key), second.get(key)))
