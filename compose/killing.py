"""A replica that is killed among creates: what of them is acknowledged, and what is kept."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from threading import Event, Semaphore

import httpx

from compare.running import databases
from compose.composition import Broken, Composition, Handled, Replica, run, wait_until
from tests.contract.posts import create, new_post
from tests.contract.subject import connect
from tests.contract.tables import Tables

AT_ONCE = 16
# Linux closes the sockets of a killed process from the newest to the oldest, so its listener takes
# in connections until the very last: a sender whose create was cut off may send the next one into
# the same death, and no third.
MOST_FAILED = 2 * AT_ONCE
ANSWERED_BEFORE_KILL = ANSWERED_AFTER_IT = 150
ANSWER_SECONDS = 60.0
OK, CREATED, BAD_GATEWAY = 200, 201, 502


@dataclass(frozen=True)
class Attempt:
    """One create: when it was sent and had its end, and its answer, None when none came."""

    number: int
    sent_at_seconds: float
    ended_at_seconds: float
    answer: httpx.Response | None

    @property
    def title(self) -> str:
        """Its title, which no other attempt has."""
        return title_of(self.number)

    @property
    def is_acknowledged(self) -> bool:
        """Whether the front door gave the service's 201."""
        return self.answer is not None and self.answer.status_code == CREATED


@dataclass(frozen=True)
class Death:
    """When a replica was told to die, and when it was dead, by the monotonic clock."""

    told_at_seconds: float
    dead_at_seconds: float

    def was_met_by(self, attempt: Attempt) -> bool:
        """Whether an attempt was in flight at any moment of it."""
        return (
            attempt.sent_at_seconds <= self.dead_at_seconds
            and attempt.ended_at_seconds >= self.told_at_seconds
        )


def kill_among_creates(composition: Composition, service: str, victim: Replica) -> str:
    """Kill a replica among creates, and say what became of them; Broken when any was lost."""
    lost_before = lost_on(composition, victim)
    with connect(composition.url(service), composition.token) as client:
        attempts, death = create_and_kill(client, victim)
        failed = check_the_failed(attempts, death)
        check_that_the_acknowledged_are_there(client, attempts)
    wait_until(
        lambda: lost_on(composition, victim) - lost_before == failed,
        f"{failed} creates failed, not all of them in flight on the replica that was killed",
    )
    written = check_the_tables(composition.database_url(service), attempts)
    return (
        f"{service}: {len(attempts)} creates, {AT_ONCE} at once; a replica was killed among them; "
        f"{len(attempts) - failed} acknowledged, all there with their tags; {failed} "
        f"failed, all in flight on it while it died ({written} of them written); none doubled"
    )


def create_and_kill(client: httpx.Client, victim: Replica) -> tuple[list[Attempt], Death]:
    """Create from several threads and kill the replica among it; gives what became of both."""
    numbers, answered, enough = count(), Semaphore(0), Event()

    def attempts() -> list[Attempt]:
        made = []
        while not enough.is_set():
            try:
                made.append(send(client, next(numbers)))
            finally:
                answered.release()
        return made

    with ThreadPoolExecutor(AT_ONCE) as pool:
        creating = [pool.submit(attempts) for _ in range(AT_ONCE)]
        try:
            wait_for(answered, ANSWERED_BEFORE_KILL)
            told_at_seconds = time.monotonic()
            run("docker", "kill", victim.id)
            death = Death(told_at_seconds, time.monotonic())
            wait_for(answered, ANSWERED_AFTER_IT)
        finally:
            enough.set()
    return [attempt for sender in creating for attempt in sender.result()], death


def wait_for(answered: Semaphore, answers: int) -> None:
    """Wait until so many more creates were answered; Broken when they are not."""
    for _ in range(answers):
        require(answered.acquire(timeout=ANSWER_SECONDS), "the creates are no longer answered")


def send(client: httpx.Client, number: int) -> Attempt:
    """Send one create, with a title and tags that no other has."""
    sent_at_seconds, answer = time.monotonic(), None
    with suppress(httpx.TransportError):
        answer = create(client, new_post(title=title_of(number), tags=tags_of(number)))
        is_known = answer.status_code in (CREATED, BAD_GATEWAY)
        require(is_known, f"a create was answered: {answer.text}")
    return Attempt(number, sent_at_seconds, time.monotonic(), answer)


def title_of(number: int) -> str:
    """Give the title of an attempt, which no other has."""
    return f"Attempt {number}"


def tags_of(number: int) -> list[str]:
    """Give the tags of an attempt, sorted."""
    return [f"first-{number}", f"second-{number}"]


def check_the_failed(attempts: list[Attempt], death: Death) -> int:
    """Give how many creates failed; Broken when any was not in flight while the replica died."""
    failed = [attempt for attempt in attempts if not attempt.is_acknowledged]
    unmet = [attempt for attempt in failed if not death.was_met_by(attempt)]
    complaint = "of the creates that failed were not in flight while a replica died"
    require(not unmet, f"{len(unmet)} {complaint}")
    require(len(failed) <= MOST_FAILED, f"{len(failed)} creates failed with {AT_ONCE} in flight")
    return len(failed)


def check_that_the_acknowledged_are_there(client: httpx.Client, attempts: list[Attempt]) -> None:
    """Ask for each acknowledged post where its Location says; Broken when one is not as sent."""

    def is_there(attempt: Attempt) -> bool:
        assert attempt.answer is not None  # noqa: S101
        answer = client.get(attempt.answer.url.join(attempt.answer.headers["location"]))
        if answer.status_code != OK:
            return False
        post = answer.json()
        return (post["title"], post["tags"]) == (attempt.title, tags_of(attempt.number))

    acknowledged = [attempt for attempt in attempts if attempt.is_acknowledged]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        lost = len(acknowledged) - sum(pool.map(is_there, acknowledged))
    require(not lost, f"{lost} acknowledged posts are lost")


def check_the_tables(database_url: str, attempts: list[Attempt]) -> int:
    """Look for lost, torn and doubled posts in the database; Broken when there are any.

    Gives how many posts were written whose create failed.
    """
    tables = Tables(databases.engine(database_url))
    tags = tables.new_tags()
    numbers = {attempt.title: attempt.number for attempt in attempts}
    rows = {id: title for id, title in tables.new_titles().items() if title in numbers}
    doubled = [title for title, count in Counter(rows.values()).items() if count > 1]
    torn = [title for id, title in rows.items() if tags[id] != {*tags_of(numbers[title])}]
    acknowledged = {attempt.title for attempt in attempts if attempt.is_acknowledged}
    require(not doubled, f"posts are there twice: {doubled}")
    require(not torn, f"posts lack tags: {torn}")
    require(acknowledged <= {*rows.values()}, "acknowledged posts are not in the database")
    return len(rows) - len(acknowledged)


def lost_on(composition: Composition, replica: Replica) -> int:
    """Give how many requests failed, by the front door's log, in flight on this replica."""
    ended_there = [
        request for request in composition.handled() if request.address == replica.address
    ]
    return sum(not request.is_whole or request.status == BAD_GATEWAY for request in ended_there)


def answered_by(composition: Composition, replica: Replica) -> int:
    """Give how many requests this replica answered with 200, by the front door's log."""
    return composition.handled().count(Handled(OK, replica.address, is_whole=True))


def start_again(composition: Composition, service: str, victim: Replica) -> str:
    """Start the killed replica again, and wait until the front door sends it requests."""
    others = {replica.id for replica in composition.replicas(service)}
    run("docker", "start", victim.id)
    (returned,) = (replica for replica in composition.replicas(service) if replica.id not in others)
    before = answered_by(composition, returned)

    def is_asked() -> bool:
        httpx.get(f"{composition.url(service)}/health", trust_env=False).raise_for_status()
        return answered_by(composition, returned) > before

    wait_until(is_asked, f"the front door never asked the replica of {service} that came back")
    return f"{service}: the replica that came back gets requests again"


def require(holds: bool, complaint: str) -> None:
    """Raise Broken with the complaint unless it holds."""
    if not holds:
        raise Broken(complaint)
