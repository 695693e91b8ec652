"""The HTTP client that asks the upstreams; nothing that one sends outlives its answer."""

import ssl
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Self

import aiohttp
import httpx
from aiohttp.connector import Connection
from httpx_aiohttp import AiohttpTransport

from .settings import SettingsError, settings

# An answer is read as it was sent: a small compressed one can be a giant.
REQUEST_HEADERS = {"Accept-Encoding": "identity"}
# Less than the 5 s after which many servers (uvicorn, Node) close an idle connection: a request
# that is sent on it at that moment is lost.
KEEP_ALIVE_SECONDS = 4


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
        raise SettingsError(f"SSL_CERT_FILE: {error}") from None


TLS_CONTEXT = make_tls_context()
