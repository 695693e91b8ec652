"""The record of verdicts, and which are others now: an upgrade that changes a fact is noticed."""

import platform
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from compare.registry.project import PROJECT_ROOT
from compare.results import provenance
from compare.results.claims import NOT_ESTABLISHED, NOT_INSTALLED, Claim, Side
from compare.results.records import Judgement, changed_versions, read_record
from compare.strict import Strict

RECORDED = PROJECT_ROOT / "docs" / "claims.json"


class Verdicts(Strict):
    """The verdicts of one Python, such as 3.13, with the versions they were found on.

    `verdicts` is claim -> framework -> verdict.
    """

    python: str
    versions: dict[str, str]
    verdicts: dict[str, dict[str, str]]


class VerdictRecord(Strict):
    """The file."""

    recordings: list[Verdicts]


def verdicts(claims: Iterable[Claim]) -> Verdicts:
    """Put the verdicts that were found here, just now, together with the versions."""
    return Verdicts(
        python=".".join(platform.python_version_tuple()[:2]),
        versions={"Python": platform.python_version(), **provenance.versions()},
        verdicts={
            claim.id: {side.framework: side.verdict for side in claim.sides} for claim in claims
        },
    )


def read(path: Path = RECORDED) -> VerdictRecord:
    """Read the file, an empty record if there is none; RecordError when it is damaged."""
    return read_record(path, VerdictRecord(recordings=[]))


def write(new: Verdicts, path: Path = RECORDED) -> None:
    """Put these verdicts in the place of those of the same Python; keep what was not asked now."""
    before = {recording.python: recording for recording in read(path).recordings}
    kept = before[new.python].verdicts if new.python in before else {}
    whole = dict(sorted((kept | new.verdicts).items()))
    before[new.python] = new.model_copy(update={"verdicts": whole})
    record = VerdictRecord(recordings=[before[python] for python in sorted(before)])
    path.write_text(record.model_dump_json(indent=1) + "\n", encoding="utf-8")


def with_recorded(claims: Iterable[Claim], record: VerdictRecord) -> list[Claim]:
    """Give the claims with the verdicts of this Python, or of the newest one that has any."""
    here = ".".join(platform.python_version_tuple()[:2])
    recorded = {recording.python: recording.verdicts for recording in record.recordings}
    verdicts_of = recorded.get(here) or next(reversed(recorded.values()), {})
    return [
        claim.model_copy(update={"sides": _recorded_sides(claim, verdicts_of.get(claim.id, {}))})
        for claim in claims
    ]


def _recorded_sides(claim: Claim, verdict_of: Mapping[str, str]) -> list[Side]:
    return [
        side.model_copy(update={"verdict": verdict_of.get(side.framework, "")})
        for side in claim.sides
    ]


def judge(record: VerdictRecord, claims: Sequence[Claim]) -> Judgement:
    """Say of each verdict that is another than the recorded one of this Python what was seen.

    What could not be established here contradicts nothing where a claim is about time, or where
    what it needs is not installed.
    """
    now = verdicts(claims)
    recorded = next(
        (recording for recording in record.recordings if recording.python == now.python), None
    )
    if recorded is None:
        return Judgement([f"no verdicts are recorded for Python {now.python}"], failed=False)
    sentences = [
        f"{claim.id} ({side.framework}): {side.verdict} (recorded: {then}); saw {_seen(side)}"
        for claim in claims
        for side in claim.sides
        if side.verdict != (then := recorded.verdicts.get(claim.id, {}).get(side.framework, "none"))
        and not (_may_be_unsure(claim) and NOT_ESTABLISHED in (side.verdict, then))
    ]
    changes = changed_versions(recorded.versions, now.versions)
    if sentences and changes:
        return Judgement([*sentences, f"recorded with {', '.join(changes)}"], failed=True)
    return Judgement(sentences, failed=bool(sentences))


def _seen(side: Side) -> str:
    return "; ".join(f"{name}: {value}" for name, value in side.evidence.items())


def _may_be_unsure(claim: Claim) -> bool:
    return claim.timed or NOT_INSTALLED in claim.sides[0].evidence
