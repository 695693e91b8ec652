"""Each service keeps to its pool of connections, and PostgreSQL says so."""

from dataclasses import replace

import pytest

from compare.errors import DatabaseError
from compare.registry.services import DEFAULT_PAIR, SERVICES
from compare.running import databases
from compare.survey import pools

POOL_SIZE, IN_FLIGHT = 4, 32
LOAD_SECONDS = 1.0


@pytest.mark.parametrize("name", DEFAULT_PAIR)
def test_service_uses_its_pool_and_no_more(name: str, postgres: databases.Databases) -> None:
    """With eight times as many requests in flight, all connections of the pool are used again."""
    size = str(POOL_SIZE)
    use = pools.pool_use(SERVICES[name], postgres, IN_FLIGHT, LOAD_SECONDS, DATABASE_POOL_SIZE=size)
    assert (use.name, use.pool_size, use.in_flight) == (name, POOL_SIZE, IN_FLIGHT)
    assert use.peak_connections == use.opened == use.idle_after == POOL_SIZE
    assert use.peak_active <= POOL_SIZE
    assert use.requests > IN_FLIGHT
    assert use.errors == 0
    assert use.verdict == "within the pool of 4"


@pytest.mark.slow
def test_more_connections_than_the_pool_are_told(postgres: databases.Databases) -> None:
    """A service that opens more than its setting says is a finding in words."""
    fastapi = SERVICES["fastapi"]
    greedy = replace(fastapi, command=("env", "DATABASE_POOL_SIZE=6", *fastapi.command))
    size = str(POOL_SIZE)
    use = pools.pool_use(greedy, postgres, IN_FLIGHT, LOAD_SECONDS, DATABASE_POOL_SIZE=size)
    assert use.peak_connections == 6
    assert use.verdict == "6 connections, the pool is 4"


def test_sqlite_counts_no_connections(sqlite: databases.Databases) -> None:
    """Where no database counts connections, it is said what to do."""
    with pytest.raises(DatabaseError, match="--database postgres"):
        pools.pool_use(SERVICES["fastapi"], sqlite)
