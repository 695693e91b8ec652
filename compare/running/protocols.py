"""Ask a URL by one protocol, and say in few words what came back.

What speaks HTTP/2 and WebSockets and what makes certificates is an optional part of the project
(its extra `servers`), imported where it is used: without it this module can still be imported.
"""

import ssl
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import create_connection, socket
from tempfile import TemporaryDirectory

import httpx

from compare.registry.servers import Server
from compare.running.addresses import HOST

PATIENCE_SECONDS = 10.0  # a port may take connections before its workers are there
RECEIVE_BYTES = 65_536
MESSAGE = "a message"


@dataclass(frozen=True)
class Answer:
    """What came back: `works` if it came by the protocol that was spoken, `said` in few words."""

    works: bool
    said: str


@dataclass(frozen=True)
class Certificate:
    """A certificate and its key, as files for a server, and a client's side that trusts it."""

    certificate: Path
    key: Path
    trusted: ssl.SSLContext


@contextmanager
def certified() -> Iterator[Certificate]:
    """Make a certificate for this machine's servers, which is gone when the block ends."""
    import trustme
    from cryptography.hazmat.primitives import serialization

    authority = trustme.CA()
    issued = authority.issue_cert(HOST)
    trusted = ssl.create_default_context()
    authority.configure_trust(trusted)
    private_key = serialization.load_pem_private_key(issued.private_key_pem.bytes(), password=None)
    with TemporaryDirectory(prefix="compare-") as folder:
        certificate, key = Path(folder, "certificate.pem"), Path(folder, "key.pem")
        certificate.write_bytes(b"".join(pem.bytes() for pem in issued.cert_chain_pems))
        key.write_bytes(
            private_key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,  # granian reads no other
                serialization.NoEncryption(),
            )
        )
        yield Certificate(certificate, key, trusted)


def command_of(
    server: Server,
    application: str,
    flags: Sequence[str] = (),
    certificate: Certificate | None = None,
) -> tuple[str, ...]:
    """Give the command that starts the server with these flags, over TLS with a certificate."""
    words, values = [*server.command, *flags], {"{application}": application}
    if certificate:
        replaced = server.tls_replaces.split()
        words = [word for word in words if word not in replaced] + server.tls.split()
        values |= {"{certificate}": str(certificate.certificate), "{key}": str(certificate.key)}
    for placeholder, value in values.items():
        words = [word.replace(placeholder, value) for word in words]
    return tuple(words)


def http_1_1(url: str) -> Answer:
    """GET by HTTP/1.1."""
    return _send(url, http1=True, http2=False)


def http_2_over_tls(
    url: str,
    trusted: ssl.SSLContext,
    body: bytes = b"",
    patience_seconds: float = PATIENCE_SECONDS,
) -> Answer:
    """GET, or POST a body, by what the server chooses when offered HTTP/2 and HTTP/1.1."""
    return _send(
        url.replace("http:", "https:", 1),
        http1=True,
        http2=True,
        body=body,
        verify=trusted,
        timeout=patience_seconds,
    )


def http_2_in_clear_text(url: str) -> Answer:
    """GET by HTTP/2 at once, as a client that knows the server speaks it; then by an upgrade."""
    at_once = _send(url, http1=False, http2=True)
    return at_once if at_once.works else _upgrade(httpx.URL(url), at_once)


def websocket(url: str) -> Answer:
    """Send a message over a WebSocket, which is to come back."""
    from websockets.exceptions import InvalidStatus, WebSocketException
    from websockets.sync.client import connect

    address = url.replace("http", "ws", 1)
    try:
        with connect(address, open_timeout=PATIENCE_SECONDS, proxy=None) as connection:
            connection.send(MESSAGE)
            echoed = connection.recv(timeout=PATIENCE_SECONDS) == MESSAGE
    except InvalidStatus as error:
        return Answer(False, f"the handshake is answered with {error.response.status_code}")
    except (WebSocketException, OSError) as error:
        return Answer(False, _words(error))
    return Answer(echoed, "echoes" if echoed else "echoes another message")


def _send(
    url: str,
    *,
    http1: bool,
    http2: bool,
    body: bytes = b"",
    verify: ssl.SSLContext | bool = False,  # clear text needs no certificates, which load slowly
    timeout: float = PATIENCE_SECONDS,
) -> Answer:
    try:
        with httpx.Client(
            http1=http1, http2=http2, verify=verify, timeout=timeout, trust_env=False
        ) as client:
            response = client.request("POST" if body else "GET", url, content=body)
    except httpx.HTTPError as error:
        return Answer(False, _words(error, timeout))
    by_it = response.http_version == ("HTTP/2" if http2 else "HTTP/1.1")
    said = f"answers {response.status_code} by {response.http_version}"
    return Answer(response.is_success and by_it, said)


def _upgrade(url: httpx.URL, at_once: Answer) -> Answer:
    from h2.exceptions import ProtocolError

    try:
        with closing(create_connection((url.host, url.port or 80), PATIENCE_SECONDS)) as wire:
            answer = _upgraded(wire, url)
    except (OSError, ProtocolError) as error:
        answer = Answer(False, _words(error))
    return Answer(answer.works, f"at once: {at_once.said}; by Upgrade: {answer.said}")


def _upgraded(wire: socket, url: httpx.URL) -> Answer:
    from h2.config import H2Configuration
    from h2.connection import H2Connection
    from h2.events import Event, StreamEnded

    client = H2Connection(H2Configuration(client_side=True))
    settings = (client.initiate_upgrade_connection() or b"").decode()
    lines = ["GET / HTTP/1.1", f"Host: {url.netloc.decode()}", "Upgrade: h2c"]
    lines += ["Connection: Upgrade, HTTP2-Settings", f"HTTP2-Settings: {settings}", "", ""]
    wire.sendall("\r\n".join(lines).encode())
    head, _, received = wire.recv(RECEIVE_BYTES).partition(b"\r\n\r\n")
    status = head[9:12].decode()
    if status != "101":
        return Answer(False, f"answers {status} by HTTP/1.1" if status else "closes the connection")
    wire.sendall(client.data_to_send())
    events: list[Event] = client.receive_data(received)
    while not any(isinstance(event, StreamEnded) for event in events):
        if not (received := wire.recv(RECEIVE_BYTES)):
            return Answer(False, "closes the connection after it")
        events += client.receive_data(received)
    return Answer(True, "answers by HTTP/2")


def _words(error: Exception, patience_seconds: float = PATIENCE_SECONDS) -> str:
    if isinstance(error, TimeoutError | httpx.TimeoutException):
        return f"no answer within {patience_seconds:.0f} s"
    return f"{error}" or type(error).__name__
