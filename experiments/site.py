"""The Django project of the experiments: the service's models, and Django's defaults for the rest.

Importing it sets Django up, so it comes before any model. The database is the one at
EXPERIMENT_DATABASE_URL, with one author, Ada, and three posts of hers with two tags each.
"""

import os
from datetime import UTC, datetime
from typing import Any

import dj_database_url
import django
from django.conf import settings

DATABASE_URL = os.environ.get("EXPERIMENT_DATABASE_URL", "sqlite:///experiment.sqlite3")

settings.configure(
    SECRET_KEY="an experiment's",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=[
        # for a user who logs in
        "django.contrib.contenttypes",
        "django.contrib.auth",
        "django.contrib.sessions",
        "django_app",
    ],
    DATABASES={"default": dj_database_url.parse(DATABASE_URL)},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    USE_TZ=True,
    LOGGING_CONFIG=None,
)
django.setup()

# isort: split
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.urls import URLPattern, clear_url_caches

from django_app.models import Author, Post, Tag

POSTS = 3
urlpatterns: list[URLPattern] = []


def asgi(*paths: URLPattern, **chosen: Any) -> ASGIHandler:
    """Give the project with these paths, and with settings such as MIDDLEWARE=[…]."""
    _choose(*paths, **chosen)
    return ASGIHandler()


def wsgi(*paths: URLPattern, **chosen: Any) -> WSGIHandler:
    """Give the same for a WSGI server."""
    _choose(*paths, **chosen)
    return WSGIHandler()


def _choose(*paths: URLPattern, **chosen: Any) -> None:
    urlpatterns[:] = paths
    clear_url_caches()
    for name, value in chosen.items():
        setattr(settings, name, value)


def make_tables() -> None:
    """Make the tables and their rows, and close this thread's connection again."""
    with connection.schema_editor() as editor:
        for model in (Author, Post, Tag):
            editor.create_model(model)
    fill()
    connection.close()


def fill() -> None:
    """Give Ada her posts."""
    ada = Author.objects.create(name="Ada")
    for number in range(1, POSTS + 1):
        post = Post.objects.create(
            author=ada,
            title=f"Post {number}",
            body="text",
            published=True,
            published_at=datetime(2026, 1, number, tzinfo=UTC),
        )
        Tag.objects.bulk_create(Tag(post=post, name=name) for name in ("async", "web"))
