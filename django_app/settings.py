"""The settings of the Django service, from environment variables."""

import math
import os
import secrets
from typing import TypeVar

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

Number = TypeVar("Number", int, float)


def _read(name: str, default: str, *choices: str) -> str:
    value = os.environ.get(name, default)
    if choices and value not in choices:
        raise ImproperlyConfigured(f"{name} is {value!r}; it must be one of {', '.join(choices)}")
    return value


def _read_positive(name: str, default: Number) -> Number:
    text = os.environ.get(name, str(default))
    kind = type(default)
    try:
        value = kind(text)
    except ValueError:
        value = kind(0)
    if not 0 < value < float("inf"):
        raise ImproperlyConfigured(f"{name} is {text!r}; it must be a positive {kind.__name__}")
    return value


# The settings that both services have
ASYNC_MODEL = _read("ASYNC_MODEL", "async", "async", "blocking")
DATABASE_URL = _read("DATABASE_URL", "sqlite:///django.sqlite3")
DATABASE_POOL_SIZE = _read_positive("DATABASE_POOL_SIZE", 16)
DATABASE_TIMEOUT_SECONDS = _read_positive("DATABASE_TIMEOUT_SECONDS", 5.0)
UPSTREAMS_URL = _read("UPSTREAMS_URL", "http://127.0.0.1:9000")
UPSTREAM_TIMEOUT_SECONDS = _read_positive("UPSTREAM_TIMEOUT_SECONDS", 1.0)
API_TOKEN = _read("API_TOKEN", "")

# Django's own
THREAD_LIMIT = _read_positive("THREAD_LIMIT", 16)
REUSE_THREADS = _read("REUSE_THREADS", "0", "0", "1") == "1"
DEBUG = _read("DEBUG", "0", "0", "1") == "1"
DJANGO_ADMIN = _read("DJANGO_ADMIN", "0", "0", "1") == "1"
ALLOWED_HOSTS = _read("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]").split(",")
# A new key at each start signs nobody else's sessions; several workers of the admin share one.
SECRET_KEY = _read("SECRET_KEY", "") or secrets.token_urlsafe(50)

if not DATABASE_URL.startswith(("sqlite://", "postgres://", "postgresql://")):
    raise ImproperlyConfigured("DATABASE_URL must begin with sqlite:// or postgresql://")
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
