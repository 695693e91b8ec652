"""What a client or a failure of ours does to a connection, beyond one answer."""

import logging
from functools import partial

from starlette.types import ASGIApp, Message, Receive, Scope, Send

logger = logging.getLogger(__name__)


def over_http(application: ASGIApp) -> ASGIApp:
    """Keep a connection after a failure of ours, which Starlette answers and then raises again."""

    async def application_over_http(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await application(scope, receive, partial(send_if_connected, send))
        except Exception:
            if scope["type"] != "http":
                raise
            logger.exception("The service failed: %s %r", scope["method"], scope["path"])

    return application_over_http


async def send_if_connected(send: Send, message: Message) -> None:
    """Send a part of an answer, unless the client has gone away.

    Of several requests on one connection uvicorn tells the last only that it has ended; uvloop then
    writes no more. That is no failure of ours.
    """
    try:
        await send(message)
    except RuntimeError as error:
        if "the handler is closed" not in str(error):
            raise
