"""Every failure as problem details (RFC 9457)."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.routing import Match, Route

from shared.schemas import TITLES, FieldError, Problem, ValidationProblem, field_errors

from .dashboard import NoUpstream
from .posts import DuplicateTag, PostNotFound, UnknownAuthor

logger = logging.getLogger(__name__)


class HTTPProblem(HTTPException):
    """A failure with the status, the sentence and the headers that answer it."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        errors: Sequence[FieldError] = (),
    ) -> None:
        super().__init__(status, detail, headers)
        self.errors = errors


async def answer(request: Request, exception: Exception) -> Response:
    """Give the problem details for a failure; Starlette logs a bug of ours after it."""
    return problem_response(to_problem(request, exception))


def to_problem(request: Request, exception: Exception) -> HTTPProblem:
    """Say how an exception is answered; 500 for one that nobody foresaw."""
    match exception:
        case HTTPProblem():
            return exception
        case PostNotFound():
            return HTTPProblem(404, "There is no such post.")
        case UnknownAuthor():
            error = FieldError(pointer="/body/author_id", detail="There is no such author")
            return HTTPProblem(422, "The request is not valid.", errors=[error])
        case DuplicateTag():
            return HTTPProblem(409, "A tag is given twice; nothing was created.")
        case NoUpstream():
            return HTTPProblem(502, "No upstream gave a usable answer.")
        case OperationalError() | PoolTimeoutError():
            # Its first line: what follows may quote what a client sent.
            logger.error("The database: %s", str(exception).partition("\n")[0])
            detail = "The database cannot be reached or is busy; try again."
            return HTTPProblem(503, detail, headers={"Retry-After": "1"})
        case RequestValidationError():
            errors = field_errors(exception.errors())
            return HTTPProblem(422, "The request is not valid.", errors=errors)
        case StarletteHTTPException():
            return refused(request, exception.status_code)
    return HTTPProblem(500, "The service failed.")


def refused(request: Request, status: int) -> HTTPProblem:
    """Say what FastAPI itself found wrong with a request."""
    match status:
        case 404:
            return HTTPProblem(404, "There is no such path.")
        case 405:
            allow = allowed_methods(request)
            return HTTPProblem(405, f"This path has {allow} only.", headers={"Allow": allow})
    return HTTPProblem(400, "The request cannot be understood.")


def problem_response(problem: HTTPProblem) -> Response:
    """Write a problem as the response."""
    title = TITLES[problem.status_code]
    body = Problem(title=title, status=problem.status_code, detail=problem.detail)
    if problem.errors:
        body = ValidationProblem(**body.model_dump(), errors=list(problem.errors))
    return Response(
        body.model_dump_json(),
        status_code=problem.status_code,
        media_type="application/problem+json",
        headers=problem.headers,
    )


def allowed_methods(request: Request) -> str:
    """List the methods of the request's path; Starlette names those of its first route only."""
    methods: set[str] = set()
    for context in iter_route_contexts(request.app.routes):
        route = context.original_route
        if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE:
            methods |= route.methods or set()
    return ", ".join(sorted(methods | {"HEAD"}))


def add_handlers(app: FastAPI) -> None:
    """Answer every failure of the application here."""
    kinds: list[Any] = [StarletteHTTPException, RequestValidationError, Exception]
    kinds += [PostNotFound, UnknownAuthor, DuplicateTag, NoUpstream]
    for kind in [*kinds, OperationalError, PoolTimeoutError]:
        app.add_exception_handler(kind, answer)
