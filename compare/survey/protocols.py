"""Ask each server for each protocol: HTTP/1.1, HTTP/2 over TLS and in clear text, and WebSocket.

A server is asked as the registry starts it (for TLS with a certificate) and, where it then does not
speak the protocol, once more with the flags that are said to help. Nothing here is from a manual.
"""

import shutil
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from typing import get_args

from compare.errors import LaunchError
from compare.registry.servers import SERVERS, Server
from compare.results.surveys import Protocol, ProtocolCell
from compare.running.launch import launched
from compare.running.protocols import (
    Answer,
    Certificate,
    certified,
    command_of,
    http_1_1,
    http_2_in_clear_text,
    http_2_over_tls,
    websocket,
)

PROTOCOLS: tuple[Protocol, ...] = get_args(Protocol)
OVER_TLS: Protocol = "HTTP/2 over TLS"
CLEAR_TEXT: Mapping[Protocol, Callable[[str], Answer]] = {
    "HTTP/1.1": http_1_1,
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
    with certified() as certificate:
        usual = _answers(server, tuple(CLEAR_TEXT), "", certificate)
        usual |= _answers(server, (OVER_TLS,), "", certificate)
        return [_cell(server, protocol, usual[protocol], certificate) for protocol in PROTOCOLS]


def _flags(server: Server, protocol: Protocol) -> str:
    """Give the flags that are said to make a server speak a protocol."""
    return {OVER_TLS: server.http2_tls, "HTTP/2 cleartext": server.http2_cleartext}.get(
        protocol, ""
    )


def _cell(
    server: Server, protocol: Protocol, usual: Answer, certificate: Certificate
) -> ProtocolCell:
    more = "" if usual.works else _flags(server, protocol)
    answer = _answers(server, (protocol,), more, certificate)[protocol] if more else usual
    without = f"; without {more}: {usual.said}" if more and answer.works else ""
    return ProtocolCell(
        server=server.name,
        protocol=protocol,
        works=answer.works,
        by_default=usual.works,
        said=answer.said + without,
        flags=" ".join(filter(None, [more, server.tls if protocol == OVER_TLS else ""])),
    )


def _answers(
    server: Server, protocols: Sequence[Protocol], flags: str, certificate: Certificate
) -> dict[Protocol, Answer]:
    """Run a server once, with these flags, and ask it for these protocols: all by TLS, or none."""
    over_tls = OVER_TLS in protocols
    application = DOORS[server.interface]
    command = command_of(server, application, flags.split(), certificate if over_tls else None)
    try:
        with launched(server.name, command, ready_path=None) as running:
            if over_tls:
                return {OVER_TLS: http_2_over_tls(running.url, certificate.trusted)}
            return {protocol: CLEAR_TEXT[protocol](running.url) for protocol in protocols}
    except LaunchError as error:
        if error.log:
            shutil.rmtree(error.log.parent)
        return dict.fromkeys(protocols, Answer(False, f"does not start: {error.message}"))
