"""The kill table: each defect, the clause that catches it, and the tests that failed."""

import re
from collections.abc import Sequence
from pathlib import Path

from tests.miniatures.kills import Kill

PATH = Path(__file__).resolve().parents[2] / "docs" / "kill-table.md"
HEAD = """\
# The kill table

A contract suite that no wrong service fails proves nothing. So `tests/miniatures` has a small
correct service, which passes the whole suite, and {count} defects of it, each a patch of a few
lines. Each must be caught by the clause that it breaks. This table says which tests caught it.

`python -m tests.miniatures` writes this table anew. With `--check` it asks whether every defect is
still caught, as `make test-all` does. `tests/miniatures/patches` has the patches, and says which
defects no request can show.

| Clause | Defect | What is wrong | Tests that fail |
|---|---|---|---|
"""
ROW = re.compile(r"^\| (C\d+) \| `([a-z0-9-]+)` \|", re.MULTILINE)


def write(kills: Sequence[Kill]) -> str:
    """Write the table."""
    return HEAD.format(count=len(kills)) + "".join(map(_row, kills))


def rows(text: str) -> list[tuple[str, str]]:
    """Read each clause and defect from a table."""
    return [(clause, name) for clause, name in ROW.findall(text)]


def _row(kill: Kill) -> str:
    tests = ", ".join(f"`{test}`" for test in kill.tests)
    defect = kill.defect
    return f"| {defect.clause} | `{defect.name}` | {defect.sentence} | {tests} |\n"
