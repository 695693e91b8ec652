"""Claims on the page: the verdict first, and behind it the code, what it saw, and what to do."""

import pytest

from compare.report import render
from compare.report.claims import kind
from compare.results.claims import NOT_ESTABLISHED, Claim, Side
from compare.results.surveys import Survey
from tests.support.page_text import Resources, words
from tests.support.sample_results import sample_results

CLAIM = Claim(
    id="lazy-relation-raises",
    module="relations.lazy",
    group="relations",
    heading="Relations",
    numbers=[15],
    about="Django 4.1 and later",
    instead="Load it with `await` before.",
    why="",
    turns="it was loaded before",
    timed=False,
    sides=[
        Side(
            framework="Django",
            sentence="Touching a relation raises `SynchronousOnlyOperation`.",
            code="async def experiment() -> None:\n    ...",
            verdict="holds",
            evidence={"post.author": "SynchronousOnlyOperation"},
        ),
        Side(
            framework="FastAPI",
            sentence="SQLAlchemy raises `MissingGreenlet`.",
            code="async def other() -> None:\n    ...",
            verdict="false",
            evidence={"post.author": "<script>alert(1)</script>"},
        ),
    ],
)


def page(*claims: Claim) -> str:
    """Give the page of a run with these claims."""
    return render(sample_results().model_copy(update={"survey": Survey(claims=list(claims))}))


def test_claim_is_shown_whole() -> None:
    """Both sentences and verdicts, the code, the evidence, and what to do instead."""
    shown = words(page(CLAIM))
    for text in (
        "Touching a relation raises SynchronousOnlyOperation.",
        "SQLAlchemy raises MissingGreenlet.",
        "async def experiment() -> None:",
        "Load it with await before.",
        "it was loaded before",
        "Django 4.1 and later",
        "FastAPI: false",
    ):
        assert text in shown, text


def test_claim_can_be_linked_to() -> None:
    """Its id is an address on the page."""
    assert 'id="claim-lazy-relation-raises"' in page(CLAIM)


def test_evidence_stays_text() -> None:
    """What an experiment saw is shown, not obeyed."""
    resources = Resources(page(CLAIM))
    assert "script" not in resources.tags
    assert "<script>alert(1)</script>" in resources.text


def test_without_claims_there_is_no_section() -> None:
    """A run alone has none."""
    assert 'id="claims"' not in page()


@pytest.mark.parametrize(
    ("verdict", "shown_as"),
    [
        ("holds", "passed"),
        ("holds if it rains", "partly"),
        ("false", "failed"),
        ("no longer true since gunicorn 24.0.0", "failed"),
        (NOT_ESTABLISHED, "skipped"),
    ],
)
def test_verdicts_tell_apart(verdict: str, shown_as: str) -> None:
    """Each kind has a look of its own, beside its words."""
    assert kind(verdict) == shown_as
