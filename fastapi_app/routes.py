"""HTTP in, HTTP out: the endpoints as coroutines."""

from typing import Annotated

import httpx
from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import text

from shared.outages import ASK_EVERY_TABLE
from shared.schemas import Dashboard, NewPost, PostDetail, PostPage, PostQuery, Status

from . import dashboard, posts
from .auth import require_token
from .body import JSONRoute
from .database import ReadSession, WriteSession
from .documents import problems
from .paths import POST


async def upstream_client(request: Request) -> httpx.AsyncClient:
    """Give the application's HTTP client: one for the life of the process."""
    client: httpx.AsyncClient = request.app.state.upstream_client
    return client


UpstreamClient = Annotated[httpx.AsyncClient, Depends(upstream_client)]

router = APIRouter(route_class=JSONRoute)


@router.get("/posts", responses=problems(422, 503))
async def list_posts(session: ReadSession, query: Annotated[PostQuery, Query()]) -> PostPage:
    """Give one page of posts."""
    return await posts.list_posts(session, query)


@router.get(POST, responses=problems(404, 503))
async def get_post(session: ReadSession, post_id: int) -> PostDetail:
    """Give one post, with its body."""
    return await posts.get_post(session, post_id)


@router.post(
    "/posts",
    status_code=201,
    dependencies=[Depends(require_token)],
    responses=problems(400, 401, 409, 413, 415, 422, 503),
)
async def create_post(session: WriteSession, new: NewPost, response: Response) -> PostDetail:
    """Create a post with its tags, all or nothing."""
    post = await posts.create_post(session, new)
    response.headers["Location"] = f"/posts/{post.id}"
    return post


@router.get("/dashboard", responses=problems(502))
async def get_dashboard(client: UpstreamClient) -> Dashboard:
    """Give the answers of the three upstreams side by side."""
    return await dashboard.get_dashboard(client)


@router.get("/health")
async def get_health() -> Status:
    """Say that the process is alive."""
    return Status(status="alive")


@router.get("/ready", responses=problems(503))
async def get_ready(session: ReadSession) -> Status:
    """Say that the database answers, and has its tables."""
    await session.execute(text(ASK_EVERY_TABLE))
    return Status(status="ready")
