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
    for (heading, name), group in groupby(claims, key=lambda each: (each.heading, each.group)):
        out.print(Text.assemble((heading, "bold underline"), (f"  {name}", "dim")))
        for each in group:
            decided = Text(": ") + coloured(each.verdict) if each.verdict else Text()
            out.print(Padding(Text.assemble((each.id, "bold"), decided), INDENT))
            out.print(Padding(Text(each.sentence), FURTHER))
        out.print()


def show_whole(claims: Sequence[Claim]) -> None:
    """Print each claim with the code that decides it, what was seen, and what to do instead."""
    for each in claims:
        out.print(Text.assemble((each.id, "bold"), ": ", coloured(each.verdict)))
        for side in each.sides:
            _show_side(side)
        for label, text in {
            "Speaks of": each.about,
            "Why": each.why,
            "Instead": each.instead,
            "Another verdict when": each.turns,
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
