"""A correct service in raw ASGI: requests in, answers and problems out."""

import asyncio
import json
import logging
import os
import re
import secrets
import sqlite3
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import yaml

from tests.miniatures import dashboard, posts
from tests.miniatures.shapes import MAX_ID, Refused, read_json, read_new_post, read_query

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

TOKEN = os.environ.get("API_TOKEN", "")
MAX_BODY_BYTES = 1024 * 1024
POST_PATH = re.compile("/posts/([0-9]{1,19})")
DOCUMENT = Path("shared/openapi.yaml")
DOCS = "<!doctype html><html lang=en><title>Docs</title><iframe src=openapi.json></iframe></html>"
TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    422: "Unprocessable Content",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
}
clients: list[httpx.AsyncClient] = []  # the one of the process, once the event loop runs


@dataclass(frozen=True)
class Request:
    """What came in, and the session of its statements."""

    scope: Message
    receive: Receive
    session: posts.Session

    def header(self, name: bytes) -> bytes:
        """Give a header; lines that repeat it are one list (RFC 9110, section 5.2)."""
        return b", ".join(value for key, value in self.scope["headers"] if key == name)


@dataclass(frozen=True)
class Answer:
    """What goes out."""

    value: Any
    status: int = 200
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def body(self) -> bytes:
        """The value as it is written."""
        is_text = isinstance(self.value, str)
        return (self.value if is_text else json.dumps(self.value, ensure_ascii=False)).encode()


async def application(scope: Message, receive: Receive, send: Send) -> None:
    """Answer one request, or begin and end with the server."""
    if scope["type"] == "lifespan":
        await live(receive, send)
        return
    started_at_seconds = time.perf_counter()
    with closing(posts.Session()) as session:
        answer = await answer_to(Request(scope, receive, session))
    elapsed_ms = (time.perf_counter() - started_at_seconds) * 1000
    headers = {
        "content-type": answer.content_type,
        "content-length": str(len(answer.body)),
        "x-elapsed-ms": f"{elapsed_ms:.3f}",
        "server-timing": f'app;dur={elapsed_ms:.3f}, sql;desc="{session.statements}"',
    } | answer.headers
    lines = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": lines})
    body = b"" if scope["method"] == "HEAD" else answer.body
    await send({"type": "http.response.body", "body": body})


async def live(receive: Receive, send: Send) -> None:
    """Open the client of the upstreams when the server starts, and close it when it stops."""
    await receive()
    async with dashboard.make_client() as client:
        clients.append(client)
        await send({"type": "lifespan.startup.complete"})
        await receive()
    await send({"type": "lifespan.shutdown.complete"})


async def answer_to(request: Request) -> Answer:
    """Give the answer to a request, whatever happens."""
    try:
        return await route(request)
    except Refused as refused:
        return problem(refused)
    except sqlite3.OperationalError as error:
        logging.error("The database: %s", error)
        detail = "The database cannot be reached or is busy; try again."
        return problem(Refused(503, detail, retry_after="1"))
    except Exception:
        logging.exception("The service failed")
        return problem(Refused(500, "The service failed."))


async def route(request: Request) -> Answer:
    """Give the answer of the path and the method."""
    path = request.scope["path"]
    handlers = ROUTES.get("/posts/ID" if POST_PATH.fullmatch(path) else path)
    if handlers is None:
        raise Refused(404, "There is no such path.")
    method = request.scope["method"]
    handler = handlers.get("GET" if method == "HEAD" else method)
    if handler is None:
        allow = ", ".join(sorted({*handlers, "HEAD"}))
        raise Refused(405, f"This path has {allow} only.", allow=allow)
    return await handler(request)


def problem(refused: Refused) -> Answer:
    """Write a failure as problem details (RFC 9457)."""
    value = {
        "type": "about:blank",
        "title": TITLES[refused.status],
        "status": refused.status,
        "detail": refused.detail,
    }
    if refused.errors:
        errors = [{"pointer": pointer, "detail": detail} for pointer, detail in refused.errors]
        value["errors"] = errors
    headers = {name.replace("_", "-"): value for name, value in refused.headers.items()}
    return Answer(value, refused.status, "application/problem+json", headers)


async def list_posts(request: Request) -> Answer:
    """Answer with one page of posts."""
    query = parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
    return Answer(posts.page(request.session, **read_query(dict(query))))


async def get_post(request: Request) -> Answer:
    """Answer with one post."""
    id = int(request.scope["path"].removeprefix("/posts/"))
    if id > MAX_ID:
        raise Refused(404, "There is no such post.")
    return Answer(posts.detail(request.session, id))


async def create_post(request: Request) -> Answer:
    """Store a post, in a thread so that a lock keeps nobody else waiting."""
    value = read_json(await body_of(request))
    require_token(request)
    post = await asyncio.to_thread(posts.create, request.session, read_new_post(value))
    return Answer(post, 201, headers={"location": f"/posts/{post['id']}"})


async def body_of(request: Request) -> bytes:
    """Read the body of a request; Refused with 413 or 415."""
    if int(request.header(b"content-length") or b"0") > MAX_BODY_BYTES:
        raise Refused(413, "The body is too large.")
    content_type = request.header(b"content-type")
    is_list = b"," in re.sub(b'"[^"]*"', b"", content_type)
    media_type = content_type.partition(b";")[0].strip().lower()
    if is_list or media_type != b"application/json":
        raise Refused(415, "The body must be application/json.")
    body, is_whole = bytearray(), False
    while not is_whole:
        message = await request.receive()
        body += message.get("body", b"")
        is_whole = not message.get("more_body", False)
        if len(body) > MAX_BODY_BYTES:
            raise Refused(413, "The body is too large.")
    return bytes(body)


def require_token(request: Request) -> None:
    """Refuse a request without the token, in constant time."""
    scheme, _, credentials = request.header(b"authorization").partition(b" ")
    is_right = secrets.compare_digest(credentials.strip(b" "), TOKEN.encode())
    if TOKEN and not (is_right and scheme.lower() == b"bearer"):
        raise Refused(401, "A create needs the bearer token.", www_authenticate="Bearer")


async def get_dashboard(request: Request) -> Answer:
    """Answer with what the upstreams answer."""
    return Answer(await dashboard.dashboard(clients[0]))


async def get_health(request: Request) -> Answer:
    """Say that the process is alive."""
    return Answer({"status": "alive"})


async def get_ready(request: Request) -> Answer:
    """Say that the database answers, and has its tables."""
    request.session.fetch("SELECT 1 FROM author, post, tag LIMIT 1")
    return Answer({"status": "ready"})


async def get_document(request: Request) -> Answer:
    """Answer with the contract for machines."""
    return Answer(document())


@cache
def document() -> Any:
    """Read the contract for machines, once."""
    return yaml.safe_load(DOCUMENT.read_text(encoding="utf-8"))


async def get_docs(request: Request) -> Answer:
    """Answer with a page that shows it."""
    return Answer(DOCS, content_type="text/html; charset=utf-8")


ROUTES: dict[str, dict[str, Callable[[Request], Awaitable[Answer]]]] = {
    "/posts": {"GET": list_posts, "POST": create_post},
    "/posts/ID": {"GET": get_post},
    "/dashboard": {"GET": get_dashboard},
    "/health": {"GET": get_health},
    "/ready": {"GET": get_ready},
    "/openapi.json": {"GET": get_document},
    "/docs": {"GET": get_docs},
}
