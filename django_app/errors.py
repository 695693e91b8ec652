"""Every failure as problem details (RFC 9457)."""

import codecs
import logging
from collections.abc import Mapping, Sequence

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils.deprecation import MiddlewareMixin
from pydantic import ValidationError

from shared.schemas import TITLES, FieldError, Problem, ValidationProblem, field_errors

from .dashboard import NoUpstream
from .outages import drop_stale_connection, is_outage
from .posts import DuplicateTag, PostNotFound, UnknownAuthor

logger = logging.getLogger(__name__)
# Django's logging loads it with the first failure, which may be a want of file descriptors.
codecs.lookup("unicode_escape")


class HTTPProblem(Exception):
    """A failure with the status, the sentence and the headers that answer it."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        errors: Sequence[FieldError] = (),
    ) -> None:
        self.status = status
        self.detail = detail
        self.headers = headers
        self.errors = errors


class ProblemDetails(MiddlewareMixin):
    """Answers what a view raises; Django calls process_exception in either async model."""

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Give the problem details for an expected failure, None for a bug of ours."""
        drop_stale_connection(exception)
        problem = to_problem(exception)
        return None if problem is None else problem_response(problem)


def to_problem(exception: Exception) -> HTTPProblem | None:
    """Say how an exception is answered; None for one that nobody foresaw."""
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
        case DatabaseError() if is_outage(exception):
            # Its first line: what follows may quote what a client sent.
            logger.error("The database: %s", str(exception).partition("\n")[0])
            detail = "The database cannot be reached or is busy; try again."
            return HTTPProblem(503, detail, headers={"Retry-After": "1"})
    return None


def invalid_request(error: ValidationError, part: str) -> HTTPProblem:
    """Say what is wrong with the `part` of a request: its query or its body."""
    errors = field_errors(error.errors(), part)
    return HTTPProblem(422, "The request is not valid.", errors=errors)


def problem_response(problem: HTTPProblem) -> HttpResponse:
    """Write a problem as the response."""
    title = TITLES[problem.status]
    body = Problem(title=title, status=problem.status, detail=problem.detail)
    if problem.errors:
        body = ValidationProblem(**body.model_dump(), errors=list(problem.errors))
    return HttpResponse(
        body.model_dump_json(),
        status=problem.status,
        content_type="application/problem+json",
        headers=problem.headers,
    )


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that Django itself refuses."""
    return problem_response(HTTPProblem(400, "The request cannot be understood."))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request for a path that there is not."""
    return problem_response(HTTPProblem(404, "There is no such path."))


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer when the service itself is at fault; Django has logged the exception."""
    return problem_response(HTTPProblem(500, "The service failed."))
