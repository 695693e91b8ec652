"""A server whose answers are known beforehand, to prove the load engine against.

`/slow` answers after DELAY_SECONDS; `/mixed-delays` after QUICK_SECONDS, but every SLOW_EVERY-th
after SLOW_SECONDS; `/queue` after DELAY_SECONDS, one request at a time; `/stall` at once, but the
first holds the whole server for STALL_SECONDS; `/flaky` fails every FAILING_EVERY-th request;
`/hang` never answers; `/close` ends its connection; `POST /echo` answers 201; `/seen` gives what
was asked: path, body and connection. `DELETE /seen` forgets it, and begins to count anew.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterator
from itertools import count

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

DELAY_SECONDS = 0.05
QUICK_SECONDS, SLOW_SECONDS, SLOW_EVERY = 0.01, 0.2, 10
STALL_SECONDS = 1.0
FAILING_EVERY = 4

seen: list[dict[str, object]] = []
queue = asyncio.Lock()
counted: dict[str, Iterator[int]] = defaultdict(lambda: count(1))


async def answer(request: Request) -> Response:
    """Answer as the path says, and remember the request."""
    path = request.url.path
    assert request.client is not None
    body = (await request.body()).decode()
    seen.append({"path": path, "body": body, "client_port": request.client.port})
    if path in WAITS:
        await WAITS[path](request)
    if path == "/flaky" and next(counted[path]) % FAILING_EVERY == 0:
        return Response(status_code=500)
    headers = {"connection": "close"} if path == "/close" else {}
    return Response("{}", 201 if request.method == "POST" else 200, headers)


async def wait(request: Request) -> None:
    """Wait the same for each request."""
    await asyncio.sleep(DELAY_SECONDS)


async def wait_by_turns(request: Request) -> None:
    """Wait briefly, and long every SLOW_EVERY-th time."""
    is_slow = next(counted[request.url.path]) % SLOW_EVERY == 0
    await asyncio.sleep(SLOW_SECONDS if is_slow else QUICK_SECONDS)


async def queue_up(request: Request) -> None:
    """Wait for all requests before, as long as anyone waits for the answer."""
    async with queue:
        if not await request.is_disconnected():
            await asyncio.sleep(DELAY_SECONDS)


async def stall(request: Request) -> None:
    """Hold everything up, once."""
    if next(counted[request.url.path]) == 1:
        hold_the_loop()


def hold_the_loop() -> None:
    """Let nothing else run meanwhile."""
    time.sleep(STALL_SECONDS)


async def hang(request: Request) -> None:
    """Wait until the client gives up."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def read_seen(request: Request) -> Response:
    """Give the requests so far, or forget them."""
    if request.method == "DELETE":
        seen.clear()
        counted.clear()
    return JSONResponse(seen)


WAITS = {
    "/slow": wait,
    "/mixed-delays": wait_by_turns,
    "/queue": queue_up,
    "/stall": stall,
    "/hang": hang,
}

app = Starlette(
    routes=[
        Route("/seen", read_seen, methods=["GET", "DELETE"]),
        Route("/{path:path}", answer, methods=["GET", "POST"]),
    ]
)
