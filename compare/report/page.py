"""One HTML page of a results file: the templates, and the values and filters they use."""

import re
from collections.abc import Mapping
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from compare.report import axis, code, contract, figures, surveys, trust
from compare.results import Results
from compare.services import PROJECT_ROOT
from compare.surveyed import by_answer

THIN_SPACE = "\N{NARROW NO-BREAK SPACE}"


def write(results: Results, folder: Path) -> Path:
    """Write the page as `index.html` into the folder, which is made if need be; give its path."""
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / "index.html"
    page.write_text(render(results), encoding="utf-8")
    return page


def render(results: Results, root: Path = PROJECT_ROOT) -> str:
    """Give the page as text; the code shown is read from the services' packages under `root`."""
    labels = figures.labels(results.services)
    return (
        _environment()
        .get_template("page.html")
        .render(
            results=results,
            labels=labels,
            measured=figures.measured(results),
            ratio_axis=axis.around(results.comparisons),
            headline=trust.headline(results, labels),
            noise=trust.noise(results.comparisons),
            doubts=trust.doubts(results),
            clauses=contract.groups(results, root / "shared" / "README.md"),
            totals=contract.totals(results),
            code=code.side_by_side(results.services, root),
            shared_settings=_shared_settings(results),
            checked=surveys.contract(results.survey),
            untested=surveys.untested(results.survey),
            protocols=surveys.protocols(results.survey),
            observations=by_answer(results.survey.observations),
            growth=surveys.growth(results.survey),
        )
    )


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("compare.report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters |= {"count": count, "digits": digits, "prose": prose, "version": version}
    return environment


def digits(number: float) -> str:
    """Three significant digits, or all before the point: 1.23, 12.3, 1 235."""
    decimals = 2 if number < 9.995 else 1 if number < 99.95 else 0
    return f"{number:,.{decimals}f}".replace(",", THIN_SPACE)


def count(number: int) -> str:
    """A whole number with its thousands apart: 1 000 000."""
    return f"{number:,}".replace(",", THIN_SPACE)


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
