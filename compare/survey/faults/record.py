"""The record of faults: what the published table shows, as data and as Markdown."""

import json
from pathlib import Path

from compare.registry.project import PROJECT_ROOT
from compare.registry.services import SERVICES
from compare.results.records import read_record
from compare.results.surveys import Made, Survey
from compare.survey.faults import FAULTS, sentence_of

RECORDED = PROJECT_ROOT / "docs" / "faults.json"
TABLE = PROJECT_ROOT / "docs" / "faults.md"
BEGINNING = """# How the services fail

Each fault was made to happen to each service, on the embedded PostgreSQL, with the settings and
flags of every run: one process, 16 threads, 16 connections. ✓ is what is asked of a service that
shall not fall: nothing acknowledged is lost, what cannot be served is refused at once, and others
are served meanwhile. ✗ is what a framework or a server leaves to somebody else; the front door is
[nginx](../compose/limits.conf), and [servers.md](servers.md#what-a-server-decides) says why.
The rates only say what a service kept up with in that fault: how fast services are is measured
otherwise ([measuring.md](measuring.md)).

This table is generated; do not edit it. Make it anew with `compare survey faults --record`.
"""


def read(path: Path = RECORDED) -> Survey:
    """Read the file, an empty survey if there is none; RecordError when it is damaged."""
    return read_record(path, Survey())


def write(new: Survey) -> None:
    """Put what was seen in the place of what is on record about the same; write the table too."""
    whole = read().with_newer(new)
    kept = json.loads(whole.model_dump_json(include={"faults", "made"}))
    RECORDED.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    TABLE.write_text(markdown(whole), encoding="utf-8")


def markdown(survey: Survey) -> str:
    """Write the page of docs/."""
    services = [name for name in SERVICES if any(name == seen.service for seen in survey.faults)]
    cells = {
        (seen.fault, seen.service): f"{'✓' if seen.held else '✗'} {seen.said}"
        for seen in survey.faults
    }
    lines = [BEGINNING]
    for fault in map(sentence_of, FAULTS.values()):
        lines += [f"## {fault.rstrip('.')}", "", "| Service | What it did |", "|---|---|"]
        lines += [
            f"| `{service}` | {cells[fault, service]} |"
            for service in services
            if (fault, service) in cells
        ]
        lines.append("")
    return "\n".join([*lines, "## How it was made", "", *map(_made, survey.made), ""])


def _made(made: Made) -> str:
    return f"- `{made.command}` at commit `{made.commit}`, {made.finished_at:%Y-%m-%d}"
