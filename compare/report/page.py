"""One HTML page of a results file: the templates, and the values that they use."""

from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment

from compare.intervals import Interval
from compare.registry.inequalities import INEQUALITIES
from compare.registry.project import PROJECT_ROOT
from compare.report import (
    axis,
    charts,
    claims,
    code,
    contract,
    figures,
    studies,
    surveys,
    templating,
    timelines,
    trust,
)
from compare.report.formats import FILTERS
from compare.results.claims import Claim
from compare.results.model import Results, labels
from compare.results.pairs import is_compared_two_by_two, pairs_of
from compare.results.surveys import CheckedService, FaultSeen, ProtocolCell, Survey, by_answer
from compare.results.two_by_two import TwoByTwo, two_by_twos


@dataclass(frozen=True)
class Counted:
    """What this machine and database could tell of the costs."""

    database: bool
    memory: bool
    connections: bool


@dataclass(frozen=True)
class Speed:
    """What the page shows of the measurement.

    `squares` are the two by two, `drawn` the pairs whose intervals are drawn, by their question.
    `nulls` is what the load's client gets a second from a service without work, in the middle.
    """

    headline: list[str]
    squares: list[TwoByTwo]
    drawn: dict[str, tuple[str, ...]]
    noise: Interval | None
    a_a_verdict: str
    doubts: list[str]
    ratio_axis: axis.Axis
    nulls: float | None
    standings: list[studies.Standing]
    counted: Counted
    rates: dict[str, list[charts.Chart]]
    fan_out: list[charts.Chart]
    delays: dict[str, list[figures.Measured]]
    waiting: list[charts.Chart]
    waits: dict[str, list[figures.Measured]]
    ladder: dict[str, list[studies.Rung]]
    most_cpu_ms: float


@dataclass(frozen=True)
class Surveyed:
    """What the page shows of the surveys and claims."""

    checked: surveys.Matrix[CheckedService]
    untested: dict[str, str]
    protocols: surveys.Matrix[ProtocolCell]
    observations: dict[str, dict[str, list[str]]]
    faults: surveys.Matrix[FaultSeen]
    growth: list[surveys.GrowthTable]
    claims: dict[str, list[tuple[Claim, list[claims.ShownSide]]]]
    claim_count: int
    claim_tally: dict[str, int]


@dataclass(frozen=True)
class Page:
    """All that the templates use of one results file, by the names that they use.

    `names` are the services, `labels` what a reader calls them, `pair` those of the first tables.
    """

    results: Results
    labels: dict[str, str]
    names: list[str]
    pair: tuple[str, ...]
    studies: figures.Studies
    speed: Speed
    survey: Surveyed
    clauses: dict[str, list[contract.Clause]]
    totals: dict[str, contract.Tally]
    code: dict[str, list[list[code.Excerpt]]]
    timelines: dict[str, list[timelines.Shown]]
    claim_ids: set[str]
    inequalities: list[str]
    shared_settings: dict[str, str]


def write(results: Results, folder: Path) -> Path:
    """Write the page as `index.html` into the folder, which is made if need be; give its path."""
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / "index.html"
    page.write_text(render(results), encoding="utf-8")
    return page


def render(results: Results, root: Path = PROJECT_ROOT) -> str:
    """Give the page as text; the code shown is read from the services' packages under `root`."""
    return templates().get_template("page.html").render(vars(page_of(results, root)))


def page_of(results: Results, root: Path) -> Page:
    """Work out what the templates need of the results."""
    names = [service.name for service in results.services]
    frameworks = dict.fromkeys(service.framework for service in results.services)
    first = results.comparisons[:1]
    pair = (first[0].baseline, first[0].other) if first else tuple(names[:2])
    measured_studies = figures.measured_studies(results) if results.block_runs else {}
    return Page(
        results=results,
        labels=labels(results.services),
        names=names,
        pair=pair,
        studies=measured_studies,
        speed=_speed(results, measured_studies, names, pair),
        survey=_surveyed(results.survey),
        clauses=contract.groups(results, root / "shared" / "README.md"),
        totals=contract.totals(results),
        code=code.excerpts(results.services, root),
        timelines=timelines.by_endpoint(results.survey.timelines, names),
        claim_ids={claim.id for claim in results.survey.claims},
        inequalities=[sentence for name in frameworks for sentence in INEQUALITIES.get(name, ())],
        shared_settings=_shared_settings(results),
    )


def _speed(
    results: Results, measured_studies: figures.Studies, names: list[str], pair: tuple[str, ...]
) -> Speed:
    ladder = studies.ladder(measured_studies, names)
    drawn = _drawn(results, pair)
    costs = [rung.figures.cpu_ms for rungs in ladder.values() for rung in rungs]
    return Speed(
        headline=trust.headline(results),
        squares=two_by_twos(results) if results.samples else [],
        drawn=drawn,
        noise=trust.noise(results),
        a_a_verdict=trust.a_a_verdict(results),
        doubts=trust.doubts(results, measured_studies),
        ratio_axis=axis.around(figures.drawn_comparisons(measured_studies, {*drawn.values()})),
        nulls=figures.middle(null.requests_per_second for null in results.nulls),
        standings=studies.standings(results, measured_studies),
        counted=_counted(results),
        rates=studies.rates(measured_studies, names),
        fan_out=studies.fan_out(measured_studies, names),
        delays=studies.delays(measured_studies),
        waiting=studies.waiting(measured_studies, names),
        waits=studies.waits(measured_studies),
        ladder=ladder,
        most_cpu_ms=max(costs, default=1),
    )


def _drawn(results: Results, pair: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    if not is_compared_two_by_two(results):
        return {"": pair}
    pairs = pairs_of(results.services)
    return {drawn.question: (drawn.baseline, drawn.other) for drawn in pairs}


def _surveyed(survey: Survey) -> Surveyed:
    return Surveyed(
        checked=surveys.contract(survey),
        untested=surveys.untested(survey),
        protocols=surveys.protocols(survey),
        observations=by_answer(survey.observations),
        faults=surveys.faults(survey),
        growth=surveys.growth(survey),
        claims=claims.groups(survey.claims),
        claim_count=len(survey.claims),
        claim_tally=claims.tally(survey.claims),
    )


def templates() -> Environment:
    """Make the environment of the templates, with the filters that they use."""
    environment = templating.environment()
    environment.globals["drawn"] = charts.drawn
    environment.filters["verdict_kind"] = claims.kind
    environment.filters |= {filter.__name__: filter for filter in FILTERS}
    return environment


def _counted(results: Results) -> Counted:
    costs = [sample.cost for sample in results.samples]
    return Counted(
        database=any(cost.database_cpu_ms_per_request is not None for cost in costs),
        memory=any(cost.peak_memory_mib is not None for cost in costs),
        connections=any(cost.peak_connections is not None for cost in costs),
    )


def _shared_settings(results: Results) -> dict[str, str]:
    """The settings that every service has with the same value."""
    settings = [service.settings.items() for service in results.services]
    return dict(sorted(set.intersection(*map(set, settings)))) if settings else {}
