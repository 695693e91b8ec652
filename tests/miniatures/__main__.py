"""Run the contract suite on the correct miniature and on every defect: the kill table.

Without options it writes docs/kill-table.md; of clauses that a defect should not break, the first
case of every test is asked. With --check it asks each defect the tests of its own clause only, and
compares with the table that is there. Names of defects choose among them, and write nothing.
"""

import argparse
import sys
from functools import partial

from tests.miniatures import kill_table
from tests.miniatures.defects import DEFECTS
from tests.miniatures.kills import complaints, kills, run
from tests.miniatures.rows import CORRECT


def main(arguments: list[str] | None = None) -> int:
    """Give 0 when every defect is caught as it should be, and the correct service passes."""
    parser = argparse.ArgumentParser("python -m tests.miniatures", description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="compare with the table, write nothing"
    )
    parser.add_argument("names", nargs="*", metavar="DEFECT")
    options = parser.parse_args(arguments)
    names = options.names or [CORRECT.name, *DEFECTS]
    outcomes = run(names, others=not options.check, tell=partial(print, flush=True))
    wrong = complaints(outcomes)
    if options.check and not options.names:
        wrong += differences()
    for line in wrong:
        print(line, file=sys.stderr)
    if not (wrong or options.names or options.check):
        kill_table.PATH.write_text(kill_table.write(kills(outcomes)), encoding="utf-8")
    return 1 if wrong else 0


def differences() -> list[str]:
    """Say where the committed table has other defects or clauses than there are."""
    known = [(defect.clause, defect.name) for defect in DEFECTS.values()]
    table = kill_table.rows(kill_table.PATH.read_text(encoding="utf-8"))
    odd = sorted(set(known) ^ set(table))
    return [f"{name} ({clause}) is missing in the table, or too much in it" for clause, name in odd]


if __name__ == "__main__":
    sys.exit(main())
