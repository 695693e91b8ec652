"""Two tiny applications, one for each interface: they answer with the protocol they were asked by.

The ASGI one also echoes the messages of a WebSocket.
"""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


async def asgi(scope: Message, receive: Receive, send: Send) -> None:
    """Answer over HTTP with the scope's `http_version`, and echo over a WebSocket."""
    match scope["type"]:
        case "http":
            body = str(scope["http_version"]).encode()
            length = (b"content-length", str(len(body)).encode())
            await send({"type": "http.response.start", "status": 200, "headers": [length]})
            await send({"type": "http.response.body", "body": body})
        case "websocket":
            await _echo(receive, send)
        case "lifespan":
            await _live(receive, send)


def wsgi(environ: Message, start_response: Callable[..., object]) -> Iterable[bytes]:
    """Answer with the environment's `SERVER_PROTOCOL`."""
    body = str(environ["SERVER_PROTOCOL"]).encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


async def _echo(receive: Receive, send: Send) -> None:
    while (message := await receive())["type"] != "websocket.disconnect":
        if message["type"] == "websocket.connect":
            await send({"type": "websocket.accept"})
        else:
            await send({"type": "websocket.send", "text": message["text"]})


async def _live(receive: Receive, send: Send) -> None:
    while (message := await receive())["type"] != "lifespan.shutdown":
        await send({"type": f"{message['type']}.complete"})
    await send({"type": "lifespan.shutdown.complete"})
