"""The JSON body of a request, read strictly."""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from django.core.handlers.asgi import ASGIRequest
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest

from shared.schemas import MAX_BODY_BYTES, read_json

from .errors import HTTPProblem

ASGIMessage = dict[str, Any]
ASGIReceive = Callable[[], Awaitable[ASGIMessage]]
ASGIApplication = Callable[[Any, ASGIReceive, Any], Awaitable[None]]
QUOTED = re.compile('"[^"]*"')


class MediaTypeOnly(HttpRequest):
    """A request whose Content-Type is its media type.

    Its parameters are of no use here. Django would fail on some, and read the query in the charset
    that they name.
    """

    def _set_content_type_params(self, meta: Mapping[str, Any]) -> None:
        self.content_type = media_type_of(meta.get("CONTENT_TYPE", ""))
        self.content_params = {}


class OurASGIRequest(MediaTypeOnly, ASGIRequest):
    """The same as an ASGI server gives it."""


class OurWSGIRequest(MediaTypeOnly, WSGIRequest):
    """The same as a WSGI server gives it."""


def read_body(request: HttpRequest) -> Any:
    """Give the parsed body; refuse one too large (413), not JSON by name (415) or in fact (400)."""
    try:
        body = stream_of(request).read(MAX_BODY_BYTES + 1)
    except Exception as error:  # whatever the server raises when it cannot go on reading
        raise HTTPProblem(400, "The body broke off.") from error
    if len(body) > MAX_BODY_BYTES:
        raise HTTPProblem(413, f"The body is larger than {MAX_BODY_BYTES} bytes.")
    if request.content_type != "application/json":
        raise HTTPProblem(415, "The body must be application/json.")
    try:
        return read_json(body)
    except ValueError as error:
        raise HTTPProblem(400, "The body is not JSON.") from error


def stream_of(request: HttpRequest) -> Any:
    """Give what the body is read from."""
    # Under WSGI Django reads no body without a Content-Length, that is, no chunked one; a server
    # that marks the end of its stream lets us read it there.
    chunked = "Content-Length" not in request.headers
    if chunked and request.META.get("wsgi.input_terminated"):
        return request.META["wsgi.input"]
    return request


def bounded(application: ASGIApplication) -> ASGIApplication:
    """Show an ASGI application a body no further than it takes to see that it is too large.

    Django takes in a whole body, of any size, before it calls the view that refuses it.
    """

    async def bounded_application(scope: Any, receive: ASGIReceive, send: Any) -> None:
        seen_bytes = 0

        async def receive_bounded() -> ASGIMessage:
            nonlocal seen_bytes
            message = await receive()
            while seen_bytes > MAX_BODY_BYTES and message["type"] == "http.request":
                message = await receive()  # the rest is thrown away as it comes
            seen_bytes += len(message.get("body", b""))
            too_large = seen_bytes > MAX_BODY_BYTES
            return {**message, "more_body": False} if too_large else message

        await application(scope, receive_bounded, send)

    return bounded_application


def media_type_of(content_type: str) -> str:
    """Give a media type without its parameters; none where several lines made a list."""
    # A comma stands between the lines (RFC 9110, section 5.2), and in quotes in a parameter.
    is_list = "," in QUOTED.sub("", content_type)
    return "" if is_list else content_type.partition(";")[0].strip().lower()
