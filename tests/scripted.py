"""A server whose answers are known beforehand, to prove the load engine against.

`/slow` answers after DELAY_SECONDS; `/flaky` fails every FAILING_EVERY-th request; `/hang` never
answers; `POST /echo` answers 201; `/seen` gives what was asked: path, body and connection.
"""

import asyncio
from itertools import count

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

DELAY_SECONDS = 0.05
FAILING_EVERY = 4

seen: list[dict[str, object]] = []
flaky_requests = count(1)


async def answer(request: Request) -> Response:
    """Answer as the path says, and remember the request."""
    path = request.url.path
    assert request.client is not None
    body = (await request.body()).decode()
    seen.append({"path": path, "body": body, "client_port": request.client.port})
    if path == "/slow":
        await asyncio.sleep(DELAY_SECONDS)
    if path == "/hang":
        while (await request.receive())["type"] != "http.disconnect":
            pass
    if path == "/flaky" and next(flaky_requests) % FAILING_EVERY == 0:
        return Response(status_code=500)
    return Response("{}", 201 if request.method == "POST" else 200)


async def read_seen(request: Request) -> Response:
    """Give the requests so far."""
    return JSONResponse(seen)


app = Starlette(
    routes=[
        Route("/seen", read_seen),
        Route("/{path:path}", answer, methods=["GET", "POST"]),
    ]
)
