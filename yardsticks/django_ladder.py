"""Django's ladder of costs: the list of 20 posts, with one layer more of the service on each rung.

It is the service with some paths more, so settings, middleware and threads are the service's own.
Beside the rungs stand views that wait: as they should, by mistake, on a thread, and for queries
that are gathered.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

# The door before the models: it sets Django up.
from django_app.asgi import application as asgi_application

# isort: split
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db.models import QuerySet, Value
from django.http import HttpRequest, HttpResponse
from django.urls import path

from django_app import posts, urls, views
from django_app.blocking import views as blocking_views
from django_app.models import Author, Post, Tag
from django_app.views import ask_database, json_response
from django_app.wsgi import application as wsgi_application
from shared.schemas import PostPage, PostQuery, PostSummary

from .prepared import GATHERED_QUERIES, LIMIT, PAGE, WAIT_SECONDS, Waited, page_of, summary

__all__ = ["asgi_application", "wsgi_application"]

Values = Mapping[str, Any]


async def get_nothing(request: HttpRequest) -> HttpResponse:
    """Give a page that was there before, and ask no database."""
    return json_response(PAGE)


async def get_select_1(request: HttpRequest) -> HttpResponse:
    """Give the same page, after the smallest statement."""
    await sync_to_async(ask_database)()
    return json_response(PAGE)


async def get_rows(request: HttpRequest) -> HttpResponse:
    """Give a page made of plain rows, in two statements."""
    rows = [post async for post in select_posts()]
    tags = [tag async for tag in select_tags(rows)]
    return json_response(to_page(rows, tags))


async def get_n_plus_1(request: HttpRequest) -> HttpResponse:
    """Give a page made of objects, with a statement for each post's author and for its tags."""
    objects = [post async for post in select_alone()[: LIMIT + 1]]
    return json_response(page_of([await ask_relations(post) for post in objects[:LIMIT]]))


async def ask_relations(post: Post) -> PostSummary:
    """Ask for the author and the tags of one post."""
    author = await Author.objects.aget(id=post.author_id)
    tags = [tag.name async for tag in post.tags.all()]
    return summary(post.id, post.title, post.published_at, (author.id, author.name), tags)


async def wait_await(request: HttpRequest) -> HttpResponse:
    """Wait as a coroutine should: the event loop goes on with others."""
    await asyncio.sleep(WAIT_SECONDS)
    return json_response(Waited(waited="await"))


async def wait_blocking_call(request: HttpRequest) -> HttpResponse:
    """Wait by mistake in a blocking call, and all others with it."""
    time.sleep(WAIT_SECONDS)  # noqa: ASYNC251  (the mistake that is to be measured)
    return json_response(Waited(waited="blocking-call"))


async def gather_queries(request: HttpRequest) -> HttpResponse:
    """Ask three times in one gather."""
    await asyncio.gather(*(count_posts() for _ in range(GATHERED_QUERIES)))
    return json_response(Waited(waited="gathered-queries"))


async def count_posts() -> int:
    """Count the posts, in a query of its own."""
    return await Post.objects.acount()


def wait_thread(request: HttpRequest) -> HttpResponse:
    """Wait on a thread, and keep it."""
    time.sleep(WAIT_SECONDS)
    return json_response(Waited(waited="thread"))


def get_nothing_blocking(request: HttpRequest) -> HttpResponse:
    """Give a page that was there before, and ask no database."""
    return json_response(PAGE)


def get_select_1_blocking(request: HttpRequest) -> HttpResponse:
    """Give the same page, after the smallest statement."""
    ask_database()
    return json_response(PAGE)


def get_rows_blocking(request: HttpRequest) -> HttpResponse:
    """Give a page made of plain rows, in two statements."""
    rows = list(select_posts())
    return json_response(to_page(rows, select_tags(rows)))


def get_n_plus_1_blocking(request: HttpRequest) -> HttpResponse:
    """Give a page made of objects, with a statement for each post's author and for its tags."""
    # No statement is written for them: Django asks when the page touches a relation.
    objects = list(select_alone()[: LIMIT + 1])
    return json_response(posts.to_page(objects, PostQuery(limit=LIMIT)))


def select_posts() -> QuerySet[Post, Values]:
    """Select the posts of a page with their authors, and one post more, as rows."""
    rows = select_alone().values("id", "title", "published_at", "author_id", "author__name")
    return rows[: LIMIT + 1]


def select_tags(rows: Sequence[Values]) -> QuerySet[Tag, Values]:
    """Select the tags of these posts, as rows."""
    return Tag.objects.filter(post_id__in=[post["id"] for post in rows]).values("post_id", "name")


def select_alone() -> QuerySet[Post]:
    """Select published posts, newest first, without authors and tags."""
    return Post.objects.filter(published=Value(True)).order_by("-published", "-id")


def to_page(rows: Sequence[Values], tags: Iterable[Values]) -> PostPage:
    """Make the wire shape of a page from rows."""
    names = defaultdict[int, list[str]](list)
    for tag in tags:
        names[tag["post_id"]].append(tag["name"])
    return page_of([to_summary(post, names[post["id"]]) for post in rows[:LIMIT]])


def to_summary(post: Values, tags: Iterable[str]) -> PostSummary:
    """Make the wire shape of a post in a list from a row."""
    author = post["author_id"], post["author__name"]
    return summary(post["id"], post["title"], post["published_at"], author, tags)


if settings.ASYNC_MODEL == "async":
    PATHS: dict[str, urls.View] = {
        "ladder/nothing": get_nothing,
        "ladder/select-1": get_select_1,
        "ladder/rows": get_rows,
        "ladder/objects": views.list_posts,
        "ladder/n-plus-1": get_n_plus_1,
        "wait/await": wait_await,
        "wait/blocking-call": wait_blocking_call,
        "wait/thread": wait_thread,
        "wait/gathered-queries": gather_queries,
    }
else:
    PATHS = {
        "ladder/nothing": get_nothing_blocking,
        "ladder/select-1": get_select_1_blocking,
        "ladder/rows": get_rows_blocking,
        "ladder/objects": blocking_views.list_posts,
        "ladder/n-plus-1": get_n_plus_1_blocking,
        "wait/thread": wait_thread,
    }

# Django reads the patterns with the first request.
urls.urlpatterns += [path(route, urls.by_method(GET=view)) for route, view in PATHS.items()]
