"""The page and what its scripts ask for."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from compare.errors import LaunchError
from compare.live.burst import burst
from compare.live.choice import Choice
from compare.live.session import Session
from compare.registry.project import PROJECT_ROOT
from compare.report.code import excerpts
from compare.report.templating import environment
from shared.upstreams import NAMES

TEMPLATES = Path(__file__).parent / "templates"
MOST_AT_ONCE = 200
TYPES = {"live.css": "text/css", "live.js": "text/javascript"}


class Asked(BaseModel):
    """What the page sends: the choice, which services, and how many requests of a burst."""

    model_config = ConfigDict(extra="forbid")

    choice: Choice
    services: list[str]
    count: int = Field(1, ge=1, le=MOST_AT_ONCE)


def application(session: Session, token: str) -> Starlette:
    """Put the page together for what runs."""
    page = Page(session, token)
    return Starlette(
        routes=[
            Route("/", page.show),
            Route("/live.css", page.file),
            Route("/live.js", page.file),
            Route("/ask", page.ask, methods=["POST"]),
            Route("/burst", page.burst),
            Route("/upstreams/{name}", page.set_upstream, methods=["PUT"]),
        ],
        exception_handlers={LaunchError: _gone, ValidationError: _wrong},
    )


class Page:
    """The answers to the page's requests."""

    def __init__(self, session: Session, token: str) -> None:
        self._session = session
        self._token = token
        # One page asks at a time, and the others wait: one would slow down the other.
        self._asking = asyncio.Lock()

    async def show(self, request: Request) -> Response:
        """The page itself."""
        template = environment("compare.live").get_template("live.html")
        return HTMLResponse(
            template.render(
                token=self._token,
                services=self._session.chosen,
                upstreams=NAMES,
                database=self._session.database,
                code=excerpts(self._session.chosen, PROJECT_ROOT),
                most_at_once=MOST_AT_ONCE,
            )
        )

    async def file(self, request: Request) -> Response:
        """Its style or its script."""
        name = request.url.path.removeprefix("/")
        text = (TEMPLATES / name).read_text(encoding="utf-8")
        if name == "live.css":  # the colours are those of the comparison's page
            text = environment().get_template("palette.css").render() + text
        return Response(text, media_type=TYPES[name])

    async def ask(self, request: Request) -> Response:
        """Ask the chosen services, and give what each did."""
        asked = Asked.model_validate_json(await request.body())
        names = self._known(asked.services)
        async with self._asking:
            told = await run_in_threadpool(self._session.ask, asked.choice, names)
        return JSONResponse(told)

    async def burst(self, request: Request) -> Response:
        """Ask many times at once; the answers are server-sent events."""
        asked = Asked.model_validate_json(request.query_params.get("asked", ""))
        names = self._known(asked.services)

        async def events() -> AsyncIterator[str]:
            async with self._asking:
                async for event in burst(self._session, asked.choice, names, asked.count):
                    yield f"data: {json.dumps(event)}\n\n"
            yield "event: end\ndata: {}\n\n"

        return StreamingResponse(events(), media_type="text/event-stream")

    async def set_upstream(self, request: Request) -> Response:
        """Set how an upstream behaves; the simulator says what is wrong with it."""
        name = request.path_params["name"]
        url = f"{self._session.upstreams.url}/control/{name}"
        try:
            async with httpx.AsyncClient(trust_env=False, verify=False) as client:
                answer = await client.put(url, content=await request.body())
        except httpx.HTTPError as error:
            raise LaunchError(f"the upstreams do not answer: {error}") from error
        return Response(answer.content, answer.status_code, media_type="application/json")

    def _known(self, names: Sequence[str]) -> list[str]:
        return [name for name in self._session.services if name in names]


async def _gone(request: Request, error: Exception) -> Response:
    return _problem("Bad Gateway", 502, str(error))


async def _wrong(request: Request, error: Exception) -> Response:
    return _problem("Unprocessable Content", 422, str(error))


def _problem(title: str, status: int, detail: str) -> Response:
    problem = {"title": title, "status": status, "detail": detail}
    return JSONResponse(problem, status, media_type="application/problem+json")
