"""Addresses to listen on, of IPv4 and IPv6: which port is free, and how a URL names them."""

import socket
from typing import Any

from compare.errors import LaunchError

HOST = "127.0.0.1"
# Where a service that listens on every address is asked.
ASKED_AT = {"0.0.0.0": HOST, "::": "::1"}


def netloc(host: str, port: int) -> str:
    """Name a host and its port as URLs do, and the servers that take both in one word."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def url_of(host: str, port: int) -> str:
    """Give the URL at which what listens there is asked."""
    return f"http://{netloc(ASKED_AT.get(host, host), port)}"


def free_port(host: str = HOST) -> int:
    """Give a TCP port that nothing listens on; LaunchError when this machine is not the host."""
    return _listen(host, 0)


def claimed(host: str, port: int) -> int:
    """Give the port back; LaunchError when it cannot be had."""
    return _listen(host, port)


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
