"""Our own services refuse a large body before its end, on every server that lets them see it."""

from collections.abc import Callable

import httpx
import pytest

from compare.registry.services import USUAL
from tests.contract.answers import problem
from tests.contract.wire import send

MIB = 1024 * 1024
CHUNK_BYTES = 64 * 1024
JSON = {"Content-Type": "application/json"}


@pytest.fixture(params=USUAL)
def client(
    request: pytest.FixtureRequest, client_of: Callable[[str], httpx.Client]
) -> httpx.Client:
    """A client of a service on its usual server."""
    return client_of(request.param)


def test_chunked_body_above_1_mib_is_refused(client: httpx.Client) -> None:
    """A body above 1 MiB is a 413 also when its length is not announced."""
    chunks = iter([b" " * CHUNK_BYTES] * (MIB // CHUNK_BYTES + 1))
    headers = JSON | {"Connection": "close"}
    problem(client.post("/posts", content=chunks, headers=headers), 413)


def test_body_already_too_large_is_refused_before_it_ends(client: httpx.Client) -> None:
    """A body that is above 1 MiB and goes on is a 413 without waiting for its end."""
    head = f"POST /posts HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: {100 * MIB}"
    problem(send(client, head, b" " * (2 * MIB)), 413)
