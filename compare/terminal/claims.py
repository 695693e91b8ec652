"""Claims as a person sees them in the terminal: a line each, or one whole, with its code."""

from collections.abc import Sequence
from itertools import groupby

from rich.padding import Padding
from rich.syntax import Syntax
from rich.text import Text

from compare.results.claims import Claim, Side
from compare.terminal.console import out

COLOURS = {"holds": "green", "holds if": "yellow", "false": "red", "no longer": "red"}
INDENT, FURTHER = (0, 0, 0, 2), (0, 0, 0, 4)


def show_all(claims: Sequence[Claim]) -> None:
    """Print each group: id and verdict, if there is one, of a claim, and its sentence below."""
    for (heading, name), group in groupby(claims, key=lambda claim: (claim.heading, claim.group)):
        out.print(Text.assemble((heading, "bold underline"), (f"  {name}", "dim")))
        for claim in group:
            decided = Text(": ") + coloured(claim.verdict) if claim.verdict else Text()
            out.print(Padding(Text.assemble((claim.id, "bold"), decided), INDENT))
            out.print(Padding(Text(claim.sentence), FURTHER))
        out.print()


def show_whole(claims: Sequence[Claim]) -> None:
    """Print each claim with the code that decides it, what was seen, and what to do instead."""
    for claim in claims:
        out.print(Text.assemble((claim.id, "bold"), ": ", coloured(claim.verdict)))
        for side in claim.sides:
            _show_side(side)
        for label, text in {
            "Speaks of": claim.about,
            "Why": claim.why,
            "Instead": claim.instead,
            "Another verdict when": claim.turns,
        }.items():
            if text:
                out.print(Text.assemble((f"{label}: ", "bold"), text))
        out.print()


def coloured(verdict: str) -> Text:
    """Give a verdict in its colour."""
    colours = [colour for begins, colour in COLOURS.items() if verdict.startswith(begins)]
    return Text(verdict, colours[-1] if colours else "dim")


def _show_side(side: Side) -> None:
    out.print(Text.assemble((f"{side.framework}: ", "bold"), side.sentence))
    out.print(
        Padding(Syntax(side.code, "python", background_color="default", word_wrap=True), (1, 4))
    )
    for name, value in side.evidence.items():
        out.print(Text(f"    saw {name}: {value}"), soft_wrap=True)
    out.print(Text.assemble("    verdict: ", coloured(side.verdict), "\n"))
