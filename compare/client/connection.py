"""A connection of the closed-loop client: asyncio carries it, httptools reads the answers."""

import asyncio
from urllib.parse import urlsplit

import httptools


class Connection(asyncio.Protocol):
    """A connection to a service, opened when it is needed, with one request under way at most."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._address = parts.hostname or "", parts.port or 80
        self._host = parts.netloc
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[int] | None = None

    async def open(self) -> None:
        """Open it unless it is open; OSError when the service takes no connections."""
        if self._transport is None or self._transport.is_closing():
            self._parser = httptools.HttpResponseParser(self)
            await asyncio.get_running_loop().create_connection(lambda: self, *self._address)

    async def ask(self, method: str, path: str, body: str) -> tuple[int, str]:
        """Send a request and give the status and the body of its answer; OSError without one."""
        await self.open()
        assert self._transport  # noqa: S101  # for mypy
        payload = body.encode()
        head = f"{method} {path} HTTP/1.1\r\nHost: {self._host}\r\n"
        if payload:
            head += f"Content-Type: application/json\r\nContent-Length: {len(payload)}\r\n"
        self._received = bytearray()
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(head.encode() + b"\r\n" + payload)
        return await self._answer, self._received.decode()

    def close(self) -> None:
        """Close it, whatever is under way."""
        if self._transport:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Hear from asyncio that it is open."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  # for mypy
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Hear from asyncio what came."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail(f"the answer is no HTTP: {error}")

    def on_body(self, part: bytes) -> None:
        """Hear from the parser what of the answer's body came."""
        self._received += part

    def on_message_complete(self) -> None:
        """Hear from the parser that the answer is whole."""
        if not self._parser.should_keep_alive():
            self.close()
        if self._answer and not self._answer.done():
            self._answer.set_result(self._parser.get_status_code())

    def connection_lost(self, error: Exception | None) -> None:
        """Hear from asyncio that it is closed."""
        self._transport = None
        self._fail("a connection was closed before its answer was whole")

    def _fail(self, reason: str) -> None:
        if self._answer and not self._answer.done():
            self._answer.set_exception(ConnectionError(reason))
