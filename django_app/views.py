"""HTTP in, HTTP out: the endpoints as async views."""

from typing import Any

from asgiref.sync import sync_to_async
from django.db import connection
from django.http import HttpRequest, HttpResponse
from pydantic import BaseModel, ValidationError

from shared.outages import ASK_EVERY_TABLE
from shared.schemas import NewPost, PostQuery, Status

from . import dashboard, posts
from .auth import require_token
from .body import read_body
from .errors import invalid_request
from .upstreams import upstream_client


async def list_posts(request: HttpRequest) -> HttpResponse:
    """Give one page of posts."""
    return json_response(await posts.list_posts(read_query(request)))


async def get_post(request: HttpRequest, post_id: int) -> HttpResponse:
    """Give one post, with its body."""
    return json_response(await posts.get_post(post_id))


async def create_post(request: HttpRequest) -> HttpResponse:
    """Create a post with its tags, all or nothing."""
    new = read_new_post(request)
    post = await posts.create_post(new)
    return json_response(post, 201, {"Location": f"/posts/{post.id}"})


async def get_dashboard(request: HttpRequest) -> HttpResponse:
    """Give the answers of the three upstreams side by side."""
    async with upstream_client(request) as client:
        return json_response(await dashboard.get_dashboard(client))


async def get_health(request: HttpRequest) -> HttpResponse:
    """Say that the process is alive."""
    return json_response(Status(status="alive"))


async def get_ready(request: HttpRequest) -> HttpResponse:
    """Say that the database answers, and has its tables."""
    await sync_to_async(ask_database)()
    return json_response(Status(status="ready"))


def read_query(request: HttpRequest) -> PostQuery:
    """Read the query of a list; 422 says what is wrong with it."""
    try:
        return PostQuery.model_validate(request.GET.dict())
    except ValidationError as error:
        raise invalid_request(error, "query") from error


def read_new_post(request: HttpRequest) -> NewPost:
    """Read the body of a create; 413, 415, 400, 401 or 422 say what is wrong with it."""
    body = read_body(request)
    require_token(request)
    try:
        return NewPost.model_validate(body)
    except ValidationError as error:
        raise invalid_request(error, "body") from error


def ask_database() -> None:
    """Read a little of every table; DatabaseError when the database does not answer."""
    with connection.cursor() as cursor:
        cursor.execute(ASK_EVERY_TABLE)


def json_response(
    shape: BaseModel, status: int = 200, headers: dict[str, Any] | None = None
) -> HttpResponse:
    """Write a wire shape as the response."""
    return HttpResponse(
        shape.model_dump_json(), status=status, content_type="application/json", headers=headers
    )
