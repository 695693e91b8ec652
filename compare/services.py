"""The registry: every service that can be run, checked and measured, one entry each.

This is the only place where a service is named. Adding one is a folder and an entry here.
"""

import importlib.util
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

PROJECT_ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
UVICORN: tuple[str, ...] = (PYTHON, "-m", "uvicorn", "--loop", "uvloop", "--http", "httptools")
UVICORN += ("--no-access-log", "--log-level", "warning", "--host", "{host}", "--port", "{port}")
GUNICORN: tuple[str, ...] = (PYTHON, "-m", "gunicorn", "--worker-class", "gthread")
GUNICORN += ("--workers", "1", "--threads", "{threads}")
GUNICORN += ("--log-level", "warning", "--bind", "{host}:{port}")
DJANGO_MIGRATE = (PYTHON, "-m", "django", "migrate", "--settings", "django_app.settings")
FASTAPI_MIGRATE = (PYTHON, "-m", "alembic", "-c", "fastapi_app/alembic.ini", "upgrade", "head")


@dataclass(frozen=True)
class Service:
    """One row of the comparison: a framework, an async model and the server that runs it.

    `command` starts it and may hold {host}, {port} and {threads}; `migrate` brings the database
    at `DATABASE_URL` up to date; `requires` names the importable modules it needs.
    """

    name: str
    framework: str
    async_model: Literal["async", "blocking"]
    server: str
    package: str
    command: tuple[str, ...]
    migrate: tuple[str, ...]
    requires: tuple[str, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """The modules that are not installed here; empty when the service can run."""
        return tuple(name for name in self.requires if importlib.util.find_spec(name) is None)


_ALL = (
    Service(
        name="django",
        framework="Django",
        async_model="async",
        server="uvicorn",
        package="django_app",
        command=(*UVICORN, "django_app.asgi:application"),
        migrate=DJANGO_MIGRATE,
        requires=("django", "uvicorn", "uvloop", "httptools"),
    ),
    Service(
        name="fastapi",
        framework="FastAPI",
        async_model="async",
        server="uvicorn",
        package="fastapi_app",
        command=(*UVICORN, "fastapi_app.asgi:application"),
        migrate=FASTAPI_MIGRATE,
        requires=("fastapi", "alembic", "uvicorn", "uvloop", "httptools"),
    ),
    Service(
        name="django-blocking",
        framework="Django",
        async_model="blocking",
        server="gunicorn gthread",
        package="django_app",
        command=(*GUNICORN, "django_app.wsgi:application"),
        migrate=DJANGO_MIGRATE,
        requires=("django", "gunicorn"),
    ),
    Service(
        name="fastapi-blocking",
        framework="FastAPI",
        async_model="blocking",
        server="uvicorn",
        package="fastapi_app",
        command=(*UVICORN, "fastapi_app.asgi:application"),
        migrate=FASTAPI_MIGRATE,
        requires=("fastapi", "alembic", "uvicorn", "uvloop", "httptools"),
    ),
)

SERVICES = {service.name: service for service in _ALL}
DEFAULT_PAIR = ("django", "fastapi")


def named(names: tuple[str, ...]) -> tuple[Service, ...]:
    """Give the services of these names, in this order; KeyError says which is unknown."""
    return tuple(SERVICES[name] for name in names)
