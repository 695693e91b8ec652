"""Middleware as one writes it oneself: what the claims about middleware are tried on."""

import time
from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import (
    async_only_middleware,
    sync_and_async_middleware,
    sync_only_middleware,
)
from fastapi import HTTPException
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from experiments.apparatus.observing import where

GetResponse = Callable[[HttpRequest], Any]


class Timing:
    """Times a request: an async middleware as one would write it."""

    async_capable = True
    sync_capable = False

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    async def __call__(self, request: HttpRequest) -> HttpResponse:
        """Stamp the answer."""
        began = time.perf_counter()
        response: HttpResponse = await self.get_response(request)
        response["X-Elapsed"] = f"{time.perf_counter() - began:.6f}"
        return response


class MarkedTiming(Timing):
    """The same, marked as a coroutine function."""

    def __init__(self, get_response: GetResponse) -> None:
        super().__init__(get_response)
        markcoroutinefunction(self)


class Refusing(Timing):
    """Lets nobody in."""

    async def __call__(self, request: HttpRequest) -> HttpResponse:
        """Refuse."""
        raise PermissionDenied


class MarkedRefusing(MarkedTiming, Refusing):
    """The same, marked."""


class AsyncTiming(Timing):
    """Its flags say both modes, but it is written for async only."""

    sync_capable = True


class SyncTiming:
    """Its flags say both modes, but it is written for sync only."""

    async_capable = True
    sync_capable = True

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Stamp the answer."""
        began = time.perf_counter()
        response: HttpResponse = self.get_response(request)
        response["X-Elapsed"] = f"{time.perf_counter() - began:.6f}"
        return response


@sync_and_async_middleware
def adapting_timing(get_response: GetResponse) -> GetResponse:
    """Be async or sync, as the `get_response` that is given."""
    if iscoroutinefunction(get_response):
        return MarkedTiming(get_response)
    return SyncTiming(get_response)


@async_only_middleware
def async_place(get_response: GetResponse) -> GetResponse:
    """Note where an answer comes through, as a coroutine function."""

    async def middleware(request: HttpRequest) -> HttpResponse:
        return note_place(await get_response(request))

    return middleware


@sync_only_middleware
def sync_place(get_response: GetResponse) -> GetResponse:
    """Note where an answer comes through, as a plain function."""

    def middleware(request: HttpRequest) -> HttpResponse:
        return note_place(get_response(request))

    return middleware


@sync_and_async_middleware
def adapting_place(get_response: GetResponse) -> GetResponse:
    """Note where an answer comes through, async or sync as `get_response` is."""
    if iscoroutinefunction(get_response):
        return async_place(get_response)
    return sync_place(get_response)


def note_place(response: HttpResponse) -> HttpResponse:
    """Add the place where this runs to the header that lists them."""
    response["Places"] = f"{response.get('Places', '')}{where()}, "
    return response


class AsgiMiddleware:
    """Passes a request on: an ASGI application around another one."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass it on."""
        await self.app(scope, receive, send)


class HttpMiddleware(BaseHTTPMiddleware):
    """The same, with requests and responses."""

    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        """Pass it on."""
        return await call_next(request)


class RefusingAsgi(AsgiMiddleware):
    """Lets nobody in."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse each request, not the server's start."""
        if scope["type"] == "http":
            raise HTTPException(403)
        await super().__call__(scope, receive, send)


class RefusingHttp(BaseHTTPMiddleware):
    """Lets nobody in."""

    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        """Refuse."""
        raise HTTPException(403)
