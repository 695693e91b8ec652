"""HTTP in, HTTP out: the endpoints as plain functions, which FastAPI runs on threads."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from sqlalchemy import text

from shared.outages import ASK_EVERY_TABLE
from shared.schemas import Dashboard, NewPost, PostDetail, PostPage, PostQuery, Status

from ..auth import require_token
from ..body import JSONRoute
from ..database import BlockingReadSession, BlockingWriteSession
from ..documents import problems
from ..paths import POST
from . import dashboard, posts

router = APIRouter(route_class=JSONRoute)

# Each session is opened inside its endpoint. One that a dependency yields is given back only after
# the answer was validated, on a thread: with all threads waiting for a session, none is given back
# until their patience ends (FastAPI issue 3205).


@router.get("/posts", responses=problems(422, 503))
def list_posts(query: Annotated[PostQuery, Query()]) -> PostPage:
    """Give one page of posts."""
    with BlockingReadSession() as session:
        return posts.list_posts(session, query)


@router.get(POST, responses=problems(404, 503))
def get_post(post_id: int) -> PostDetail:
    """Give one post, with its body."""
    with BlockingReadSession() as session:
        return posts.get_post(session, post_id)


@router.post(
    "/posts",
    status_code=201,
    dependencies=[Depends(require_token)],
    responses=problems(400, 401, 409, 413, 415, 422, 503),
)
def create_post(new: NewPost, response: Response) -> PostDetail:
    """Create a post with its tags, all or nothing."""
    with BlockingWriteSession() as session:
        post = posts.create_post(session, new)
    response.headers["Location"] = f"/posts/{post.id}"
    return post


@router.get("/dashboard", responses=problems(502))
def get_dashboard() -> Dashboard:
    """Give the answers of the three upstreams side by side."""
    return dashboard.get_dashboard(dashboard.client)


@router.get("/health")
async def get_health() -> Status:
    """Say that the process is alive."""
    # Even here a coroutine: it needs no thread, and so answers while all threads wait.
    return Status(status="alive")


@router.get("/ready", responses=problems(503))
def get_ready() -> Status:
    """Say that the database answers, and has its tables."""
    with BlockingReadSession() as session:
        session.execute(text(ASK_EVERY_TABLE))
    return Status(status="ready")
