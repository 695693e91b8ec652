"""One HTML page of a results file: the templates, and the values and filters they use."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from compare.registry.project import PROJECT_ROOT
from compare.report import axis, charts, claims, code, contract, figures, studies, surveys, trust
from compare.results.model import Results
from compare.results.surveys import by_answer

THIN_SPACE = "\N{NARROW NO-BREAK SPACE}"


def write(results: Results, folder: Path) -> Path:
    """Write the page as `index.html` into the folder, which is made if need be; give its path."""
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / "index.html"
    page.write_text(render(results), encoding="utf-8")
    return page


def render(results: Results, root: Path = PROJECT_ROOT) -> str:
    """Give the page as text; the code shown is read from the services' packages under `root`."""
    return (
        environment()
        .get_template("page.html")
        .render(
            results=results,
            **_speed(results),
            clauses=contract.groups(results, root / "shared" / "README.md"),
            totals=contract.totals(results),
            code=code.side_by_side(results.services, root),
            shared_settings=_shared_settings(results),
            checked=surveys.contract(results.survey),
            untested=surveys.untested(results.survey),
            protocols=surveys.protocols(results.survey),
            observations=by_answer(results.survey.observations),
            growth=surveys.growth(results.survey),
            claims=claims.groups(results.survey.claims),
            claim_count=len(results.survey.claims),
            claim_tally=claims.tally(results.survey.claims),
        )
    )


def _speed(results: Results) -> dict[str, Any]:
    """What the templates need of the measurement; `pair` are the services of the first tables."""
    labels = figures.labels(results.services)
    measured = figures.measured(results) if results.block_runs else {}
    names = list(labels)
    first = results.comparisons[:1]
    pair = (first[0].baseline, first[0].other) if first else tuple(names[:2])
    return {
        "labels": labels,
        "names": names,
        "pair": pair,
        "studies": measured,
        "ratio_axis": axis.around(figures.drawn(measured, pair[-1:])),
        "headline": trust.headline(results, labels),
        "noise": trust.noise(results),
        "a_a_verdict": trust.a_a_verdict(results),
        "doubts": trust.doubts(results, measured),
        "nulls": figures.middle(null.requests_per_second for null in results.nulls),
        "standings": studies.standings(results, measured),
        "counted": _counted(results),
        **_charted(measured, names),
    }


def _charted(measured: figures.Studies, names: list[str]) -> dict[str, Any]:
    """The studies that have a drawing of their own."""
    ladder = studies.ladder(measured, names)
    most = (rung.figures.cpu_ms for rungs in ladder.values() for rung in rungs)
    return {
        "rates": studies.rates(measured, names),
        "fan_out": studies.fan_out(measured, names),
        "delays": studies.delays(measured),
        "waiting": studies.waiting(measured, names),
        "waits": studies.waits(measured),
        "ladder": ladder,
        "most_cpu_ms": max(most, default=1),
    }


def _counted(results: Results) -> dict[str, bool]:
    """What this machine and database could tell of the costs."""
    costs = [sample.cost for sample in results.samples]
    return {
        "database": any(cost.database_cpu_ms_per_request is not None for cost in costs),
        "memory": any(cost.peak_memory_mib is not None for cost in costs),
        "connections": any(cost.peak_connections is not None for cost in costs),
    }


def environment() -> Environment:
    """Make the environment of the templates, with the filters that they use."""
    templates = Environment(
        loader=PackageLoader("compare.report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    templates.globals["drawn"] = charts.drawn
    templates.filters["verdict_kind"] = claims.kind
    filters = (axis_number, count, digits, percent, prose, version, within)
    templates.filters |= {each.__name__: each for each in filters}
    return templates


def digits(number: float) -> str:
    """Three significant digits, or all before the point: 1.23, 12.3, 1 235."""
    decimals = 2 if number < 9.995 else 1 if number < 99.95 else 0
    return f"{number:,.{decimals}f}".replace(",", THIN_SPACE)


def within(found: figures.Figures, percent: Literal[50, 95, 99]) -> str:
    """The milliseconds within which so many answers came; "> " when they leave out too many."""
    ms: float = getattr(found, f"p{percent}_ms")
    return f"> {digits(ms)}" if found.unanswered > 1 - percent / 100 else digits(ms)


def count(number: int) -> str:
    """A whole number with its thousands apart: 1 000 000."""
    return f"{number:,}".replace(",", THIN_SPACE)


def percent(share: float) -> str:
    """A share of 1 in percent: 12 %, or 1.2 % where that is little."""
    shown = 100 * share
    return f"{shown:.0f}\N{NO-BREAK SPACE}%" if shown > 9.95 else f"{shown:.1f}\N{NO-BREAK SPACE}%"


def axis_number(number: float) -> str:
    """A round number as an axis has it: 0.5, 20, 1 000."""
    return count(round(number)) if number >= 1 else f"{number:g}"


def prose(text: str) -> Markup:
    """Escape a sentence; what it has between backticks becomes code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))


def version(versions: Mapping[str, str], package: str) -> str:
    """The version of a package, however its name is capitalised; "" when it is not known."""
    return next((versions[name] for name in versions if name.lower() == package.lower()), "")


def _shared_settings(results: Results) -> dict[str, str]:
    """The settings that every service has with the same value."""
    every = [service.settings.items() for service in results.services]
    return dict(sorted(set.intersection(*map(set, every)))) if every else {}
