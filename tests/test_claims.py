"""Claims: how a verdict is decided, recorded and referred to."""

import re
from functools import cache
from pathlib import Path

import pytest

from compare.claims import experiments
from compare.claims.record import VerdictRecord, judge, read, verdicts, write
from compare.errors import RecordError
from compare.results.claims import NOT_ESTABLISHED, NOT_INSTALLED, Claim, Side
from experiments.claim import Held, Seen, verdict
from tests.support.source_files import ROOT

ARTICLE = range(1, 51)
SCREEN_LINES = 50
PYTHONS = ["3.11", "3.13"]
PROSE = ("*.md", "docs/*.md", "shared/*.md", "compare/report/templates/*.html")
# What prose says of a claim, in brackets: (claim `lazy-relation-raises`: holds)
REFERENCE = re.compile(r"\(claim\s+(?:`|<code>)([a-z0-9-]+)(?:`|</code>):\s+([^)]+)\)")


@cache
def catalogue() -> list[experiments.Entry]:
    """Give all claims, listed once."""
    return experiments.read_catalogue()


def claim(verdict: str, *, timed: bool = False, evidence: dict[str, str] | None = None) -> Claim:
    """Give a claim with this verdict."""
    side = Side(
        framework="Django", sentence="It is so.", code="", verdict=verdict, evidence=evidence or {}
    )
    return Claim(
        id="it-is-so",
        module="pitfalls.at_once",
        group="pitfalls",
        heading="Pitfalls",
        numbers=[],
        about="Django",
        instead="Do not.",
        why="",
        turns="",
        timed=timed,
        sides=[side],
    )


@pytest.mark.parametrize(
    ("held", "since", "expected"),
    [
        (True, "", "holds"),
        (False, "", "false"),
        (False, "gunicorn 24.0.0", "no longer true since gunicorn 24.0.0"),
        (None, "", "not established here"),
        ({"it rains": True, "it snows": True}, "", "holds"),
        ({"it rains": True, "it snows": False}, "", "holds if it rains"),
        (
            {"it rains": True, "it snows": False, "it hails": True},
            "",
            "holds if it rains or it hails",
        ),
        ({"it rains": False, "it snows": False}, "", "false"),
        ({"it rains": None, "it snows": True}, "", "not established here"),
        ({"it rains": None, "it snows": False}, "", "not established here"),
        ({"it rains": None}, "", "not established here"),
    ],
)
def test_verdict_says_where_the_claim_held(
    held: Held | dict[str, Held], since: str, expected: str
) -> None:
    """Everywhere, somewhere, nowhere, or nobody knows it of every circumstance."""
    assert verdict(Seen(held=held, evidence={}), since) == expected


@pytest.mark.parametrize(
    ("then", "now", "failed"),
    [
        (claim("holds"), claim("holds"), False),
        (claim("holds"), claim("false"), True),
        (claim("holds"), claim("holds if it rains"), True),
        (claim("holds"), claim(NOT_ESTABLISHED), True),
        (claim("holds"), claim(NOT_ESTABLISHED, timed=True), False),
        (claim(NOT_ESTABLISHED), claim("holds", timed=True), False),
        (claim("holds"), claim("false", timed=True), True),
        (claim("holds"), claim(NOT_ESTABLISHED, evidence={NOT_INSTALLED: "daphne"}), False),
    ],
)
def test_another_verdict_than_the_recorded_one_fails(then: Claim, now: Claim, failed: bool) -> None:
    """A stopwatch may be unsure and a server may be missing; anything else is a changed fact."""
    judgement = judge(VerdictRecord(recordings=[verdicts([then])]), [now])
    assert judgement.failed == failed
    assert bool(judgement.sentences) == failed


def test_claim_that_was_never_recorded_fails() -> None:
    """A new one is recorded with the change that brings it."""
    nothing = verdicts([]).model_copy(update={"verdicts": {}})
    assert judge(VerdictRecord(recordings=[nothing]), [claim("holds")]).failed


def test_what_has_another_version_is_named_beside_a_changed_verdict() -> None:
    """The reader sees which upgrade may have changed the fact."""
    then = verdicts([claim("holds")])
    then.versions["Django"] = "1.0"
    judgement = judge(VerdictRecord(recordings=[then]), [claim("false")])
    assert "Django 1.0 (now " in judgement.sentences[-1]


def test_changed_verdict_is_told_with_what_was_seen() -> None:
    """What failed far away, in CI, can be understood without a second run."""
    then = VerdictRecord(recordings=[verdicts([claim("holds")])])
    judgement = judge(then, [claim("false", evidence={"new ones": "0"})])
    assert judgement.sentences == ["it-is-so (Django): false (recorded: holds); saw new ones: 0"]


def test_another_python_is_not_judged() -> None:
    """What was recorded on one says nothing of another."""
    other = verdicts([claim("holds")]).model_copy(update={"python": "3.99"})
    judgement = judge(VerdictRecord(recordings=[other]), [claim("false")])
    assert not judgement.failed and "no verdicts are recorded" in judgement.sentences[0]


def test_recording_some_claims_keeps_the_others(tmp_path: Path) -> None:
    """Each claim and each Python has its own place in the file."""
    file = tmp_path / "claims.json"
    other = claim("holds").model_copy(update={"id": "something-else"})
    for recorded in (claim("holds"), claim("false"), other):
        write(verdicts([recorded]), file)
    (recording,) = read(file).recordings
    assert recording.verdicts == {
        "it-is-so": {"Django": "false"},
        "something-else": {"Django": "holds"},
    }


def test_damaged_record_is_refused(tmp_path: Path) -> None:
    """It is not taken for an empty one."""
    file = tmp_path / "claims.json"
    file.write_text("{}")
    with pytest.raises(RecordError, match="is no record"):
        read(file)


def test_every_statement_of_the_article_is_answered() -> None:
    """All fifty, by a claim or more each."""
    answered = {number for described in catalogue() for number in described.claim.numbers}
    assert answered == set(ARTICLE)


def test_ids_say_what_they_are_and_are_not_used_twice() -> None:
    """Words with hyphens, since they are typed and linked."""
    ids = [described.claim.id for described in catalogue()]
    assert [id for id in ids if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", id)] == []
    assert sorted(set(ids)) == sorted(ids)


def test_every_experiment_fits_on_a_screen() -> None:
    """A reader sees what decides a claim at one glance."""
    long = [
        f"{described.claim.id}: {lines}"
        for described in catalogue()
        for side in described.claim.sides
        if (lines := len(side.code.splitlines())) > SCREEN_LINES
    ]
    assert long == []


def test_every_claim_is_recorded_on_both_pairs() -> None:
    """Python 3.11 with Django's LTS, and the newest of both."""
    expected = {
        described.claim.id: {side.framework for side in described.claim.sides}
        for described in catalogue()
    }
    recordings = {recording.python: recording for recording in read().recordings}
    assert sorted(recordings) == PYTHONS
    for recording in recordings.values():
        assert {id: set(sides) for id, sides in recording.verdicts.items()} == expected


def test_claim_that_does_not_simply_hold_says_why() -> None:
    """Where a statement and the run disagree, a source function or a release note explains it."""
    unexplained = {
        claim.id
        for claim in (described.claim for described in catalogue())
        for recording in read().recordings
        if recording.verdicts[claim.id][claim.sides[0].framework] != "holds" and not claim.why
    }
    assert unexplained == set()


def test_prose_that_states_a_fact_has_its_verdict_right() -> None:
    """Each reference names a claim that there is, with the verdict of every recorded pair."""
    said = [
        (path, id, " ".join(words.split()))
        for pattern in PROSE
        for path in sorted(ROOT.glob(pattern))
        for id, words in REFERENCE.findall(path.read_text(encoding="utf-8"))
    ]
    assert said
    for path, id, words in said:
        recorded = {
            next(iter(recording.verdicts.get(id, {"": "unknown"}).values()))
            for recording in read().recordings
        }
        assert recorded == {words}, f"{path}: {id}"
