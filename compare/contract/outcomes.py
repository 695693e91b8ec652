"""What the contract has, and how a test of it came out, read from the suite's report log."""

import re
from collections.abc import Sequence
from textwrap import shorten
from typing import Any

from compare.registry.project import PROJECT_ROOT
from compare.results.model import TestOutcome

CLAUSES = PROJECT_ROOT / "shared" / "README.md"
CLAUSE = re.compile(r"^- \*\*(C\d+)\*\* (.+)$", re.MULTILINE)
REASON_LENGTH = 200
# An exception of a group, as Python prints it: requests at once that failed, each in its task.
IN_GROUP = re.compile(r"^ {4,}\| (?!Traceback)(\w[\w.]*: .+)$", re.MULTILINE)


def clause_number(clause: str) -> int:
    """Give the number of a clause, by which clauses are sorted: 12 for C12."""
    return int(clause.removeprefix("C"))


def clauses() -> dict[str, str]:
    """Give the contract's clauses: {"C1": sentence, …}."""
    return dict(CLAUSE.findall(CLAUSES.read_text(encoding="utf-8")))


def read_outcome(phases: Sequence[dict[str, Any]]) -> TestOutcome:
    """Make one outcome of what the report says of a test's phases: setup, call and teardown."""
    worst = min(phases, key=lambda phase: ("failed", "skipped", "passed").index(phase["outcome"]))
    properties = dict(worst["user_properties"])
    return TestOutcome(
        clause=properties["clause"],
        sentence=properties["sentence"],
        service=properties["service"],
        test=worst["nodeid"],
        outcome=worst["outcome"],
        reason=shorten(_reason(worst["longrepr"]), REASON_LENGTH, placeholder=" …"),
    )


def _reason(longrepr: Any) -> str:
    match longrepr:
        case None:
            return ""
        case [_, _, reason]:
            return str(reason).removeprefix("Skipped: ")
        case {"reprcrash": {"message": message}} if message.startswith("ExceptionGroup"):
            first = IN_GROUP.search(_text(longrepr["reprtraceback"]))
            return first[1] if first else str(message).split("\n")[0]
        case {"reprcrash": {"message": message}}:
            return str(message).split("\n")[0]
    return last_line(str(longrepr))


def _text(traceback: Any) -> str:
    return "".join(line for entry in traceback["reprentries"] for line in entry["data"]["lines"])


def last_line(text: str) -> str:
    """Give the last thing that a suite said."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1].removeprefix("ERROR: ") if lines else "the suite said nothing"
