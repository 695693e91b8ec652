"""The HTTP client that asks the upstreams; nothing that one sends outlives its answer."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Self

import aiohttp
import httpx
from aiohttp.connector import Connection
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest
from httpx_aiohttp import AiohttpTransport

# An answer is read as it was sent: a small compressed one can be a giant.
REQUEST_HEADERS = {"Accept-Encoding": "identity"}
# Less than the 5 s after which many servers (uvicorn, Node) close an idle connection: a request
# that is sent on it at that moment is lost.
KEEP_ALIVE_SECONDS = 4

# One entry: an ASGI process has one event loop.
clients: dict[asyncio.AbstractEventLoop, httpx.AsyncClient] = {}


@asynccontextmanager
async def upstream_client(request: HttpRequest) -> AsyncIterator[httpx.AsyncClient]:
    """Give the event loop's HTTP client: under ASGI one for the life of the process.

    Under WSGI Django runs each async view in an event loop of its own, and a client belongs to
    its loop: there it is made for the request and closed with it.
    """
    if isinstance(request, ASGIRequest):
        loop = asyncio.get_running_loop()
        yield clients.get(loop) or clients.setdefault(loop, make_client())
    else:
        async with make_client() as client:
            yield client


def make_client() -> httpx.AsyncClient:
    """Make an HTTP client for the upstreams, on aiohttp's connection pool.

    httpx's own pool slows down with the square of the requests in flight (httpx issue 3215).
    """
    return httpx.AsyncClient(
        base_url=settings.UPSTREAMS_URL,
        headers=REQUEST_HEADERS,
        cookies=no_cookies(),
        transport=AiohttpTransport(verify=TLS_CONTEXT, client=make_session),
        timeout=None,  # noqa: S113  # the dashboard bounds each call as a whole
    )


def make_session() -> aiohttp.ClientSession:
    """Make aiohttp's part of the client: it keeps connections, and no cookie."""
    # A bound would let one slow upstream hold back the other two; 0 is none.
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEP_ALIVE_SECONDS, ssl=TLS_CONTEXT)
    no_jar = aiohttp.DummyCookieJar()
    return aiohttp.ClientSession(
        connector=connector, cookie_jar=no_jar, response_class=WithoutPhrase
    )


def no_cookies() -> CookieJar:
    """Make httpx a jar that takes no cookie."""
    return CookieJar(DefaultCookiePolicy(allowed_domains=[]))


class WithoutPhrase(aiohttp.ClientResponse):
    """An answer whose status is its number: httpx-aiohttp fails on a phrase that is not ASCII."""

    async def start(self, connection: Connection) -> Self:
        """Read the head of the answer."""
        await super().start(connection)
        self.reason = None
        return self


def make_tls_context() -> ssl.SSLContext | bool:
    """Read the certificates: once, since it takes tens of milliseconds, and for https only."""
    if not settings.UPSTREAMS_URL.startswith("https:"):
        return False
    try:
        return httpx.create_ssl_context()
    except OSError as error:
        raise ImproperlyConfigured(f"SSL_CERT_FILE: {error}") from None


TLS_CONTEXT = make_tls_context()
