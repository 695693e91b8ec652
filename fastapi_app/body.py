"""The JSON body of a request, read strictly."""

import re
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from shared.schemas import MAX_BODY_BYTES, read_json

from .errors import HTTPProblem

QUOTED = re.compile('"[^"]*"')


class JSONRequest(Request):
    """A request whose body FastAPI reads as the contract wants, and not as leniently as it can."""

    async def body(self) -> bytes:
        """Give the body; refuse one too large (413) or not JSON by name (415)."""
        if hasattr(self, "_body"):
            return self._body
        body = bytearray()
        async for chunk in self.stream():
            body += chunk
            if len(body) > MAX_BODY_BYTES:
                raise HTTPProblem(413, f"The body is larger than {MAX_BODY_BYTES} bytes.")
        content_type = ", ".join(self.headers.getlist("Content-Type"))
        if media_type_of(content_type) != "application/json":
            raise HTTPProblem(415, "The body must be application/json.")
        # FastAPI takes an empty body for none, which it would call a missing field.
        self._body = bytes(body) or b" "
        return self._body

    async def json(self) -> Any:
        """Give the parsed body; refuse what is not JSON in fact (400)."""
        try:
            return read_json(await self.body())
        except ValueError as error:
            raise HTTPProblem(400, "The body is not JSON.") from error


class JSONRoute(APIRoute):
    """A route that reads its body by way of JSONRequest."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Give FastAPI's handler, with the stricter request."""
        handler = super().get_route_handler()

        async def strict_handler(request: Request) -> Response:
            return await handler(JSONRequest(request.scope, request.receive))

        return strict_handler


def media_type_of(content_type: str) -> str:
    """Give a media type without its parameters; none where several lines made a list."""
    # A comma stands between the lines (RFC 9110, section 5.2), and in quotes in a parameter.
    is_list = "," in QUOTED.sub("", content_type)
    return "" if is_list else content_type.partition(";")[0].strip().lower()
