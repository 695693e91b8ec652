"""A connection of the closed-loop client: asyncio carries it, httptools reads the answers."""

import asyncio
from urllib.parse import urlsplit

import httptools

FIRST_FINAL_STATUS = 200


class Silence(ConnectionError):
    """The connection was closed before anything of the answer came."""


class Connection(asyncio.Protocol):
    """A connection to a service, opened when it is needed, with one request under way at most."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._address = parts.hostname or "", parts.port or 80
        self._host = parts.netloc
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[int] | None = None
        self._received = bytearray()
        self._is_silent = True

    @property
    def is_open(self) -> bool:
        """Whether a request can be sent on it."""
        return self._transport is not None and not self._transport.is_closing()

    async def open(self) -> None:
        """Open it unless it is open; OSError when the service takes no connections."""
        if not self.is_open:
            self._parser = httptools.HttpResponseParser(self)
            await asyncio.get_running_loop().create_connection(lambda: self, *self._address)

    async def ask(self, method: str, path: str, body: str) -> tuple[int, str]:
        """Send a request, other than HEAD, and give the status and the body of its answer.

        OSError without one. One that idled, and that the server closes just now, is opened again.
        """
        has_idled = self.is_open
        try:
            return await self._exchange(method, path, body)
        except Silence:
            if not has_idled:
                raise
        return await self._exchange(method, path, body)

    def close(self) -> None:
        """Close it, whatever is under way."""
        if self._transport:
            self._transport.abort()

    async def _exchange(self, method: str, path: str, body: str) -> tuple[int, str]:
        await self.open()
        assert self._transport  # noqa: S101  # for mypy
        payload = body.encode()
        head = f"{method} {path} HTTP/1.1\r\nHost: {self._host}\r\n"
        if payload:
            head += f"Content-Type: application/json\r\nContent-Length: {len(payload)}\r\n"
        self._received.clear()
        self._is_silent = True
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(head.encode() + b"\r\n" + payload)
        status = await self._answer
        try:
            return status, self._received.decode()
        except UnicodeDecodeError as error:
            raise ConnectionError("an answer is not UTF-8") from error

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Hear from asyncio that it is open."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  # for mypy
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Hear from asyncio what came."""
        self._is_silent = False
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail(ConnectionError(f"an answer is no HTTP: {error}"))
            self.close()  # its parser would fail again

    def on_body(self, part: bytes) -> None:
        """Hear from the parser what of the answer's body came."""
        self._received += part

    def on_message_complete(self) -> None:
        """Hear from the parser that an answer is whole."""
        status = self._parser.get_status_code()
        if status < FIRST_FINAL_STATUS:
            return
        if not self._parser.should_keep_alive():
            self.close()
        if self._answer is None or self._answer.done():
            self.close()  # of what nobody asked for nothing can be made
        else:
            self._answer.set_result(status)

    def connection_lost(self, error: Exception | None) -> None:
        """Hear from asyncio that it is closed."""
        self._transport = None
        kind = Silence if self._is_silent else ConnectionError
        self._fail(kind("a connection was closed before its answer was whole"))

    def _fail(self, error: ConnectionError) -> None:
        if self._answer and not self._answer.done():
            self._answer.set_exception(error)
