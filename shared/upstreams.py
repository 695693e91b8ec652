"""A simulator of the dashboard's three upstream APIs, with a control endpoint and a log of hits.

Run it with `uvicorn shared.upstreams:app`. `GET /weather`, `/news` and `/stocks` answer as real
APIs would. `PUT /control/NAME` sets how one of them behaves from now on, `DELETE /control` makes
all three well again. `GET /log` has every hit with its start and end, so that overlap in time is
read from the log and not from a stopwatch; `DELETE /log` empties it.
"""

import asyncio
import time
from collections import Counter, deque
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

ANSWERS: dict[str, Any] = {
    "weather": {"city": "Reykjavík", "temperature_celsius": -1.5, "conditions": "snow"},
    "news": {"headlines": ["Event loop blocked, onlookers say", "Thread pool found exhausted"]},
    "stocks": {
        "quotes": [{"symbol": "DJNG", "price_usd": 20.05}, {"symbol": "FAPI", "price_usd": 20.18}]
    },
}
NAMES = tuple(ANSWERS)
LOG_LENGTH = 100_000
DRIP_SECONDS = 0.05


class Behaviour(BaseModel):
    """How one upstream answers.

    `answer` is well; `status` answers with `status`; `garbage` is not JSON; `wrong-shape` is JSON
    of another shape; `given` answers with `body`; `hang` never answers; `hold` answers once it is
    set to behave otherwise; `drip` sends one byte at a time; `refuse` breaks the connection off in
    the middle of the answer. Each waits `delay_seconds` first.
    """

    model_config = ConfigDict(extra="forbid")

    mode: Literal[
        "answer", "status", "garbage", "wrong-shape", "given", "hang", "hold", "drip", "refuse"
    ] = "answer"
    delay_seconds: Annotated[float, Field(ge=0, le=60)] = 0.0
    status: Annotated[int, Field(ge=200, le=599)] = 503
    body: str = ""


class Hit(BaseModel):
    """One call of an upstream; the clock is the simulator's monotonic one."""

    upstream: str
    started_at_seconds: float
    ended_at_seconds: float


behaviours = {name: Behaviour() for name in NAMES}
changed = asyncio.Condition()
log: deque[Hit] = deque(maxlen=LOG_LENGTH)
hits: Counter[str] = Counter()


async def upstream(request: Request) -> Response:
    """Answer as the upstream of that path is set to behave, and log the hit."""
    name = request.url.path.removeprefix("/")
    started_at_seconds = time.monotonic()
    hits[name] += 1
    try:
        return await _answer(name, behaviours[name], request)
    finally:
        ended_at_seconds = time.monotonic()
        log.append(
            Hit(
                upstream=name,
                started_at_seconds=started_at_seconds,
                ended_at_seconds=ended_at_seconds,
            )
        )


async def _answer(name: str, behaviour: Behaviour, request: Request) -> Response:
    if behaviour.delay_seconds:
        await asyncio.sleep(behaviour.delay_seconds)
    whole = JSONResponse(ANSWERS[name])
    match behaviour.mode:
        case "status":
            return JSONResponse({"error": "simulated"}, behaviour.status)
        case "garbage":
            return Response(b'{"city": NaN, \xff', media_type="application/json")
        case "wrong-shape":
            return JSONResponse({name: [ANSWERS[name]]})
        case "given":
            return Response(behaviour.body, media_type="application/json")
        case "hang":
            while (await request.receive())["type"] != "http.disconnect":
                pass
            return Response(status_code=499)
        case "hold":
            async with changed:
                await changed.wait_for(lambda: behaviours[name] is not behaviour)
        case "drip":
            return StreamingResponse(_drip(whole.body), media_type="application/json")
        case "refuse":
            # The server breaks off when fewer bytes follow than the length announced.
            return Response(b"{", headers={"content-length": "1000"})
    return whole


async def _drip(body: bytes | memoryview) -> AsyncIterator[bytes]:
    for byte in bytes(body):
        yield bytes([byte])
        await asyncio.sleep(DRIP_SECONDS)


async def control(request: Request) -> Response:
    """Set how one upstream behaves; 404 for an unknown one, 422 for an unknown behaviour."""
    name = request.path_params["name"]
    if name not in NAMES:
        return JSONResponse({"error": f"the upstreams are {', '.join(NAMES)}"}, 404)
    try:
        behaviour = Behaviour.model_validate_json(await request.body())
    except ValidationError as error:
        return Response(error.json(), 422, media_type="application/json")
    async with changed:
        behaviours[name] = behaviour
        changed.notify_all()
    return JSONResponse(behaviour.model_dump())


async def make_well(request: Request) -> Response:
    """Make all three upstreams well again."""
    async with changed:
        behaviours.update({name: Behaviour() for name in NAMES})
        changed.notify_all()
    return Response(status_code=204)


async def read_log(request: Request) -> Response:
    """Give the hits so far: how many of each upstream, and the newest with their times."""
    return JSONResponse({"hits": hits, "log": [hit.model_dump() for hit in log]})


async def count_hits(request: Request) -> Response:
    """Give how many hits each upstream had, without the log."""
    return JSONResponse({name: hits[name] for name in NAMES})


async def empty_log(request: Request) -> Response:
    """Forget the hits."""
    log.clear()
    hits.clear()
    return Response(status_code=204)


app = Starlette(
    routes=[
        *[Route(f"/{name}", upstream) for name in NAMES],
        Route("/control/{name}", control, methods=["PUT"]),
        Route("/control", make_well, methods=["DELETE"]),
        Route("/log", read_log),
        Route("/log", empty_log, methods=["DELETE"]),
        Route("/hits", count_hits),
    ]
)
