"""The settings of the Django service, from environment variables."""

import math
import os
import secrets
from typing import Any, Literal

import dj_database_url
from django.core.exceptions import ImproperlyConfigured
from pydantic import TypeAdapter, ValidationError

from shared.settings import HTTPURL, Count, DatabaseURL, Seconds, Token, complaint

Switch = Literal["0", "1"]


def _read(name: str, kind: Any, default: str) -> Any:
    try:
        return TypeAdapter(kind).validate_python(os.environ.get(name, default))
    except ValidationError as error:
        raise ImproperlyConfigured(complaint(name, error)) from None


# The settings that both services have
ASYNC_MODEL = _read("ASYNC_MODEL", Literal["async", "blocking"], "async")
DATABASE_URL = _read("DATABASE_URL", DatabaseURL, "sqlite:///django.sqlite3")
DATABASE_POOL_SIZE = _read("DATABASE_POOL_SIZE", Count, "16")
DATABASE_TIMEOUT_SECONDS = _read("DATABASE_TIMEOUT_SECONDS", Seconds, "5")
UPSTREAMS_URL = _read("UPSTREAMS_URL", HTTPURL, "http://127.0.0.1:9000")
UPSTREAM_TIMEOUT_SECONDS = _read("UPSTREAM_TIMEOUT_SECONDS", Seconds, "1")
API_TOKEN = _read("API_TOKEN", Token, "")

# Django's own
THREAD_LIMIT = _read("THREAD_LIMIT", Count, "16")
REUSE_THREADS = _read("REUSE_THREADS", Switch, "0") == "1"
DEBUG = _read("DEBUG", Switch, "0") == "1"
DJANGO_ADMIN = _read("DJANGO_ADMIN", Switch, "0") == "1"
ALLOWED_HOSTS = _read("ALLOWED_HOSTS", str, "127.0.0.1,localhost,[::1]").split(",")
# A new key at each start signs nobody else's sessions; several workers of the admin share one.
SECRET_KEY = _read("SECRET_KEY", str, "") or secrets.token_urlsafe(50)

DATABASES = {"default": dj_database_url.parse(DATABASE_URL)}
_database = DATABASES["default"]
_options = _database.setdefault("OPTIONS", {})
if _database["ENGINE"] == "django.db.backends.sqlite3":
    _options["timeout"] = DATABASE_TIMEOUT_SECONDS
    _options["init_command"] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL"
    # A transaction that reads first and then writes fails at once when another wrote meanwhile,
    # whatever the timeout; IMMEDIATE takes its turn at the start.
    _options["transaction_mode"] = "IMMEDIATE"
    # Where threads stay, so may their connections; usually each ASGI request has its own thread.
    _database["CONN_MAX_AGE"] = None if ASYNC_MODEL == "blocking" or REUSE_THREADS else 0
else:
    _options["pool"] = {
        "min_size": 1,
        "max_size": DATABASE_POOL_SIZE,
        "timeout": DATABASE_TIMEOUT_SECONDS,
        # After an outage the pool tries anew with the next request, not minutes later.
        "reconnect_timeout": DATABASE_TIMEOUT_SECONDS,
    }
    _options["connect_timeout"] = max(2, math.ceil(DATABASE_TIMEOUT_SECONDS))  # libpq's least: 2
    _options["options"] = f"-c statement_timeout={int(DATABASE_TIMEOUT_SECONDS * 1000)}"
    _database["CONN_HEALTH_CHECKS"] = True

INSTALLED_APPS = ["django_app"]
MIDDLEWARE = ["django_app.middleware.timing", "django_app.errors.ProblemDetails"]
ROOT_URLCONF = "django_app.urls"
ASGI_APPLICATION = "django_app.asgi.application"
WSGI_APPLICATION = "django_app.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
APPEND_SLASH = False
DATA_UPLOAD_MAX_NUMBER_FIELDS = None  # parameters that nobody knows are ignored, however many
USE_TZ = True
TIME_ZONE = "UTC"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    # 4xx answers are the client's affair; only failures of ours are logged.
    "loggers": {"django.request": {"level": "ERROR"}},
}

if DJANGO_ADMIN:
    _apps = ("admin", "auth", "contenttypes", "messages", "sessions", "staticfiles")
    INSTALLED_APPS += [f"django.contrib.{name}" for name in _apps]
    MIDDLEWARE += [
        "django.middleware.security.SecurityMiddleware",
        "whitenoise.middleware.WhiteNoiseMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ]
    AUTH_PASSWORD_VALIDATORS = [
        {"NAME": f"django.contrib.auth.password_validation.{name}"}
        for name in ("MinimumLengthValidator", "CommonPasswordValidator")
    ]
    TEMPLATES = [
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ]
            },
        }
    ]
    STATIC_URL = "static/"
    WHITENOISE_USE_FINDERS = True
