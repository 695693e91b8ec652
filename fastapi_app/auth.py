"""The bearer token that a create needs when API_TOKEN is set."""

import logging
import secrets
from typing import Annotated

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from .errors import HTTPProblem
from .settings import settings

logger = logging.getLogger(__name__)

Bearer = Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))]


async def require_token(bearer: Bearer) -> None:
    """Refuse (401) a request without the token; in constant time, so that none can be guessed."""
    if not settings.API_TOKEN:
        return
    given = bearer.credentials.encode() if bearer else b""
    if not secrets.compare_digest(given, settings.API_TOKEN.encode()):
        detail = "A create needs the bearer token."
        raise HTTPProblem(401, detail, headers={"WWW-Authenticate": "Bearer"})


def warn_if_open() -> None:
    """Say once, at the start, that everybody who reaches the service may create posts."""
    if not settings.API_TOKEN:
        logger.warning("API_TOKEN is not set: whoever reaches this port can create posts.")
