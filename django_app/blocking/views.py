"""HTTP in, HTTP out: the endpoints as blocking views."""

from django.http import HttpRequest, HttpResponse

from shared.schemas import Status

from ..views import ask_database, json_response, read_new_post, read_query
from . import dashboard, posts


def list_posts(request: HttpRequest) -> HttpResponse:
    """Give one page of posts."""
    return json_response(posts.list_posts(read_query(request)))


def get_post(request: HttpRequest, post_id: int) -> HttpResponse:
    """Give one post, with its body."""
    return json_response(posts.get_post(post_id))


def create_post(request: HttpRequest) -> HttpResponse:
    """Create a post with its tags, all or nothing."""
    new = read_new_post(request)
    post = posts.create_post(new)
    return json_response(post, 201, {"Location": f"/posts/{post.id}"})


def get_dashboard(request: HttpRequest) -> HttpResponse:
    """Give the answers of the three upstreams side by side."""
    return json_response(dashboard.get_dashboard(dashboard.client))


def get_health(request: HttpRequest) -> HttpResponse:
    """Say that the process is alive."""
    return json_response(Status(status="alive"))


def get_ready(request: HttpRequest) -> HttpResponse:
    """Say that the database answers, and has its tables."""
    ask_database()
    return json_response(Status(status="ready"))
