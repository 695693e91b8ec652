"""Creates that go on while something happens, and what has become of each in the database."""

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from threading import Event

import httpx
from sqlalchemy import Engine, select

from compare.survey.faults.ground import POLL_SECONDS, client
from shared.seed import POSTS, post, tag

AT_ONCE = 16
CREATED, UNAVAILABLE = 201, 503


@dataclass(frozen=True)
class Attempt:
    """One create: its title, which no other has, and its status, None when no answer came."""

    title: str
    status: int | None
    says_when: bool = False

    @property
    def is_foreseen(self) -> bool:
        """Whether it was created, broken off, or refused as clients are told to expect."""
        return self.status in (CREATED, None) or (self.status == UNAVAILABLE and self.says_when)


@contextmanager
def creating(url: str) -> Iterator[list[Attempt]]:
    """Send creates from so many senders until the block ends; the list grows meanwhile."""
    attempts: list[Attempt] = []
    numbers, enough = count(), Event()

    def send() -> None:
        with client(url) as sender:
            while not enough.is_set():
                attempts.append(_attempt(sender, f"Attempt {next(numbers)}"))
                if attempts[-1].status != CREATED:
                    enough.wait(POLL_SECONDS)  # as a client does that was refused

    with ThreadPoolExecutor(AT_ONCE) as threads:
        senders = [threads.submit(send) for _ in range(AT_ONCE)]
        try:
            yield attempts
        finally:
            enough.set()
        for sender in senders:
            sender.result()


def acknowledged(attempts: Sequence[Attempt]) -> int:
    """Count the creates that were answered with 201."""
    return sum(attempt.status == CREATED for attempt in attempts)


def fate(attempts: Sequence[Attempt], database: Engine) -> tuple[bool, str]:
    """Say what has become of the attempts: whether all is as acknowledged, and in words."""
    with database.connect() as connection:
        rows = connection.execute(select(post.c.id, post.c.title).where(post.c.id > POSTS)).all()
        tags = Counter(connection.scalars(select(tag.c.post_id).where(tag.c.post_id > POSTS)))
    titles = Counter(title for _, title in rows)
    lost = sum(attempt.status == CREATED and not titles[attempt.title] for attempt in attempts)
    torn = sum(tags[id] != len(tags_of(title)) for id, title in rows)
    doubled = sum(times - 1 for times in titles.values())
    whole = f"{acknowledged(attempts):,} acknowledged creates, "
    if lost or torn or doubled:
        return False, f"{whole}{lost} lost, {torn} torn, {doubled} doubled"
    return True, f"{whole}none lost, torn or doubled"


def unforeseen(attempts: Sequence[Attempt]) -> str:
    """Name the answers that no client is told to expect, in words; empty when there are none."""
    others = Counter(attempt.status for attempt in attempts if not attempt.is_foreseen)
    return ", ".join(f"{times} × {status}" for status, times in others.items())


def tags_of(title: str) -> list[str]:
    """Give the tags of a create, which no other has."""
    return [f"{title}, first", f"{title}, second"]


def _attempt(sender: httpx.Client, title: str) -> Attempt:
    new = {"title": title, "body": "Sent among faults.", "author_id": 1, "tags": tags_of(title)}
    try:
        answer = sender.post("/posts", json=new)
    except httpx.TransportError:
        return Attempt(title, None)
    return Attempt(title, answer.status_code, "retry-after" in answer.headers)
