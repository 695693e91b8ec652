"""Processes that are killed among creates: what was acknowledged must be there afterwards."""

import signal

import psutil
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from compare.errors import DatabaseError
from compare.running.addresses import HOST, reserved_port, url_of
from compare.survey.faults.creates import Attempt, acknowledged, creating, fate, unforeseen
from compare.survey.faults.ground import Fault, Ground, Seen, wait_until

ACKNOWLEDGED_BETWEEN = 25
BACKENDS = text(
    "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
    " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
)


def service_is_killed(ground: Ground) -> Seen:
    """The service is killed (SIGKILL) among creates, and started again."""
    with reserved_port() as port, creating(url_of(HOST, port)) as attempts:
        for number in range(ground.kills):
            ground.say(f"{number} of {ground.kills}")
            with ground.running(port) as running:
                _wait_for_more(attempts)
                running.kill()
    return _seen(ground, attempts)


def database_is_killed(ground: Ground) -> Seen:
    """A process of PostgreSQL is killed (SIGKILL) among creates, and all of it starts anew."""
    with ground.running() as running, creating(running.url) as attempts:
        slowest_seconds = 0.0
        for number in range(ground.kills):
            ground.say(f"{number} of {ground.kills}")
            _wait_for_more(attempts)
            _kill_backend(ground)
            slowest_seconds = max(slowest_seconds, _wait_for_more(attempts))
        running.check_alive()
    seen = _seen(ground, attempts)
    return Seen(seen.held, f"{seen.said}; creates again within {slowest_seconds:.1f} s")


def _wait_for_more(attempts: list[Attempt]) -> float:
    enough = acknowledged(attempts) + ACKNOWLEDGED_BETWEEN
    return wait_until(lambda: acknowledged(attempts) >= enough)


def _kill_backend(ground: Ground) -> None:
    """Kill one of the service's sessions, and wait until the server has ended all others for it."""
    with ground.database.connect() as ours:
        backends = ours.scalars(BACKENDS).all()
        try:
            psutil.Process(backends[0]).send_signal(signal.SIGKILL)
        except (psutil.NoSuchProcess, psutil.AccessDenied) as error:
            raise DatabaseError("faults are made on the embedded PostgreSQL") from error
        wait_until(lambda: _is_ended(ours))


def _is_ended(session: Connection) -> bool:
    try:
        session.execute(text("SELECT 1"))
    except DBAPIError:
        return True
    return False


def _seen(ground: Ground, attempts: list[Attempt]) -> Seen:
    whole, words = fate(attempts, ground.database)
    others = unforeseen(attempts)
    times = f"{ground.kills} times: {words}"
    return Seen(whole and not others, f"{times}; answered {others}" if others else times)


FAULTS: tuple[Fault, ...] = (service_is_killed, database_is_killed)
