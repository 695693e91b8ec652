"""The claims for the page: grouped, with highlighted code, and verdicts that tell apart."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from markupsafe import Markup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from compare.results.claims import Claim, Side


@dataclass(frozen=True)
class ShownSide:
    """One side of a claim, its code highlighted."""

    side: Side
    html: Markup


def groups(claims: Sequence[Claim]) -> dict[str, list[tuple[Claim, list[ShownSide]]]]:
    """Give heading -> claims, each with its sides."""
    return {
        heading: [(claim, [_shown_side(side) for side in claim.sides]) for claim in group]
        for heading, group in groupby(claims, key=lambda claim: claim.heading)
    }


def tally(claims: Sequence[Claim]) -> dict[str, int]:
    """Count the verdicts of each kind, as a sentence says it."""
    counts = Counter(kind(claim.verdict) for claim in claims)
    said = {
        "passed": "hold",
        "partly": "hold on a condition",
        "failed": "do not hold, or no longer",
        "skipped": "could not be established here",
    }
    return {words: counts[name] for name, words in said.items() if counts[name]}


def kind(verdict: str) -> str:
    """Give the class of a verdict for the style sheet."""
    if verdict == "holds":
        return "passed"
    if verdict.startswith("holds if"):
        return "partly"
    return "failed" if verdict.startswith(("false", "no longer")) else "skipped"


def _shown_side(side: Side) -> ShownSide:
    return ShownSide(
        side, Markup(highlight(side.code, PythonLexer(), HtmlFormatter(cssclass="code")))
    )
