"""The JSON body of a request, read strictly."""

from typing import Any

from django.http import HttpRequest

from shared.schemas import MAX_BODY_BYTES, read_json

from .errors import HTTPProblem


def read_body(request: HttpRequest) -> Any:
    """Give the parsed body; refuse one too large (413), not JSON by name (415) or in fact (400)."""
    body = stream_of(request).read(MAX_BODY_BYTES + 1)
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
