"""Faults are made and judged: what was lost is seen, and the published table is the record's."""

import pytest
from sqlalchemy import delete, insert, update

from compare.registry.services import SERVICES, USUAL
from compare.running import databases
from compare.survey.faults import FAULTS, FaultPlan, record, sentence_of, survey_faults
from compare.survey.faults.creates import (
    CREATED,
    UNAVAILABLE,
    Attempt,
    fate,
    tags_of,
    unforeseen,
)
from shared.seed import POSTS, post, post_row, tag
from tests.support.serving import seeded

TITLES = ("Attempt 0", "Attempt 1")
QUICK = ("database-is-away", "clients-are-slow-behind-the-door", "server-is-stopped")


def test_fate_of_creates_tells_what_was_lost(sqlite: databases.Databases) -> None:
    """A create that was acknowledged and is not there, or not whole, or there twice, is told."""
    service = SERVICES["fastapi-blocking"]
    database = databases.engine(seeded(sqlite, service))
    attempts = [Attempt(title, CREATED) for title in TITLES]
    rows = [post_row(POSTS + number) | {"title": title} for number, title in enumerate(TITLES, 1)]
    tags = [{"post_id": row["id"], "name": name} for row in rows for name in tags_of(row["title"])]
    whole, torn = "2 acknowledged creates, none lost, torn or doubled", "0 lost, 1 torn, 0 doubled"
    with database.begin() as connection:
        connection.execute(insert(post), rows)
        connection.execute(insert(tag), tags)
    assert fate(attempts, database) == (True, whole)
    with database.begin() as connection:
        connection.execute(delete(tag).where(tag.c.name == tags[0]["name"]))
    assert fate(attempts, database) == (False, f"2 acknowledged creates, {torn}")
    with database.begin() as connection:
        connection.execute(insert(tag), tags[0])
        connection.execute(update(post).where(post.c.id > POSTS).values(title=TITLES[0]))
    doubled = "2 acknowledged creates, 1 lost, 0 torn, 1 doubled"
    assert fate(attempts, database) == (False, doubled)


@pytest.mark.parametrize(
    ("status", "says_when", "told"),
    [(500, False, "1 × 500"), (UNAVAILABLE, False, "1 × 503"), (UNAVAILABLE, True, "")],
)
def test_answers_that_no_client_expects_are_told(status: int, says_when: bool, told: str) -> None:
    """A create may be refused with 503 and Retry-After, or broken off; all else is a fault."""
    attempts = [Attempt("A", CREATED), Attempt("B", None), Attempt("C", status, says_when)]
    assert unforeseen(attempts) == told


def test_published_table_is_that_of_the_record() -> None:
    """docs/faults.md is what docs/faults.json says, of every fault and each usual service."""
    recorded = record.read()
    assert record.TABLE.read_text(encoding="utf-8") == record.markdown(recorded)
    assert {(seen.fault, seen.service) for seen in recorded.faults} == {
        (sentence_of(fault), service) for fault in FAULTS.values() for service in USUAL
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", ["django", "fastapi-blocking"])
def test_no_acknowledged_create_is_lost_in_twenty_kills(
    postgres: databases.Databases, name: str
) -> None:
    """Service and database are killed five times each among creates: all acknowledged is there."""
    plan = FaultPlan(("service-is-killed", "database-is-killed"), kills=5)
    for seen in survey_faults([SERVICES[name]], postgres, plan, lambda *_: None):
        assert seen.held, seen.said


@pytest.mark.slow
def test_faults_are_held_that_a_service_is_to_hold(postgres: databases.Databases) -> None:
    """An outage, slow clients behind the front door, and SIGTERM: all as a service should."""
    seen = survey_faults([SERVICES["fastapi"]], postgres, FaultPlan(QUICK), lambda *_: None)
    assert [fault.said for fault in seen if not fault.held] == []
    assert len(seen) == len(QUICK)
