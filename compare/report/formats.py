"""How the page writes numbers and sentences: the filters of its templates."""

import re
from collections.abc import Mapping
from typing import Literal

from markupsafe import Markup, escape

from compare.intervals import Interval
from compare.report.figures import ContenderFigures

THIN_SPACE = "\N{NARROW NO-BREAK SPACE}"


def digits(number: float) -> str:
    """Three significant digits, or all before the point: 1.23, 12.3, 1 235."""
    decimals = 2 if number < 9.995 else 1 if number < 99.95 else 0
    return f"{number:,.{decimals}f}".replace(",", THIN_SPACE)


def within(figures: ContenderFigures, percent: Literal[50, 95, 99]) -> str:
    """The milliseconds within which so many answers came; "> " when they leave out too many."""
    ms: float = getattr(figures, f"p{percent}_ms")
    return f"> {digits(ms)}" if figures.unanswered > 1 - percent / 100 else digits(ms)


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


def times(interval: Interval) -> str:
    """A ratio as a factor: 1.34×."""
    return f"{interval.ratio:.2f}×"


def reach(interval: Interval) -> str:
    """From where to where an interval reaches: 1.20–1.50."""
    return f"{interval.low:.2f}–{interval.high:.2f}"


def prose(text: str) -> Markup:
    """Escape a sentence; what it has between backticks becomes code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704


def version(versions: Mapping[str, str], package: str) -> str:
    """The version of a package, however its name is capitalised; "" when it is not known."""
    return next((versions[name] for name in versions if name.lower() == package.lower()), "")


FILTERS = (axis_number, count, digits, percent, prose, reach, times, version, within)
