"""Send each usual service 10,000 mutated requests, and be slow with it; write what it did.

The result is docs/malformed.json, and as a table docs/malformed.md. It ends with 1 when something
does not hold, and says what. Names of services choose among them, and write nothing.
"""

import json
import sys
from typing import Any

from compare.registry.project import PROJECT_ROOT
from compare.registry.services import SERVICES, USUAL
from compare.running import databases
from compare.running.launch import Running
from tests.malformed.exchange import BOUND_SECONDS, Endings, exchange_all
from tests.malformed.judging import complaint, complaint_of, running
from tests.malformed.mutations import generated
from tests.malformed.slow import CHECKS, allow_descriptors

REQUESTS = 10_000
RESULT = PROJECT_ROOT / "docs" / "malformed.json"
TABLE = PROJECT_ROOT / "docs" / "malformed.md"
MUTATED = (
    f"{REQUESTS:,} mutated requests: no 5xx but 501 and 505, and each connection ends within"
    f" {BOUND_SECONDS:g} s."
)
ABOUT = """# Malformed requests, slow clients

`python -m tests.malformed` writes this table and `malformed.json`. After every check, the process
lives, its log has no traceback, no client is connected any more, and it has no more threads and
descriptors than before, but for what its pools may hold.

On gunicorn's threads each connection takes one of 16 for as long as its client is slow or silent.
The front door of `compose.yml` waits for whole requests instead.
"""
Result = dict[str, Any]


def main(names: list[str]) -> int:
    """Give 0 when everything holds."""
    allow_descriptors()
    requests = generated(REQUESTS)
    results: dict[str, Result] = {}
    with databases.open("sqlite") as source:
        for name in names or USUAL:
            with running(SERVICES[name], source) as started:
                results[name] = judge(started, requests)
    for name, result in results.items():
        for check, found in result["complaints"].items():
            print(f"{name}: {check} {found or 'It holds.'}")
    if not names:
        RESULT.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
        TABLE.write_text(f"{ABOUT}\n{table(results)}", encoding="utf-8")
    return int(any(any(result["complaints"].values()) for result in results.values()))


def judge(started: Running, requests: list[bytes]) -> Result:
    """Do everything to a service; give how requests ended, and what did not hold."""
    counted: list[Endings] = []

    def send_mutated(started: Running) -> str:
        counted.append(exchange_all(started, requests))
        return complaint_of(counted[0])

    complaints = {MUTATED: complaint(started, send_mutated)}
    for check in CHECKS:
        complaints[str(check.__doc__)] = complaint(started, check)
    return {"endings": dict(sorted(counted[0].statuses.items())), "complaints": complaints}


def table(results: dict[str, Result]) -> str:
    """Write the checks as rows and the services as columns."""
    rows = [["", *results], ["---"] * (len(results) + 1)]
    for check in next(iter(results.values()))["complaints"]:
        found = [result["complaints"][check] for result in results.values()]
        rows.append([check, *(text.replace("|", "\\|") or "holds" for text in found)])
    endings = [result["endings"] for result in results.values()]
    for ending in sorted({ending for counts in endings for ending in counts}):
        rows.append(
            [f"first answer: {ending}", *(f"{counts.get(ending, 0)}" for counts in endings)]
        )
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
