"""The registry: every service that can be run, checked and measured, one entry each.

This is the only place of the instrument where a service is named. Adding one is a folder and an
entry here.
"""

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from compare.registry import servers
from compare.registry.servers import PYTHON, SERVERS, Server

AsyncModel = Literal["async", "blocking"]
DATABASES = ("sqlite", "postgresql")
HOW_TO_INSTALL = "pip install --constraint requirements.lock '.[servers]'"


@dataclass(frozen=True)
class Service:
    """One row of the comparison: a framework, an async model and the server that runs it.

    `command` starts it and may hold {host}, {port} and {threads}; `migrate` brings the database
    at `DATABASE_URL` up to date; `requires` names the importable modules it needs; `settings` are
    those that make it another row; `databases` are the kinds that it runs on. `ladder` starts the
    framework's ladder of costs in the same way. A yardstick is no service to choose but a limit to
    compare with: it passes the happy paths of the contract only.
    """

    name: str
    framework: str
    async_model: AsyncModel
    server: str
    package: str
    command: tuple[str, ...]
    migrate: tuple[str, ...]
    requires: tuple[str, ...]
    settings: Mapping[str, str] = field(default_factory=dict)
    databases: tuple[str, ...] = DATABASES
    ladder: tuple[str, ...] = ()
    is_yardstick: bool = False
    is_traceable: bool = True

    @property
    def missing(self) -> tuple[str, ...]:
        """The modules that are not installed here; empty when the service can run."""
        return tuple(name for name in self.requires if importlib.util.find_spec(name) is None)


@dataclass(frozen=True)
class Application:
    """What a framework's services have in common: the doors for servers, and the migrations.

    The doors of the service and of its ladder of costs are for the interface that a server speaks.
    `http_module` has the functions that speak HTTP; `packages` are those whose versions are told
    with results; `settings_prefixes` begin variables of the environment that the service reads and
    the contract does not know.
    """

    framework: str
    package: str
    doors: Mapping[str, str]
    migrate: tuple[str, ...]
    requires: tuple[str, ...]
    packages: tuple[str, ...] = ()
    http_module: str = ""
    settings_prefixes: tuple[str, ...] = ()
    ladder_doors: Mapping[str, str] = field(default_factory=dict)
    is_yardstick: bool = False

    def on(
        self,
        server: Server,
        name: str,
        async_model: AsyncModel = "async",
        requires: tuple[str, ...] = (),
        databases: tuple[str, ...] = DATABASES,
        **settings: str,
    ) -> Service:
        """Make it a service: on this server, under this name, with these settings of its own."""
        door, ladder_door = self.doors[server.interface], self.ladder_doors.get(server.interface)
        return Service(
            name=name,
            framework=self.framework,
            async_model=async_model,
            server=server.name,
            package=self.package,
            command=_opening(door, server),
            ladder=_opening(ladder_door, server) if ladder_door else (),
            is_yardstick=self.is_yardstick,
            is_traceable=server.is_traceable,
            migrate=self.migrate,
            requires=(*self.requires, *server.requires, *requires),
            settings=settings,
            databases=databases,
        )


def _opening(door: str, server: Server) -> tuple[str, ...]:
    words = (*server.command, *server.websockets_off.split())
    return tuple(word.replace("{application}", door) for word in words)


CLIENT = ("httpx", "httpcore", "httpx-aiohttp", "aiohttp")  # of the dashboard, in each service

DJANGO = Application(
    framework="Django",
    package="django_app",
    doors={"ASGI": "django_app.asgi:application", "WSGI": "django_app.wsgi:application"},
    ladder_doors={
        "ASGI": "yardsticks.django_ladder:asgi_application",
        "WSGI": "yardsticks.django_ladder:wsgi_application",
    },
    migrate=(PYTHON, "-m", "django", "migrate", "--settings", "django_app.settings"),
    requires=("django",),
    packages=("Django", "asgiref", "psycopg", "psycopg-pool", *CLIENT),
    http_module="views.py",
    settings_prefixes=("DJANGO_", "DEBUG", "SECRET_KEY", "ALLOWED_HOSTS"),
)
FASTAPI = Application(
    framework="FastAPI",
    package="fastapi_app",
    doors={"ASGI": "fastapi_app.asgi:application"},
    ladder_doors={"ASGI": "yardsticks.fastapi_ladder:application"},
    migrate=(PYTHON, "-m", "alembic", "-c", "fastapi_app/alembic.ini", "upgrade", "head"),
    requires=("fastapi", "alembic"),
    packages=(
        *("FastAPI", "Starlette", "anyio", "Pydantic", "pydantic-core", "SQLAlchemy", "greenlet"),
        *("aiosqlite", "psycopg", "psycopg-pool", "asyncpg", *CLIENT),
    ),
    http_module="routes.py",
    settings_prefixes=("FASTAPI_", "OTEL_"),  # its telemetry, which would be timed with it
)
BARE = Application(
    framework="no framework",
    package="yardsticks",
    doors={"ASGI": "yardsticks.bare:application"},
    migrate=FASTAPI.migrate,  # the tables are the same whoever made them
    requires=FASTAPI.requires,
    is_yardstick=True,
)

APPLICATIONS = (DJANGO, FASTAPI)
# The packages that run inside a service's process, named as a reader knows them.
APPLICATION_PACKAGES = tuple(
    dict.fromkeys(name for application in APPLICATIONS for name in application.packages)
)
# Those, and the packages of every server: the keys of a results file's versions.
PACKAGES = tuple(
    dict.fromkeys(
        [*APPLICATION_PACKAGES, *(name for server in SERVERS.values() for name in server.packages)]
    )
)
# What begins a variable of the reader's environment that no service must be started with.
SETTINGS_PREFIXES = (
    *(prefix for application in APPLICATIONS for prefix in application.settings_prefixes),
    *(prefix for server in SERVERS.values() for prefix in server.settings_prefixes),
)

_ALL = (
    # the four that everything else is compared with
    DJANGO.on(servers.UVICORN, "django"),
    FASTAPI.on(servers.UVICORN, "fastapi"),
    DJANGO.on(servers.GUNICORN_GTHREAD, "django-blocking", "blocking"),
    FASTAPI.on(servers.UVICORN, "fastapi-blocking", "blocking"),
    # the same on other servers
    DJANGO.on(servers.DAPHNE, "django-daphne"),
    DJANGO.on(servers.HYPERCORN, "django-hypercorn"),
    DJANGO.on(servers.GRANIAN, "django-granian"),
    DJANGO.on(servers.GUNICORN_ASGI, "django-gunicorn-asgi"),
    DJANGO.on(servers.GUNICORN_UVICORN, "django-gunicorn-uvicorn"),
    DJANGO.on(servers.UWSGI, "django-blocking-uwsgi", "blocking"),
    FASTAPI.on(servers.DAPHNE, "fastapi-daphne"),
    FASTAPI.on(servers.HYPERCORN, "fastapi-hypercorn"),
    FASTAPI.on(servers.GRANIAN, "fastapi-granian"),
    FASTAPI.on(servers.GUNICORN_ASGI, "fastapi-gunicorn-asgi"),
    FASTAPI.on(servers.GUNICORN_UVICORN, "fastapi-gunicorn-uvicorn"),
    # what a choice costs: async views under WSGI, blocking views under ASGI, a thread a request
    DJANGO.on(servers.GUNICORN_GTHREAD, "django-async-wsgi"),
    DJANGO.on(servers.UVICORN, "django-blocking-asgi", "blocking"),
    DJANGO.on(servers.UVICORN, "django-async-pooled", REUSE_THREADS="1"),
    # another driver
    FASTAPI.on(
        servers.UVICORN,
        "fastapi-asyncpg",
        requires=("asyncpg",),
        databases=("postgresql",),
        POSTGRESQL_DRIVER="asyncpg",
    ),
)

SERVICES = {service.name: service for service in _ALL}
DEFAULT_PAIR = ("django", "fastapi")
USUAL = ("django", "fastapi", "django-blocking", "fastapi-blocking")
# One hand-written ASGI application with the same SQL, on the same server: what is possible at all.
YARDSTICK = BARE.on(servers.UVICORN, "bare")


def named(names: tuple[str, ...]) -> tuple[Service, ...]:
    """Give the services of these names, in this order; KeyError says which is unknown."""
    return tuple(SERVICES[name] for name in names)
