"""The dashboard: three upstream APIs asked one after another."""

import time
from collections.abc import Iterator

import httpx
from django.conf import settings

from shared.schemas import Dashboard, Source, Unavailable, UpstreamAnswer

from ..dashboard import SHAPES, TLS_CONTEXT, UNBOUNDED, read_answer, to_dashboard

# One client for all threads: httpx's blocking client is safe to share.
client = httpx.Client(
    base_url=settings.UPSTREAMS_URL,
    timeout=settings.UPSTREAM_TIMEOUT_SECONDS,
    verify=TLS_CONTEXT,
    limits=UNBOUNDED,
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
            body = b"".join(until(deadline_seconds, response.iter_bytes()))
    except httpx.TimeoutException:
        return Unavailable(source=source, reason="timeout")
    except httpx.HTTPError:
        return Unavailable(source=source, reason="unreachable")
    return read_answer(source, response.status_code, body)


def until(deadline_seconds: float, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Pass chunks on; httpx's own timeout starts anew with each, so this one watches the whole."""
    for chunk in chunks:
        if time.monotonic() > deadline_seconds:
            raise httpx.ReadTimeout("the answer came too slowly")
        yield chunk
