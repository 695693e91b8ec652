"""Middleware: when a class of one's own is async, and what its flags say."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware

from experiments.apparatus.serving import serving, serving_wsgi
from experiments.apparatus.site import asgi, wsgi
from experiments.claim import Claim, Seen
from experiments.middleware.written import (
    AsgiMiddleware,
    AsyncTiming,
    HttpMiddleware,
    MarkedRefusing,
    MarkedTiming,
    Refusing,
    RefusingAsgi,
    RefusingHttp,
    SyncTiming,
    Timing,
    adapting_timing,
)

# What `startproject` writes into MIDDLEWARE.
STARTPROJECT = (
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
)

OK = 200
FORBIDDEN = 403
ABOUT = "Django 5.2 and 6.1"


def dotted(middleware: Callable[..., Any]) -> str:
    """Name a middleware as MIDDLEWARE does."""
    return f"{middleware.__module__}.{middleware.__qualname__}"


def hello(request: HttpRequest) -> HttpResponse:
    """Say hello."""
    return HttpResponse("hello")


def status(middleware: Iterable[str]) -> int:
    """Ask Django under ASGI with this middleware, the outermost first."""
    with serving(asgi(path("", hello), MIDDLEWARE=middleware)) as client:
        return client.get("/").status_code


def status_under_wsgi(middleware: Iterable[str]) -> int:
    """Ask the same under WSGI."""
    with serving_wsgi(wsgi(path("", hello), MIDDLEWARE=middleware)) as client:
        return client.get("/").status_code


def status_in_starlette(*middleware: Callable[..., Any]) -> int:
    """Ask FastAPI with this middleware, the outermost first."""
    app = FastAPI(middleware=[Middleware(factory) for factory in middleware])

    @app.get("/")
    async def endpoint() -> str:
        return "hello"

    with serving(app) as client:
        return client.get("/").status_code


@Claim(
    "async-middleware-class",
    "A class with `async_capable = True` and an `async def __call__` is an async middleware.",
    numbers=(27,),
    about=ABOUT,
    instead="Call `markcoroutinefunction(self)` in `__init__`, or write a function that is "
    "decorated by `@async_only_middleware`.",
    why="`BaseHandler.load_middleware` believes the flags, but `convert_exception_to_response` "
    "asks `iscoroutinefunction` of the instance, which is False until it is marked, and wraps it "
    "as a sync function. `MiddlewareMixin.__init__` of the middleware outside asks the same of "
    "that wrapper, so it calls it as a sync one.",
    shows=(Timing, status),
)
def async_middleware_class(middleware: type[Timing] = Timing) -> Seen:
    """Put it alone, outside of the middleware of `startproject`, and inside of it."""
    own = dotted(middleware)
    statuses = {
        "it is the only middleware": status([own]),
        "it is the outermost one": status([own, *STARTPROJECT]),
        "Django's own is outside of it": status([*STARTPROJECT, own]),
    }
    return Seen(held={place: status == OK for place, status in statuses.items()}, evidence=statuses)


async_middleware_class.falls_when(
    "the class calls `markcoroutinefunction(self)`", middleware=MarkedTiming
)


@async_middleware_class.beside(
    "FastAPI",
    "Starlette needs no flags and no marks: pure ASGI middleware and `BaseHTTPMiddleware` are "
    "async wherever they stand.",
)
def starlette_middleware_class() -> Seen:
    """Put either kind alone, outside of Starlette's own middleware, and inside of it."""
    statuses = {
        f"{own.__name__} {place}": status_in_starlette(*before, own, *after)
        for own in (AsgiMiddleware, HttpMiddleware)
        for place, before, after in (
            ("alone", [], []),
            ("outermost", [], [CORSMiddleware, GZipMiddleware]),
            ("innermost", [CORSMiddleware, GZipMiddleware], []),
        )
    }
    return Seen(held=set(statuses.values()) == {OK}, evidence=statuses)


@Claim(
    "middleware-exceptions-become-responses",
    "Django turns what an async middleware class raises into a response: `PermissionDenied` into "
    "403.",
    numbers=(27,),
    about=ABOUT,
    instead="Mark the class with `markcoroutinefunction(self)`, and Django awaits it where it "
    "catches exceptions.",
    why="`convert_exception_to_response` takes the unmarked instance for a sync function: it "
    "catches what the call raises, but the exception comes later, when the coroutine is awaited.",
    shows=(Refusing, status),
)
def middleware_exceptions_become_responses(middleware: type[Refusing] = Refusing) -> Seen:
    """Raise `PermissionDenied` in an async middleware that stands alone."""
    answered = status([dotted(middleware)])
    return Seen(held=answered == FORBIDDEN, evidence={"status": answered})


middleware_exceptions_become_responses.falls_when(
    "the class calls `markcoroutinefunction(self)`", middleware=MarkedRefusing
)


@middleware_exceptions_become_responses.beside(
    "FastAPI",
    "In Starlette an `HTTPException` of a middleware becomes 500: `ExceptionMiddleware`, which "
    "turns it into its own status, is inside of all others.",
)
def starlette_middleware_exceptions() -> Seen:
    """Raise `HTTPException(403)` in either kind of middleware."""
    statuses = {kind.__name__: status_in_starlette(kind) for kind in (RefusingAsgi, RefusingHttp)}
    return Seen(held=set(statuses.values()) == {500}, evidence=statuses)


@Claim(
    "both-flags-choose-the-mode",
    "With `sync_capable` and `async_capable` both True, Django runs a middleware class in the mode "
    "that fits.",
    numbers=(28,),
    about=ABOUT,
    instead="Look at `iscoroutinefunction(get_response)` and be of the same kind, as "
    "`MiddlewareMixin` is and `@sync_and_async_middleware` asks for.",
    why="`BaseHandler.load_middleware` gives such a class either kind of `get_response` and calls "
    "it as if it had adapted; the flags change nothing in the class.",
    shows=(AsyncTiming, SyncTiming, status, status_under_wsgi),
)
def both_flags_choose_the_mode(
    middleware: Sequence[Callable[..., Any]] = (AsyncTiming, SyncTiming),
) -> Seen:
    """Put a class with an async and one with a sync `__call__` under ASGI and under WSGI."""
    statuses = {}
    for kind in middleware:
        statuses[f"{kind.__name__} under ASGI"] = status([dotted(kind)])
        statuses[f"{kind.__name__} under WSGI"] = status_under_wsgi([dotted(kind)])
    return Seen(held=set(statuses.values()) == {OK}, evidence=statuses)


both_flags_choose_the_mode.falls_when(
    "the middleware looks at what it is to call", middleware=[adapting_timing]
)


@both_flags_choose_the_mode.beside(
    "FastAPI", "Starlette's middleware has one mode, async, for `async def` and `def` endpoints."
)
def starlette_middleware_has_one_mode() -> Seen:
    """Put both kinds of middleware around an `async def` and a `def` endpoint."""
    app = FastAPI(middleware=[Middleware(AsgiMiddleware), Middleware(HttpMiddleware)])

    @app.get("/async")
    async def async_endpoint() -> str:
        return "hello"

    @app.get("/def")
    def endpoint() -> str:
        return "hello"

    with serving(app) as client:
        statuses = {path: client.get(path).status_code for path in ("/async", "/def")}
    return Seen(held=set(statuses.values()) == {OK}, evidence=statuses)
