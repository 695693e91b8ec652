"""A database that is there and does not serve: away, read-only, or locked."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from sqlalchemy import text

from compare.survey.faults.creates import (
    AT_ONCE,
    CREATED,
    Attempt,
    acknowledged,
    creating,
    fate,
    unforeseen,
)
from compare.survey.faults.ground import Fault, Ground, Seen, wait_until

REFUSALS = 2 * AT_ONCE
# Short, so that a refusal by timeout is seen soon.
TIMEOUT_SECONDS = "1"
END_SESSIONS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = '{name}' AND pid <> pg_backend_pid()"
)


def database_is_away(ground: Ground) -> Seen:
    """The database ends all connections and takes no new ones for a while, among creates."""

    @contextmanager
    def away() -> Iterator[None]:
        ground.tell_server("ALTER DATABASE {name} ALLOW_CONNECTIONS false", END_SESSIONS)
        try:
            yield
        finally:
            ground.tell_server("ALTER DATABASE {name} ALLOW_CONNECTIONS true")

    return _creating_during(away(), ground)


def database_is_read_only(ground: Ground) -> Seen:
    """The database lets nobody write for a while, in any new session, among creates."""
    setting = "default_transaction_read_only"

    @contextmanager
    def read_only() -> Iterator[None]:
        ground.tell_server(f"ALTER DATABASE {{name}} SET {setting} = on", END_SESSIONS)
        try:
            yield
        finally:
            ground.tell_server(f"ALTER DATABASE {{name}} RESET {setting}")

    return _creating_during(read_only(), ground)


def table_is_locked(ground: Ground) -> Seen:
    """Somebody else keeps a lock on the table of posts for a while, among creates."""

    @contextmanager
    def locked() -> Iterator[None]:
        with ground.database.connect() as connection:
            connection.execute(text("BEGIN"))
            connection.execute(text("LOCK TABLE post IN ACCESS EXCLUSIVE MODE"))
            yield
            connection.execute(text("ROLLBACK"))

    return _creating_during(locked(), ground)


def _creating_during(outage: AbstractContextManager[None], ground: Ground) -> Seen:
    """Create before, during and after an outage, and say how creates were answered."""
    with (
        ground.running(DATABASE_TIMEOUT_SECONDS=TIMEOUT_SECONDS) as running,
        creating(running.url) as attempts,
    ):
        wait_until(lambda: acknowledged(attempts) >= AT_ONCE)
        with outage:
            refused = _refused(attempts)
            wait_until(lambda: _refused(attempts) >= refused + REFUSALS)
        created = acknowledged(attempts)
        seconds = wait_until(lambda: acknowledged(attempts) > created)
        # All senders, since one session that stayed as it was would fail again and again.
        refused = _refused(attempts)
        wait_until(lambda: acknowledged(attempts) >= created + 10 * AT_ONCE)
        still = _refused(attempts) - refused
        running.check_alive()
    whole, words = fate(attempts, ground.database)
    others = unforeseen(attempts)
    answered = f"answered {others}" if others else "meanwhile 503 with Retry-After"
    after = f", and {still} refused after that" if still > AT_ONCE else ""
    said = f"{answered}; {words}; creates again after {seconds:.1f} s{after}"
    return Seen(whole and not others and still <= AT_ONCE, said)


def _refused(attempts: list[Attempt]) -> int:
    return sum(attempt.status != CREATED for attempt in attempts)


FAULTS: tuple[Fault, ...] = (database_is_away, database_is_read_only, table_is_locked)
