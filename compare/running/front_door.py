"""Run the front door of compose.yml, nginx, before one service that runs here."""

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from compare.errors import LaunchError
from compare.registry.project import PROJECT_ROOT
from compare.running.addresses import HOST, reserved_port
from compare.running.launch import Running, launched

CONFIGURATION = PROJECT_ROOT / "compose" / "nginx.conf"
LIMITS = PROJECT_ROOT / "compose" / "limits.conf"
SERVICES = re.compile(r"\(\?<name>[^)]*\)")
NAME = "service"  # the first part of each path, as the composition has the name of a service


def is_installed() -> bool:
    """Whether nginx is here."""
    return shutil.which("nginx") is not None


@contextmanager
def front_door(url: str) -> Iterator[Running]:
    """Run nginx with the limits of the composition; its URL answers as the service at `url`.

    LaunchError when nginx is not installed or does not start.
    """
    if not is_installed():
        raise LaunchError("nginx is not here: install it, such as Debian's nginx-light")
    with reserved_port() as port, tempfile.TemporaryDirectory(prefix="front-door-") as folder:
        Path(folder).chmod(0o755)  # started by root, it works as nobody
        file = Path(folder, "nginx.conf")
        file.write_text(_configuration(url, port, folder))
        shutil.copy(LIMITS, folder)
        command = ("nginx", "-e", "stderr", "-c", str(file))
        with launched("front-door", command, f"/{NAME}/ready", port=port) as door:
            yield Running(door.name, f"{door.url}/{NAME}", door.process, door.log)


def _configuration(url: str, port: int, folder: str) -> str:
    # Docker's names become the address of the one service; all the rest is as it is there.
    configuration = CONFIGURATION.read_text()
    for there, here in (
        ("/tmp/", f"{folder}/"),  # noqa: S108
        ("listen 8080", f"listen {HOST}:{port}"),
        ("http://$service:8000", url),
        ("http://$service_of_nul:8000", url),
    ):
        configuration = configuration.replace(there, here)
    return SERVICES.sub(f"(?<name>{NAME})", configuration)
