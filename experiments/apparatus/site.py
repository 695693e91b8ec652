"""The Django project of the experiments: the service's models, and Django's defaults for the rest.

Importing it sets Django up, so it comes before any model: `catalogue` sees to that. The database is
the one at EXPERIMENT_DATABASE_URL.
"""

import os
from typing import Any

import dj_database_url
import django
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.urls import URLPattern, clear_url_caches

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
