"""The composition of compose.yml as a test runs it: own project, own secrets, free ports."""

import os
import re
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

import httpx
import psutil

from compare.registry.project import PROJECT_ROOT
from compare.running.addresses import HOST, free_port
from compare.running.stopping import stop

FILES = ("compose.yml", "compose/published.yml")
SERVICES = ("django", "fastapi")
FRONT_DOOR = "front-door"
REPLICAS = 3
UP_SECONDS = 900.0  # a first build downloads every package
READY_SECONDS = 60.0
DOWN_SECONDS = 300.0  # a dozen containers on two busy cores
COMMAND_SECONDS = 60.0
GRACE_SECONDS = 20.0
POLL_SECONDS = 0.2
LAST_LINES = 15
ADDRESS = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
# As compose/nginx.conf writes it; a request that was tried again has several addresses.
LOG_LINE = re.compile(
    r'^\S+ ".*" (?P<status>\d{3}) (?:[\d.:]+, )*(?P<address>[\d.]+):\d+ .* '
    r"(?P<sent>\d+)/(?P<promised>[\d-]+) ",
    re.MULTILINE,
)


class Unusable(Exception):
    """There is no engine here to run it on; the message is one line that says what to do."""


class Broken(Exception):
    """The composition does not do what it should; the message says what."""


@dataclass(frozen=True)
class Replica:
    """One container of a service: its id, and the address that the front door knows it by."""

    id: str
    address: str


class Handled(NamedTuple):
    """A request at the front door: its status, the last replica that was asked for it, and whether
    its answer reached the client whole."""

    status: int
    address: str
    is_whole: bool


@dataclass(frozen=True)
class Composition:
    """A composition with a name, secrets and ports of its own; nothing runs before `up`."""

    compose: tuple[str, ...]
    name: str = field(default_factory=lambda: f"posts-{secrets.token_hex(4)}")
    token: str = field(default_factory=lambda: secrets.token_hex(16))
    password: str = field(default_factory=lambda: secrets.token_hex(16))
    passwords: Mapping[str, str] = field(
        default_factory=lambda: {name: secrets.token_hex(16) for name in SERVICES}
    )
    port: int = field(default_factory=free_port)
    database_port: int = field(default_factory=free_port)
    upstreams_port: int = field(default_factory=free_port)

    def url(self, service: str) -> str:
        """Give where a service is behind the front door."""
        return f"http://{HOST}:{self.port}/{service}"

    def database_url(self, service: str) -> str:
        """Give the database of a service."""
        password = self.passwords[service]
        return f"postgresql://{service}:{password}@{HOST}:{self.database_port}/{service}"

    @property
    def upstreams_url(self) -> str:
        """Where the simulator of the upstreams is."""
        return f"http://{HOST}:{self.upstreams_port}"

    def up(self, services: Sequence[str]) -> None:
        """Build and start everything, with so many replicas, and wait until each service answers.

        Broken when it does not come up.
        """
        scales = [f"--scale={service}={REPLICAS}" for service in services]
        self._compose("up", "--detach", "--build", *scales, seconds=UP_SECONDS)
        for service in services:
            wait_until(partial(_is_ready, self.url(service)), f"{service} was never ready")

    def down(self) -> None:
        """Stop and remove its containers, its network and its data; the images stay."""
        self._compose("down", "--volumes", "--timeout", "2", seconds=DOWN_SECONDS)

    def replicas(self, service: str) -> list[Replica]:
        """Give the replicas of a service that run now."""
        labels = {"project": self.name, "service": service}
        filters = [f"--filter=label=com.docker.compose.{key}={labels[key]}" for key in labels]
        ids = run("docker", "ps", "--quiet", *filters).split()
        return [
            Replica(id, run("docker", "inspect", "--format", ADDRESS, id).strip()) for id in ids
        ]

    def handled(self) -> list[Handled]:
        """Give the requests so far, as the front door logged them.

        What it answered without asking any replica is left out.
        """
        (door,) = self.replicas(FRONT_DOOR)
        return handled_in(run("docker", "logs", door.id))

    def _compose(self, *arguments: str, seconds: float = COMMAND_SECONDS) -> str:
        files = [f"--file={file}" for file in FILES]
        return run(*self.compose, *files, "-p", self.name, *arguments, seconds=seconds, **self._env)

    @property
    def _env(self) -> dict[str, str]:
        ports = {"PORT": self.port, "DATABASE_PORT": self.database_port}
        ports["UPSTREAMS_PORT"] = self.upstreams_port
        return {name: str(port) for name, port in ports.items()} | {
            "API_TOKEN": self.token,
            "POSTGRES_PASSWORD": self.password,
            "SECRET_KEY": secrets.token_hex(32),
            **{f"{name.upper()}_PASSWORD": password for name, password in self.passwords.items()},
        }


def handled_in(log: str) -> list[Handled]:
    """Read the requests that the front door logged, but for those that it answered itself."""
    return [
        Handled(int(line["status"]), line["address"], line["promised"] in (line["sent"], "-"))
        for line in LOG_LINE.finditer(log)
    ]


@contextmanager
def composed(services: Sequence[str]) -> Iterator[Composition]:
    """Run the composition until the block ends, however it ends; Unusable without an engine."""
    composition = Composition(_compose_command())
    try:
        composition.up(services)
        yield composition
    finally:
        composition.down()


def run(*command: str, seconds: float = COMMAND_SECONDS, **settings: str) -> str:
    """Run a command to its end and give what it printed; Broken when it fails."""
    with tempfile.TemporaryFile("w+") as output:
        process = psutil.Popen(
            command,
            cwd=PROJECT_ROOT,
            env=os.environ | settings,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            process_group=0,  # the terminal's Ctrl-C reaches us, who end it in order
        )
        try:
            code = process.wait(timeout=seconds)
        except psutil.TimeoutExpired:
            code = None
        finally:
            stop(process, ask_with=signal.SIGINT, grace_seconds=GRACE_SECONDS)
        output.seek(0)
        printed = output.read()
    if code != 0:
        last = "\n".join(printed.strip().split("\n")[-LAST_LINES:])
        raise Broken(f"{' '.join(command)} ended with {code}:\n{last}")
    return printed


def wait_until(is_so: Callable[[], bool], complaint: str) -> None:
    """Ask until it is so; Broken with the complaint when that takes too long."""
    deadline = time.monotonic() + READY_SECONDS
    while not is_so():
        if time.monotonic() > deadline:
            raise Broken(complaint)
        time.sleep(POLL_SECONDS)


def _is_ready(url: str) -> bool:
    with suppress(httpx.TransportError):
        return httpx.get(f"{url}/ready", trust_env=False).status_code == 200
    return False


def _compose_command() -> tuple[str, ...]:
    if not shutil.which("docker"):
        raise Unusable("docker is not here: install Docker with its compose plugin")
    try:
        run("docker", "info")
    except Broken as error:
        raise Unusable("no Docker engine answers: start one, such as by dockerd") from error
    for command in (("docker", "compose"), ("docker-compose",)):
        with suppress(Broken, FileNotFoundError):
            run(*command, "version")
            return command
    raise Unusable("docker compose is not here: install Docker's compose plugin")
