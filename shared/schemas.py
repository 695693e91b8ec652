"""The wire shapes of the contract: what a request may hold and what an answer holds."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import islice
from typing import Annotated, Any, Literal, NoReturn

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    FiniteFloat,
    StringConstraints,
    model_validator,
)
from pydantic_core import PydanticCustomError

MAX_BODY_BYTES = 1024 * 1024
MAX_JSON_DEPTH = 32
MAX_LISTED_ERRORS = 20
ID_LIMIT = 2**63  # the first that is no id; as a float, which a document has, it is exact
TITLES = {  # RFC 9110; Python's http.HTTPStatus differs between its versions
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    422: "Unprocessable Content",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
}

Source = Literal["weather", "news", "stocks"]

NoNul = StringConstraints(pattern=r"^[^\x00]*$")  # PostgreSQL's text cannot hold U+0000


def _only_digits(value: Any) -> Any:
    # Pydantic would also take " 5", "+5", "5.0" and "1_0" for an integer.
    if isinstance(value, str) and not (value.isascii() and value.isdigit()):
        raise PydanticCustomError("int_parsing", "Input should be a whole number, in digits")
    return value


OnlyDigits = BeforeValidator(_only_digits)
StrictId = Annotated[int, Field(ge=1, lt=ID_LIMIT, strict=True)]
Title = Annotated[str, StringConstraints(min_length=1, max_length=200), NoNul]
Body = Annotated[str, StringConstraints(min_length=1, max_length=50_000), NoNul]
TagName = Annotated[str, StringConstraints(min_length=1, max_length=50), NoNul]


class PostQuery(BaseModel):
    """The query of a list: how many posts, older than which id, with which tag."""

    limit: Annotated[int, Field(ge=1, le=100), OnlyDigits] = 20
    before: Annotated[int, Field(ge=1, lt=ID_LIMIT), OnlyDigits] | None = None
    tag: TagName | None = None


class NewPost(BaseModel):
    """The body of a create."""

    model_config = ConfigDict(extra="forbid")

    title: Title
    body: Body
    author_id: StrictId
    tags: Annotated[list[TagName], Field(max_length=10)] = []

    @model_validator(mode="before")
    @classmethod
    def _leave_out_what_is_not_listed(cls, value: Any) -> Any:
        # A body has room for 100 000 unknown fields; to say so of each would take a second.
        if not isinstance(value, dict):
            return value
        known = [name for name in cls.model_fields if name in value]
        unknown = islice((name for name in value if name not in known), MAX_LISTED_ERRORS)
        return {name: value[name] for name in (*known, *unknown)}


class Author(BaseModel):
    """Who wrote a post."""

    id: int
    name: str


class PostSummary(BaseModel):
    """A post in a list."""

    id: int
    title: str
    author: Author
    tags: list[str]
    published_at: datetime


class PostDetail(PostSummary):
    """A whole post."""

    body: str


class PostPage(BaseModel):
    """One page of a list, and the path of the next one."""

    posts: list[PostSummary]
    next: str | None


def _encodable(text: str) -> str:
    text.encode()  # a lone surrogate raises a ValueError; Pydantic itself passes it on
    return text


Text = Annotated[str, AfterValidator(_encodable)]


class UpstreamAnswer(BaseModel):
    """What an upstream answers; strict, so that it is passed on as it was given."""

    model_config = ConfigDict(strict=True)


class Weather(UpstreamAnswer):
    """What the weather upstream answers."""

    city: Text
    temperature_celsius: FiniteFloat
    conditions: Text


class News(UpstreamAnswer):
    """What the news upstream answers."""

    headlines: list[Text]


class Quote(UpstreamAnswer):
    """The price of one stock."""

    symbol: Text
    price_usd: FiniteFloat


class Stocks(UpstreamAnswer):
    """What the stocks upstream answers."""

    quotes: list[Quote]


class Unavailable(BaseModel):
    """An upstream that gave no usable answer, and why."""

    source: Source
    reason: Literal["timeout", "unreachable", "status", "not-json", "wrong-shape"]


class Dashboard(BaseModel):
    """The answers of three upstreams side by side; null where one failed."""

    weather: Weather | None
    news: News | None
    stocks: Stocks | None
    unavailable: list[Unavailable]


class Status(BaseModel):
    """What health and readiness answer."""

    status: Literal["alive", "ready"]


class FieldError(BaseModel):
    """One thing wrong with a request; pointer is a JSON Pointer (RFC 6901)."""

    pointer: str
    detail: str


class Problem(BaseModel):
    """Problem details (RFC 9457), the body of every failure."""

    type: Literal["about:blank"] = "about:blank"
    title: str
    status: int
    detail: str


class ValidationProblem(Problem):
    """Problem details that list what is wrong with the request."""

    errors: list[FieldError]


def read_json(body: bytes) -> Any:
    """Parse strict JSON (RFC 8259) of MAX_BODY_BYTES at most; ValueError for anything else.

    Python's own parser takes NaN and Infinity, and nesting as deep as the stack allows.
    """
    if len(body) > MAX_BODY_BYTES:
        raise ValueError("too large")
    try:
        value = json.loads(body.decode(), parse_constant=_refuse_constant, parse_int=_read_int)
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    level, depth = [value], 0
    while level := [node for node in level if isinstance(node, (dict, list))]:
        depth += 1
        if depth > MAX_JSON_DEPTH:
            raise ValueError("nested too deep")
        level = [child for node in level for child in _children(node)]
    return value


def field_errors(errors: Iterable[Mapping[str, Any]], *prefix: str) -> list[FieldError]:
    """Turn Pydantic's errors into the contract's, at most MAX_LISTED_ERRORS of them."""
    listed = []
    for error in islice(errors, MAX_LISTED_ERRORS):
        path = [*prefix, *error["loc"]]
        detail = "A JSON object is expected" if path == ["body"] else error["msg"]
        listed.append(FieldError(pointer="".join(map(_pointer_step, path)), detail=detail))
    return listed


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _read_int(digits: str) -> int | float:
    # An integer too long for Python's own limit is still JSON: let validation refuse it.
    return int(digits) if len(digits) <= 20 else float(digits)


def _children(node: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return node.values() if isinstance(node, dict) else node


def _pointer_step(step: str | int) -> str:
    escaped = str(step).replace("~", "~0").replace("/", "~1")
    return "/" + escaped.encode("utf-8", "backslashreplace").decode()
