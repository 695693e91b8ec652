"""What a setting may hold: a value means the same to every service, or stops each at its start."""

import re
from typing import Annotated
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, Field, StringConstraints, ValidationError
from pydantic_core import PydanticCustomError

from .schemas import OnlyDigits

HOST = r"(?:[\w-]+(?:\.[\w-]+)*|\[[0-9A-Fa-f:.]+\])"
ADDRESS = rf"{HOST}(?::\d{{1,5}})?"
# A query is left out, since libraries read it in their own ways: all but the folder of a socket.
SQLITE = re.compile(r"sqlite:///[^\x00-\x1f?#]+")
POSTGRESQL = re.compile(
    rf"postgres(?:ql)?://(?:[^\s/?#@]*@)?(?:{ADDRESS})?/[^\s/?#]+(?:\?host=(?:/|%2[Ff])[^\s?#&]*)?",
    re.ASCII,
)
HTTP = re.compile(rf"https?://{ADDRESS}(?:/[^\s?#]*)?", re.ASCII)
MEMORY = "sqlite:///:memory:"  # which would be another database for each connection


def _check_database(url: str) -> str:
    is_known = SQLITE.fullmatch(url) or (POSTGRESQL.fullmatch(url) and _has_good_address(url))
    if not is_known or unquote(url) == MEMORY:
        raise PydanticCustomError(
            "database_url",
            "It must be sqlite:///FILE or postgresql://USER:PASSWORD@HOST:PORT/NAME,"
            " with / ? # and @ of a password as %2F %3F %23 and %40, and without options",
        )
    return url


def _check_http(url: str) -> str:
    if not HTTP.fullmatch(url) or not _has_good_address(url):
        raise PydanticCustomError("http_url", "It must be http://HOST:PORT, or https")
    return url


def _has_good_address(url: str) -> bool:
    try:
        return urlsplit(url).port != 0  # which reads the address of IPv6, too
    except ValueError:
        return False


# A thousandth is the least that PostgreSQL's timeouts take; a day is beyond any use.
Seconds = Annotated[float, Field(ge=0.001, le=86_400)]
Count = Annotated[int, OnlyDigits, Field(ge=1, le=10_000)]
DatabaseURL = Annotated[str, AfterValidator(_check_database)]
HTTPURL = Annotated[str, AfterValidator(_check_http)]
Token = Annotated[str, StringConstraints(pattern=r"^[!-~]*$")]  # what a header can hold, no spaces


def complaint(name: str, error: ValidationError) -> str:
    """Say in one line what is wrong with a setting, without its value: it may be a secret."""
    return f"{name}: {error.errors(include_input=False)[0]['msg']}"
