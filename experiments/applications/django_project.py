"""A Django project for servers to run: one async view, with and without a WebSocket beside it."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import django
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.core.management import execute_from_command_line
from django.http import HttpRequest, JsonResponse
from django.urls import path

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]

settings.configure(
    SECRET_KEY="an experiment's",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=os.environ.get("INSTALLED_APPS", "").split(),
    ASGI_APPLICATION=f"{__name__}.with_websockets",
    LOGGING_CONFIG=None,
)
django.setup()


async def tell(request: HttpRequest) -> JsonResponse:
    """Say which process answers."""
    await asyncio.sleep(0)
    return JsonResponse({"process": os.getpid()})


async def echo(receive: Receive, send: Send) -> None:
    """Send back what comes over a WebSocket."""
    while (message := await receive())["type"] != "websocket.disconnect":
        if message["type"] == "websocket.connect":
            await send({"type": "websocket.accept"})
        else:
            await send({"type": "websocket.send", "text": message["text"]})


async def with_websockets(scope: Message, receive: Receive, send: Send) -> None:
    """Answer WebSockets here, as Channels does, and leave the rest to Django."""
    if scope["type"] == "websocket":
        await echo(receive, send)
    else:
        await application(scope, receive, send)


urlpatterns = [path("", tell)]
application = ASGIHandler()
wsgi_application = WSGIHandler()

if __name__ == "__main__":  # as manage.py
    execute_from_command_line(sys.argv)
