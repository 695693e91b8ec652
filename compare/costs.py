"""What a timed run costs besides time: CPU, memory, threads and connections, looked at meanwhile.

A look takes about a millisecond, on the instrument's side; the service is asked nothing.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from threading import Event

import psutil
import psycopg

from compare import databases, launch, processes
from compare.results import Cost
from compare.stopping import family

LOOK_EVERY_SECONDS = 0.1
# Of the services' connections, not of the one that asks.
CONNECTIONS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend'
    AND pid <> pg_backend_pid()
"""


class Watch:
    """The looks at a service and its database server while a block runs.

    `database_server` is the main process of the server, None when there is none on this machine
    that can be seen (SQLite has none). The figures are whole once the block has ended.
    """

    def __init__(
        self, service: psutil.Process, connection: "psycopg.Connection[tuple[int]] | None"
    ) -> None:
        self._service = service
        self._connection = connection
        self._backend = _backend(connection)
        self.database_server = self._backend.parent() if self._backend else None
        # Asked for once: a service has all its processes when it is ready, and to look for them
        # takes longer than all the rest.
        self._members = family(service)
        self._peak_memory_mib: float | None = None
        self._peak_threads = 0
        self._peak_connections: int | None = None
        self._service_cpu_seconds = -self._service_cpu()
        self._database_cpu_seconds = -self._database_cpu()

    def cost(self, requests: int, client_cpu_seconds: float, duration_seconds: float) -> Cost:
        """Give what that many requests cost, one at least; answers to anybody count as requests.

        `client_cpu_seconds` are the load engine's in `duration_seconds`.
        """
        database_ms = self._database_cpu_seconds * 1000 / requests if self.database_server else None
        return Cost(
            service_cpu_ms_per_request=self._service_cpu_seconds * 1000 / requests,
            database_cpu_ms_per_request=database_ms,
            client_cores=client_cpu_seconds / duration_seconds,
            peak_memory_mib=self._peak_memory_mib,
            peak_threads=self._peak_threads,
            peak_connections=self._peak_connections,
        )

    def look_until(self, ended: Event) -> None:
        """Look again and again, and once more at the end."""
        self._look()
        while not ended.wait(LOOK_EVERY_SECONDS):
            self._look()
        self._look()

    def end(self) -> None:
        """Add up the CPU time of the block."""
        self._service_cpu_seconds += self._service_cpu()
        self._database_cpu_seconds += self._database_cpu()

    def _look(self) -> None:
        self._peak_threads = max(self._peak_threads, processes.threads(self._members))
        self._peak_memory_mib = _higher(self._peak_memory_mib, processes.memory_mib(self._members))
        self._peak_connections = _higher(self._peak_connections, self._connections())

    def _connections(self) -> int | None:
        if self._connection is None:
            return None
        try:
            found = self._connection.execute(CONNECTIONS).fetchone()
        except psycopg.Error:  # the server went away, and the run will fail by itself
            return None
        return found[0] if found else None

    def _service_cpu(self) -> float:
        return processes.cpu_seconds(family(self._service))

    def _database_cpu(self) -> float:
        if self.database_server is None:
            return 0.0
        # Our questions are not the service's work.
        members = set(family(self.database_server)) - {self._backend}
        return processes.cpu_seconds(members)


@contextmanager
def watching(service: launch.Running, database_url: str) -> Iterator[Watch]:
    """Look at a running service until the block ends; DatabaseError when its database is away."""
    with ExitStack() as cleanup:
        watch = Watch(service.process, _connection(database_url, cleanup))
        ended = Event()
        with ThreadPoolExecutor(max_workers=1) as thread:
            looking = thread.submit(watch.look_until, ended)
            try:
                yield watch
            finally:
                ended.set()
        looking.result()
        watch.end()


def idle(service: launch.Running) -> tuple[float | None, int]:
    """Give a service's memory in MiB (None where it cannot be told) and its threads, right now."""
    members = family(service.process)
    return processes.memory_mib(members), processes.threads(members)


def _connection(url: str, cleanup: ExitStack) -> "psycopg.Connection[tuple[int]] | None":
    if databases.kind_of(url) == "sqlite":
        return None
    try:
        connection = psycopg.connect(
            url,
            autocommit=True,  # in a transaction each question would get the answer of the first
            connect_timeout=databases.CONNECT_TIMEOUT_SECONDS,
        )
    except psycopg.Error as error:
        reason = str(error).strip().split("\n")[0]
        raise databases.DatabaseError(f"the database cannot be watched: {reason}") from error
    return cleanup.enter_context(connection)


def _backend(connection: "psycopg.Connection[tuple[int]] | None") -> psutil.Process | None:
    """Find the server's process that answers us; None when it is not of this machine."""
    if connection is None:
        return None
    try:
        backend = psutil.Process(connection.info.backend_pid)
        parent = backend.parent()
        # On another machine, or in a container, that pid is something else's.
        ours = parent and backend.name() == parent.name() == "postgres"
    except psutil.Error:
        return None
    return backend if ours else None


def _higher[Number: (int, float)](first: Number | None, second: Number | None) -> Number | None:
    return max((each for each in (first, second) if each is not None), default=None)
