"""What timed turns cost besides time: CPU, memory, threads and connections, looked at meanwhile.

A look takes about a millisecond, on the instrument's side; the service is asked nothing.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from threading import Event
from typing import NamedTuple, TypeVar

import psutil
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from compare.errors import DatabaseError
from compare.results.speed import Cost
from compare.running import databases, launch, processes
from compare.running.stopping import family

LOOK_EVERY_SECONDS = 0.1
# Those of the service, not the one that asks.
CONNECTIONS = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
)

Figure = TypeVar("Figure", int, float)


class Look(NamedTuple):
    """What one look found; None where it cannot be told."""

    memory_mib: float | None
    threads: int
    connections: int | None


class CpuSeconds(NamedTuple):
    """CPU time that the processes of a service and of its database server have used."""

    service: float
    database: float


class Watch:
    """The looks at a service and its database server during its turns.

    `database_server` is the main process of the server, None when there is none on this machine
    (SQLite has none at all). The figures are whole once a turn has ended.
    """

    def __init__(self, service: psutil.Process, connection: Connection | None) -> None:
        self._connection = connection
        self._backend = _backend(connection) if connection else None
        self.database_server = self._backend.parent() if self._backend else None
        # Listed once: a service has all its processes when it is warm, and finding them takes
        # longer than the rest of a look.
        self._members = family(service)
        self._looks: list[Look] = []
        self._ended: CpuSeconds | None = None
        self._used = CpuSeconds(0.0, 0.0)
        self.between_turns_cpu_seconds = 0.0

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Look until the block ends: what is used meanwhile is added to what it cost so far."""
        began, ended = self._cpu_seconds(), Event()
        if self._ended:
            self.between_turns_cpu_seconds += began.service - self._ended.service
        with ThreadPoolExecutor(max_workers=1) as thread:
            looking = thread.submit(self._look_until, ended)
            try:
                yield
            finally:
                ended.set()
        looking.result()
        self._ended = self._cpu_seconds()
        self._used = CpuSeconds(
            *(
                was + end - begin
                for was, begin, end in zip(self._used, began, self._ended, strict=True)
            )
        )

    def cost(self, requests: int, client_cpu_seconds: float, duration_seconds: float) -> Cost:
        """Give what each of that many requests cost, whoever sent them: one at least.

        `client_cpu_seconds` are those of the load's client in `duration_seconds`.
        """
        database_ms = self._used.database * 1000 / requests
        return Cost(
            service_cpu_ms_per_request=self._used.service * 1000 / requests,
            database_cpu_ms_per_request=database_ms if self.database_server else None,
            client_cores=client_cpu_seconds / duration_seconds,
            peak_memory_mib=_highest(look.memory_mib for look in self._looks),
            peak_threads=max(look.threads for look in self._looks),
            peak_connections=_highest(look.connections for look in self._looks),
        )

    def _look_until(self, ended: Event) -> None:
        """Look now, again and again, and once more at the end."""
        self._looks.append(self._look())
        while not ended.wait(LOOK_EVERY_SECONDS):
            self._looks.append(self._look())
        self._looks.append(self._look())

    def _look(self) -> Look:
        return Look(
            processes.memory_mib(self._members),
            processes.threads(self._members),
            _connections(self._connection) if self._connection else None,
        )

    def _cpu_seconds(self) -> CpuSeconds:
        service = processes.cpu_seconds(self._members)
        if self.database_server is None:
            return CpuSeconds(service, database=0.0)
        # Our questions are not the service's work.
        database = set(family(self.database_server)) - {self._backend}
        return CpuSeconds(service, processes.cpu_seconds(database))


@contextmanager
def watching(service: launch.Running, database_url: str) -> Iterator[Watch]:
    """Watch a running service until the block ends; DatabaseError when its database is away."""
    with ExitStack() as cleanup:
        yield Watch(service.process, _connection(database_url, cleanup))


def idle(service: launch.Running) -> tuple[float | None, int]:
    """Give a service's memory in MiB (None where it cannot be told) and its threads, right now."""
    members = family(service.process)
    return processes.memory_mib(members), processes.threads(members)


def _connection(url: str, cleanup: ExitStack) -> Connection | None:
    if databases.kind_of(url) == "sqlite":
        return None
    # In a transaction each question would get the answer of the first.
    engine = databases.engine(url).execution_options(isolation_level="AUTOCOMMIT")
    try:
        return cleanup.enter_context(engine.connect())
    except SQLAlchemyError as error:
        reason = databases.reason_of(error)
        raise DatabaseError(f"the database cannot be watched: {reason}") from error


def _connections(watching: Connection) -> int | None:
    try:
        return int(watching.scalar(CONNECTIONS) or 0)
    except SQLAlchemyError:  # the server went away, and the run will fail by itself
        return None


def _backend(watching: Connection) -> psutil.Process | None:
    """Find the server's process that answers us; None when it is not of this machine."""
    try:
        backend = psutil.Process(watching.scalar(text("SELECT pg_backend_pid()")))
        parent = backend.parent()
        # On another machine, or in a container, that pid is something else's.
        is_ours = parent and backend.name() == parent.name() == "postgres"
    except psutil.Error:
        return None
    return backend if is_ours else None


def _highest(figures: Iterable[Figure | None]) -> Figure | None:
    return max((figure for figure in figures if figure is not None), default=None)
