"""The dashboard: three upstream APIs asked one after another."""

import time

import httpx
from django.conf import settings

from shared.schemas import MAX_BODY_BYTES, Dashboard, Source, Unavailable, UpstreamAnswer

from ..dashboard import FAILURES, SHAPES, read_answer, to_dashboard
from ..upstreams import KEEP_ALIVE_SECONDS, REQUEST_HEADERS, TLS_CONTEXT, no_cookies

# One client for all threads: httpx's blocking client is safe to share.
client = httpx.Client(
    base_url=settings.UPSTREAMS_URL,
    headers=REQUEST_HEADERS,
    cookies=no_cookies(),
    timeout=settings.UPSTREAM_TIMEOUT_SECONDS,
    verify=TLS_CONTEXT,
    # No bound, which would let one slow upstream hold back the others.
    limits=httpx.Limits(keepalive_expiry=KEEP_ALIVE_SECONDS),
    trust_env=False,  # no proxies from the environment, as in the async model
)


def get_dashboard(client: httpx.Client) -> Dashboard:
    """Ask the three upstreams in turn; NoUpstream when all three fail."""
    return to_dashboard([ask(client, source) for source in SHAPES])


def ask(client: httpx.Client, source: Source) -> UpstreamAnswer | Unavailable:
    """Ask one upstream; say why when it fails.

    Connecting, each read of the headers and the whole body take UPSTREAM_TIMEOUT_SECONDS each at
    the longest: a blocking call can be bounded in its parts only.
    """
    deadline_seconds = time.monotonic() + settings.UPSTREAM_TIMEOUT_SECONDS
    try:
        with client.stream("GET", f"/{source}") as response:
            body = read_body(response, deadline_seconds)
    except httpx.TimeoutException:
        return Unavailable(source=source, reason="timeout")
    except FAILURES:
        return Unavailable(source=source, reason="unreachable")
    return read_answer(source, response.status_code, body)


def read_body(response: httpx.Response, deadline_seconds: float) -> bytes:
    """Read an answer's body, no further than it takes to see that it is too large.

    httpx's own timeout starts anew with each chunk, so this one watches the whole.
    """
    body = bytearray()
    for chunk in response.iter_raw():
        if time.monotonic() > deadline_seconds:
            raise httpx.ReadTimeout("the answer came too slowly")
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            break
    return bytes(body)
