"""Count a service's connections in PostgreSQL while far more requests ask than its pool holds.

The counts are the database's own (`pg_stat_activity`), asked over a connection left out of them.
"""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait

from sqlalchemy import Connection, make_url, text

from compare.errors import DatabaseError, GateError
from compare.registry.environment import settings
from compare.registry.services import Service
from compare.results.surveys import PoolUse
from compare.running import databases, launch, load
from compare.running.addresses import HOST
from compare.running.requests import mix_of

IN_FLIGHT = 64
LOAD_SECONDS = 3.0
READ_EVERY_SECONDS = 0.05
SETTLE_SECONDS = 2.0  # for the last request to finish
NOWHERE_URL = f"http://{HOST}"  # a list calls no upstream
STATES = text(
    "SELECT pid, state FROM pg_stat_activity WHERE datname = current_database()"
    " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
)

States = dict[int, str | None]  # what each connection does, by the pid of its backend


def pool_use(
    service: Service,
    source: databases.Databases,
    in_flight: int = IN_FLIGHT,
    duration_seconds: float = LOAD_SECONDS,
    **overrides: str,
) -> PoolUse:
    """Start a service on a fresh PostgreSQL database, load its list, and count meanwhile.

    `overrides` are settings. DatabaseError when the source has no PostgreSQL, GateError when
    there were errors, LaunchError or LoadError when the service or the load engine fails.
    """
    url = _filled_database(service, source)
    chosen = settings(service, url, NOWHERE_URL, **overrides)
    with launch.running(
        service, database_url=url, upstreams_url=NOWHERE_URL, overrides=overrides
    ) as running:
        result, readings = _watched_load(running, url, in_flight, duration_seconds)
    if result.errors or not result.requests:
        raise GateError(f"{service.name}: {result.errors} errors beside {result.requests} answers")
    return _summary(service.name, int(chosen["DATABASE_POOL_SIZE"]), in_flight, result, readings)


def _filled_database(service: Service, source: databases.Databases) -> str:
    url = source.create(service.name)
    if make_url(url).get_backend_name() != "postgresql":
        raise DatabaseError("pools are counted by PostgreSQL: --database postgres")
    launch.migrate(service, url)
    databases.fill(url)
    return url


def _watched_load(
    running: launch.Running, url: str, in_flight: int, duration_seconds: float
) -> tuple[load.Load, list[States]]:
    # In a transaction every reading would be the same as the first.
    engine = databases.engine(url).execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as watch, ThreadPoolExecutor() as threads:
        mix = mix_of("list")
        loop = load.ClosedLoop(in_flight)
        loading = threads.submit(load.run, running.url, mix, loop, duration_seconds)
        readings = list(_states_while(loading, watch))
    running.check_alive()
    return loading.result(), readings


def _states_while(loading: Future[load.Load], watch: Connection) -> Iterator[States]:
    while not loading.done():
        yield _states(watch)
        wait([loading], timeout=READ_EVERY_SECONDS)
    settled_by = time.monotonic() + SETTLE_SECONDS
    while any(state != "idle" for state in _states(watch).values()):
        if time.monotonic() > settled_by:
            break
        time.sleep(READ_EVERY_SECONDS)
    yield _states(watch)


def _states(watch: Connection) -> States:
    return {pid: state for pid, state in watch.execute(STATES)}


def _summary(
    name: str, pool_size: int, in_flight: int, result: load.Load, readings: Sequence[States]
) -> PoolUse:
    peak_connections = max(len(states) for states in readings)
    return PoolUse(
        name=name,
        pool_size=pool_size,
        in_flight=in_flight,
        requests=result.requests,
        errors=result.errors,
        asked=len(readings),
        peak_connections=peak_connections,
        peak_active=max(_count(states, "active") for states in readings),
        opened=len(set().union(*readings)),
        idle_after=_count(readings[-1], "idle"),
        verdict=_verdict(peak_connections, pool_size),
    )


def _verdict(peak_connections: int, pool_size: int) -> str:
    if peak_connections <= pool_size:
        return f"within the pool of {pool_size}"
    return f"{peak_connections} connections, the pool is {pool_size}"


def _count(states: States, state: str) -> int:
    return list(states.values()).count(state)
