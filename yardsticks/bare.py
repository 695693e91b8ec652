"""One ASGI application by hand, without a framework: what is possible at all on a server.

It answers the happy paths of the contract with the SQL of the services. A failure is a status and
no more. What comes in is checked by the wire shapes, what goes out is written from the rows.
"""

import asyncio
import os
import secrets
import sqlite3
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, get_args
from urllib.parse import parse_qsl, quote_plus

import aiohttp
import psycopg
from pydantic import ValidationError
from pydantic_core import from_json, to_json

from shared.schemas import MAX_BODY_BYTES, NewPost, PostQuery, Source

from .bare_database import (
    AUTHOR,
    INSERT_POST,
    INSERT_TAGS,
    POST,
    TAGS,
    Connection,
    Row,
    database_at,
    select_page,
)

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

DATABASE_URL = os.environ.get("DATABASE_URL", "sqlite:///bare.sqlite3")
DATABASE_POOL_SIZE = int(os.environ.get("DATABASE_POOL_SIZE", "16"))
DATABASE_TIMEOUT_SECONDS = float(os.environ.get("DATABASE_TIMEOUT_SECONDS", "5"))
UPSTREAMS_URL = os.environ.get("UPSTREAMS_URL", "http://127.0.0.1:9000")
UPSTREAM_TIMEOUT_SECONDS = float(os.environ.get("UPSTREAM_TIMEOUT_SECONDS", "1"))
BEARER = f"Bearer {os.environ['API_TOKEN']}".encode() if os.environ.get("API_TOKEN") else b""
SOURCES: tuple[Source, ...] = get_args(Source)

database = database_at(DATABASE_URL, DATABASE_POOL_SIZE, DATABASE_TIMEOUT_SECONDS)
clients: list[aiohttp.ClientSession] = []  # one, once the event loop runs


@dataclass(frozen=True)
class Answer:
    """A value to be written as JSON, and the number of SQL statements that it took."""

    value: Any = None
    statements: int = 0
    status: int = 200
    location: str = ""


class Refused(Exception):
    """A request that is answered with a status only."""

    def __init__(self, status: int) -> None:
        self.status = status


async def application(scope: Message, receive: Receive, send: Send) -> None:
    """Answer one request, or begin and end with the server."""
    if scope["type"] == "lifespan":
        await live(receive, send)
        return
    started_at = time.perf_counter()
    try:
        answer = await find(scope, receive)
    except Refused as refused:
        answer = Answer(status=refused.status)
    except ValidationError:
        answer = Answer(status=400)
    except (sqlite3.IntegrityError, psycopg.IntegrityError):
        answer = Answer(status=409)
    body = to_json(answer.value)
    headers = headers_of(answer, body, started_at)
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def headers_of(answer: Answer, body: bytes, started_at: float) -> list[tuple[bytes, bytes]]:
    """Give the headers that every answer has, and a create's Location."""
    elapsed_ms = f"{(time.perf_counter() - started_at) * 1000:.3f}"
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(body)),
        (b"x-elapsed-ms", elapsed_ms.encode()),
        (b"server-timing", f'app;dur={elapsed_ms}, sql;desc="{answer.statements}"'.encode()),
    ]
    if answer.location:
        headers.append((b"location", answer.location.encode()))
    return headers


async def live(receive: Receive, send: Send) -> None:
    """Open the database and the HTTP client when the server starts, close them when it stops."""
    await receive()
    await database.open()
    clients.append(aiohttp.ClientSession(UPSTREAMS_URL, connector=aiohttp.TCPConnector(limit=0)))
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await clients.pop().close()
    await database.close()
    await send({"type": "lifespan.shutdown.complete"})


async def find(scope: Message, receive: Receive) -> Answer:
    """Give the answer to a request."""
    match scope["method"], scope["path"].split("/")[1:]:
        case "GET", ["posts"]:
            return await list_posts(scope["query_string"])
        case "GET", ["posts", id] if id.isdecimal() and len(id) <= 18:
            return await get_post(int(id))
        case "POST", ["posts"]:
            return await create_post(scope["headers"], receive)
        case "GET", ["dashboard"]:
            return await get_dashboard(clients[0])
        case "GET", ["health"]:
            return Answer({"status": "alive"})
        case "GET", ["ready"]:
            return await get_ready()
    raise Refused(404)


async def list_posts(query_string: bytes) -> Answer:
    """Give one page of published posts, newest first, in two SQL statements."""
    query = PostQuery.model_validate(dict(parse_qsl(query_string.decode(), True)))
    sql, values = select_page(query.limit, query.before, query.tag)
    async with database.reading() as connection:
        rows = await connection.fetch(sql, values)
        page = rows[: query.limit]
        tags = await tags_of(connection, [row[0] for row in page])
    following = None
    if len(rows) > query.limit:
        tag = "" if query.tag is None else f"&tag={quote_plus(query.tag)}"
        following = f"/posts?limit={query.limit}&before={page[-1][0]}{tag}"
    value = {"posts": [summary(row, tags[row[0]]) for row in page], "next": following}
    return Answer(value, statements=2 if page else 1)


async def get_post(post_id: int) -> Answer:
    """Give one published post, in two SQL statements."""
    async with database.reading() as connection:
        rows = await connection.fetch(POST, [post_id])
        if not rows:
            raise Refused(404)
        tags = await tags_of(connection, [post_id])
    return Answer(summary(rows[0], tags[post_id]) | {"body": rows[0][5]}, statements=2)


async def create_post(headers: Iterable[tuple[bytes, bytes]], receive: Receive) -> Answer:
    """Store a post and its tags in one transaction, in three SQL statements."""
    if BEARER and not secrets.compare_digest(dict(headers).get(b"authorization", b""), BEARER):
        raise Refused(401)
    new = NewPost.model_validate_json(await body_of(receive))
    published_at = database.to_stored(datetime.now(UTC))
    async with database.writing() as connection:
        authors = await connection.fetch(AUTHOR, [new.author_id])
        if not authors:
            raise Refused(422)
        values = [new.title, new.body, published_at, new.author_id]
        [[post_id]] = await connection.fetch(INSERT_POST, values)
        if new.tags:
            sql = INSERT_TAGS.format(", ".join(["(%s, %s)"] * len(new.tags)))
            await connection.fetch(sql, [value for name in new.tags for value in (name, post_id)])
    value = summary((post_id, new.title, published_at, *authors[0]), new.tags) | {"body": new.body}
    return Answer(value, 3 if new.tags else 2, 201, f"/posts/{post_id}")


async def get_dashboard(client: aiohttp.ClientSession) -> Answer:
    """Give the answers of the three upstreams, asked at once; 502 when one of them fails."""
    try:
        async with asyncio.timeout(UPSTREAM_TIMEOUT_SECONDS):
            answers = await asyncio.gather(*[ask(client, source) for source in SOURCES])
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        raise Refused(502) from error
    return Answer({**dict(zip(SOURCES, answers, strict=True)), "unavailable": []})


async def get_ready() -> Answer:
    """Say that the database answers."""
    async with database.reading() as connection:
        await connection.fetch("SELECT 1", [])
    return Answer({"status": "ready"}, statements=1)


async def ask(client: aiohttp.ClientSession, source: str) -> Any:
    """Ask one upstream."""
    async with client.get(f"/{source}", raise_for_status=True) as response:
        return from_json(await response.read())


async def body_of(receive: Receive) -> bytes:
    """Read the body of a request."""
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > MAX_BODY_BYTES:
            raise Refused(413)
    return body


async def tags_of(connection: Connection, post_ids: Sequence[int]) -> dict[int, list[str]]:
    """Give the tags of each of these posts."""
    tags: dict[int, list[str]] = {post_id: [] for post_id in post_ids}
    if post_ids:
        sql = TAGS.format(", ".join(["%s"] * len(post_ids)))
        for post_id, name in await connection.fetch(sql, post_ids):
            tags[post_id].append(name)
    return tags


def summary(row: Row, tags: Iterable[str]) -> dict[str, Any]:
    """Make the wire shape of a post in a list from its row."""
    return {
        "id": row[0],
        "title": row[1],
        "author": {"id": row[3], "name": row[4]},
        "tags": sorted(tags),
        "published_at": database.to_wire(row[2]),
    }
