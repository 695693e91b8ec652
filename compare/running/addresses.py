"""Addresses to listen on, of IPv4 and IPv6: which port is free, and how a URL names them."""

import secrets
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from compare.errors import LaunchError

HOST = "127.0.0.1"
# Where a service that listens on every address is asked.
ASKED_AT = {"0.0.0.0": HOST, "::": "::1"}  # noqa: S104

EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")
ATTEMPTS = 100


def netloc(host: str, port: int) -> str:
    """Name a host and its port as URLs do, and the servers that take both in one word."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def url_of(host: str, port: int) -> str:
    """Give the URL at which what listens there is asked."""
    return f"http://{netloc(ASKED_AT.get(host, host), port)}"


def free_port(host: str = HOST) -> int:
    """Give a TCP port that nothing listens on; LaunchError when this machine is not the host."""
    return _listen(host, 0)


@contextmanager
def reserved_port(host: str = HOST) -> Iterator[int]:
    """Give a TCP port for a server, and keep all of ours off it until the block ends.

    It is below those of outgoing connections, one of which might take it in the second that a
    server needs to start. It is reserved by holding the UDP port of the same number, which no
    server here uses. LaunchError when this machine is not the host.
    """
    free_port(host)
    with ExitStack() as stack:
        ports = filter(None, (_reserve(host, stack) for _ in range(ATTEMPTS)))
        if (port := next(ports, None)) is None:
            raise LaunchError(f"no port of {host} is free for a server")
        yield port


def claimed(host: str, port: int) -> int:
    """Give the port back; LaunchError when it cannot be had."""
    return _listen(host, port)


def _reserve(host: str, stack: ExitStack) -> int | None:
    port = secrets.choice(range(10_000, _first_ephemeral_port()))
    family, address = _resolved(host, port)
    reservation = stack.enter_context(socket.socket(family, socket.SOCK_DGRAM))
    try:
        reservation.bind(address)
        return claimed(host, port)
    except (OSError, LaunchError):  # another one of ours has it, or somebody listens there
        return None


def _first_ephemeral_port() -> int:
    try:
        return int(EPHEMERAL.read_text().split()[0])
    except OSError:  # only Linux has that file; others begin at 49152, as IANA says
        return 49_152


def _listen(host: str, port: int) -> int:
    try:
        family, address = _resolved(host, port)
        with socket.create_server(address, family=family) as server:
            taken: int = server.getsockname()[1]
    except (OSError, UnicodeError) as error:
        reason = str(getattr(error, "strerror", None) or error).partition(" (while")[0].lower()
        if port:
            raise LaunchError(f"port {port} on {host}: {reason}; choose another one") from error
        raise LaunchError(f"cannot listen on {host!r}: {reason}; give another --host") from error
    return taken


def _resolved(host: str, port: int) -> tuple[int, Any]:
    if not host:
        raise OSError("it names no address")
    family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    return family, address
