"""The bearer token that a create needs when API_TOKEN is set."""

import logging
import secrets
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPBearer

from .errors import HTTPProblem
from .settings import settings

logger = logging.getLogger(__name__)

# For the OpenAPI document; it would take the first of several lines, and strip what is no space.
Bearer = Annotated[object, Depends(HTTPBearer(auto_error=False))]


async def require_token(request: Request, _: Bearer) -> None:
    """Refuse (401) a request without the token; in constant time, so that none can be guessed."""
    if not settings.API_TOKEN:
        return
    given = read_bearer(", ".join(request.headers.getlist("Authorization")))
    if not secrets.compare_digest(given.encode(), settings.API_TOKEN.encode()):
        detail = "A create needs the bearer token."
        raise HTTPProblem(401, detail, headers={"WWW-Authenticate": "Bearer"})


def read_bearer(authorization: str) -> str:
    """Give the token after the scheme and one or more spaces (RFC 9110, section 11.4), or none."""
    scheme, _, token = authorization.strip(" \t").partition(" ")
    return token.lstrip(" ") if scheme.lower() == "bearer" else ""


def warn_if_open() -> None:
    """Say once, at the start, that everybody who reaches the service may create posts."""
    if not settings.API_TOKEN:
        logger.warning("API_TOKEN is not set: whoever reaches this port can create posts.")
