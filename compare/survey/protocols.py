"""Ask each server for each protocol: HTTP/1.1, HTTP/2 over TLS and in clear text, and WebSocket.

A server is asked as the registry starts it (for TLS with a certificate) and, where it then does not
speak the protocol, once more with the flags that are said to help. Nothing here is from a manual.
"""

import shutil
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import trustme
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from compare.errors import LaunchError
from compare.registry.servers import SERVERS, Server
from compare.results.surveys import Protocol, ProtocolCell
from compare.running import launch
from compare.survey.protocol_clients import (
    Ask,
    Seen,
    http_1_1,
    http_2_in_clear_text,
    http_2_over_tls,
    websocket,
)

Files = dict[str, str]  # the paths of a certificate and its key, by their placeholders
Certified = tuple[Files, ssl.SSLContext]  # those, and a client's side that trusts them
OVER_TLS: Protocol = "HTTP/2 over TLS"
IN_CLEAR_TEXT: tuple[Protocol, ...] = ("HTTP/1.1", "HTTP/2 cleartext", "WebSocket")
QUESTIONS: Mapping[Protocol, Ask] = {
    "HTTP/1.1": http_1_1,
    "HTTP/2 over TLS": http_2_over_tls,
    "HTTP/2 cleartext": http_2_in_clear_text,
    "WebSocket": websocket,
}
DOORS = {"ASGI": "compare.survey.protocols_app:asgi", "WSGI": "compare.survey.protocols_app:wsgi"}


def observe_protocols(on_progress: Callable[[str], None] | None = None) -> list[ProtocolCell]:
    """Run every server that is installed and ask it for every protocol; about a minute.

    `on_progress` is told each server's name before it is run.
    """
    cells: list[ProtocolCell] = []
    for server in SERVERS.values():
        if all(find_spec(name) for name in server.requires):
            if on_progress:
                on_progress(server.name)
            cells += observe_server(server)
    return cells


def observe_server(server: Server) -> list[ProtocolCell]:
    """Run one server, in clear text and with a certificate, and ask it for every protocol."""
    with _certified() as certified:
        usual = _seen(server, IN_CLEAR_TEXT, "", certified)
        usual |= _seen(server, (OVER_TLS,), "", certified)
        return [_cell(server, protocol, usual[protocol], certified) for protocol in QUESTIONS]


def _flags(server: Server, protocol: Protocol) -> str:
    """Give the flags that are said to make a server speak a protocol."""
    return {OVER_TLS: server.http2_tls, "HTTP/2 cleartext": server.http2_cleartext}.get(
        protocol, ""
    )


def _cell(server: Server, protocol: Protocol, usual: Seen, certified: Certified) -> ProtocolCell:
    more = "" if usual.works else _flags(server, protocol)
    seen = _seen(server, (protocol,), more, certified)[protocol] if more else usual
    without = f"; without {more}: {usual.said}" if more and seen.works else ""
    return ProtocolCell(
        server=server.name,
        protocol=protocol,
        works=seen.works,
        by_default=usual.works,
        said=seen.said + without,
        flags=" ".join(filter(None, [more, server.tls if protocol == OVER_TLS else ""])),
    )


def _seen(
    server: Server, protocols: Sequence[Protocol], flags: str, certified: Certified
) -> dict[Protocol, Seen]:
    """Run a server once, with these flags, and ask it for these protocols: all by TLS, or none."""
    files, trusted = certified
    secure = OVER_TLS in protocols
    command = _command(server, f"{flags} {server.tls if secure else ''}", files, secure)
    try:
        with launch.launched(server.name, command, ready_path=None) as running:
            url = running.url.replace("http", "https", 1) if secure else running.url
            return {protocol: QUESTIONS[protocol](url, trusted) for protocol in protocols}
    except LaunchError as error:
        if error.log:
            shutil.rmtree(error.log.parent)
        return dict.fromkeys(protocols, Seen(False, f"does not start: {error.message}"))


def _command(server: Server, flags: str, files: Files, secure: bool) -> tuple[str, ...]:
    left_out = server.tls_replaces.split() if secure else []
    words = [word for word in server.command if word not in left_out] + flags.split()
    for placeholder, value in ({"{application}": DOORS[server.interface]} | files).items():
        words = [word.replace(placeholder, value) for word in words]
    return tuple(words)


@contextmanager
def _certified() -> Iterator[Certified]:
    """Give a certificate's files, by their placeholders, and a client that trusts it."""
    authority = trustme.CA()
    issued = authority.issue_cert(launch.HOST)
    trusted = ssl.create_default_context()
    authority.configure_trust(trusted)
    with TemporaryDirectory(prefix="compare-") as folder:
        certificate, key = Path(folder, "certificate.pem"), Path(folder, "key.pem")
        certificate.write_bytes(b"".join(each.bytes() for each in issued.cert_chain_pems))
        # granian reads keys in PKCS #8 only.
        private = load_pem_private_key(issued.private_key_pem.bytes(), password=None)
        key.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        yield {"{certificate}": str(certificate), "{key}": str(key)}, trusted
