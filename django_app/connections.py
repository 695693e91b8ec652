"""What a client or a failure of ours does to a connection, beyond one answer."""

from functools import partial
from typing import Any

from .body import ASGIApplication, ASGIMessage, ASGIReceive


def over_http(application: ASGIApplication) -> ASGIApplication:
    """Refuse a WebSocket, which Django leaves to its server as a failure of ours."""

    async def application_over_http(scope: Any, receive: ASGIReceive, send: Any) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close"})
        else:
            await application(scope, receive, partial(send_if_connected, send))

    return application_over_http


async def send_if_connected(send: Any, message: ASGIMessage) -> None:
    """Send a part of an answer, unless the client has gone away.

    Of several requests on one connection uvicorn tells the last only that it has ended; uvloop then
    writes no more. That is no failure of ours.
    """
    try:
        await send(message)
    except RuntimeError as error:
        if "the handler is closed" not in str(error):
            raise
