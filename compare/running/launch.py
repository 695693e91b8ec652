"""Start services and the upstream simulator as processes of their own, and stop them again.

A service gets a free port and counts as started when its readiness URL answers 200. Each is stopped
when its `with` block ends, however that ends.
"""

import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from compare.errors import LaunchError
from compare.registry.environment import THREAD_LIMIT, environment, settings
from compare.registry.project import PROJECT_ROOT
from compare.registry.servers import KEEP_ALIVE_SECONDS
from compare.registry.services import Service
from compare.running import processes
from compare.running.addresses import HOST, claimed, netloc, reserved_port, url_of
from compare.running.last_words import last_words
from compare.running.pinning import pin
from compare.running.stopping import family, stop

READY_SECONDS = 30.0
MIGRATE_SECONDS = 60.0
POLL_SECONDS = 0.05
READY = "status 200"

SIMULATOR: tuple[str, ...] = (sys.executable, "-m", "uvicorn", "shared.upstreams:app")
SIMULATOR += ("--no-access-log", "--log-level", "warning", "--timeout-graceful-shutdown", "1")
SIMULATOR += ("--host", "{host}", "--port", "{port}")
# Longer than its clients do, else it may close a connection just when one is asked on it.
SIMULATOR += ("--timeout-keep-alive", str(KEEP_ALIVE_SECONDS))


@dataclass(frozen=True)
class Running:
    """A started process: where it answers, and the file that its output goes to."""

    name: str
    url: str
    process: psutil.Popen
    log: Path

    def check_alive(self) -> None:
        """Raise LaunchError, with its last words, when it has ended."""
        if self.process.poll() is not None:
            code = self.process.returncode
            words = last_words(self.log.read_text(errors="replace"))
            raise LaunchError(f"{self.name} ended with exit code {code}: {words}", self.log)

    def cpu_seconds(self) -> float:
        """CPU time that it and its children, also the finished ones, have taken so far."""
        return processes.cpu_seconds(family(self.process))

    def kill(self) -> None:
        """End it at once with all its children (SIGKILL), as a power cut would."""
        stop(self.process, grace_seconds=0)


def migrate(service: Service, database_url: str, **overrides: str) -> None:
    """Bring the service's tables up to date; LaunchError when its own migrations fail."""
    chosen = settings(service, database_url, f"http://{HOST}", **overrides)
    try:
        subprocess.run(
            service.migrate,
            cwd=PROJECT_ROOT,
            env=environment(chosen),
            check=True,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=MIGRATE_SECONDS,
        )
    except subprocess.CalledProcessError as error:
        words = last_words(error.stderr + error.stdout)
        raise LaunchError(f"{service.name}: its migrations failed: {words}") from error
    except subprocess.TimeoutExpired as error:
        raise LaunchError(f"{service.name}: its migrations never ended") from error


@contextmanager
def running(
    service: Service,
    *,
    database_url: str,
    upstreams_url: str,
    host: str = HOST,
    port: int | None = None,
    cores: Collection[int] | None = None,
    overrides: Mapping[str, str] | None = None,
) -> Iterator[Running]:
    """Run a service on a migrated database until the block ends; LaunchError when it fails.

    Without `port` a free one is taken. `cores` are those that it may use; `overrides` are settings
    of the contract in the place of those that the registry chooses.
    """
    chosen = settings(service, database_url, upstreams_url, **overrides or {})
    with launched(service.name, service.command, "/ready", chosen, host, port, cores) as started:
        yield started


@contextmanager
def upstreams_running(host: str = HOST, port: int | None = None) -> Iterator[Running]:
    """Run the simulator of the upstreams until the block ends."""
    with launched("upstreams", SIMULATOR, "/hits", host=host, port=port) as started:
        yield started


@contextmanager
def launched(
    name: str,
    command: tuple[str, ...],
    ready_path: str | None,
    chosen: Mapping[str, str] | None = None,
    host: str = HOST,
    port: int | None = None,
    cores: Collection[int] | None = None,
) -> Iterator[Running]:
    """Run a command with these settings until the block ends; it is ready when the path gives 200.

    Without a path, for what does not speak HTTP/1.1, it is ready when its port takes connections.
    The command may hold {host}, {port} and {threads}; {host}:{port} is in brackets for IPv6.
    """
    with begun(name, command, chosen, host, port, cores) as started:
        wait_until_ready(started, ready_path)
        yield started


@contextmanager
def begun(
    name: str,
    command: tuple[str, ...],
    chosen: Mapping[str, str] | None = None,
    host: str = HOST,
    port: int | None = None,
    cores: Collection[int] | None = None,
) -> Iterator[Running]:
    """Do as `launched` does, without the wait: whoever needs the process waits for it."""
    with ExitStack() as stack:
        port = claimed(host, port) if port else stack.enter_context(reserved_port(host))
        log = stack.enter_context(_log_file(name))
        together = (part.replace("{host}:{port}", netloc(host, port)) for part in command)
        parts = [part.format(host=host, port=port, threads=THREAD_LIMIT) for part in together]
        started = Running(name, url_of(host, port), _start(parts, chosen or {}, log), log)
        try:
            if cores:
                pin(started.process, cores)  # before it has threads or children
            yield started
        finally:
            stop(started.process)


def wait_until_ready(started: Running, path: str | None) -> None:
    """Wait until the path gives 200, or the port takes connections; else LaunchError."""
    deadline = time.monotonic() + READY_SECONDS
    answer = "no answer"
    with httpx.Client(base_url=started.url, timeout=READY_SECONDS, trust_env=False) as client:
        while time.monotonic() < deadline:
            started.check_alive()
            with suppress(httpx.TransportError, OSError):
                answer = _connect(client) if path is None else _get(client, path)
                if answer == READY and _listens(started):
                    return
            time.sleep(POLL_SECONDS)
    message = f"{started.name} was not ready after {READY_SECONDS:.0f} s ({answer})"
    raise LaunchError(message, started.log)


def _listens(started: Running) -> bool:
    """Whether it is the process itself, or a child of it, that takes connections on its port.

    The port was free when it was chosen: somebody else may have taken it since.
    """
    port = httpx.URL(started.url).port
    try:
        return any(
            connection.status == psutil.CONN_LISTEN and connection.laddr.port == port
            for member in family(started.process)
            for connection in member.net_connections("tcp")
        )
    except psutil.AccessDenied:  # some systems do not tell
        return True


@contextmanager
def _log_file(name: str) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix=f"compare-{name}-"))
    log = folder / f"{name}.log"
    kept = False
    try:
        yield log
    except LaunchError as error:
        kept = error.log == log
        raise
    finally:
        if not kept:
            shutil.rmtree(folder)


def _start(command: list[str], chosen: Mapping[str, str], log: Path) -> psutil.Popen:
    # Appended to, since a program may open what it is given as its output once more.
    with log.open("ab") as output:
        return psutil.Popen(
            command,
            cwd=PROJECT_ROOT,
            env=environment(chosen),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            process_group=0,  # so that the terminal's Ctrl-C reaches only us, who stop it in order
        )


def _connect(client: httpx.Client) -> str:
    socket.create_connection((client.base_url.host, client.base_url.port or 80)).close()
    return READY


def _get(client: httpx.Client, path: str) -> str:
    return f"status {client.get(path).status_code}"
