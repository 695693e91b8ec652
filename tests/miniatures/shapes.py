"""What a request may hold: strict JSON, and the shapes of a query and of a new post."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

MAX_DEPTH = 32
MAX_ERRORS = 20
MAX_ID = 2**63 - 1
# U+0000 and lone surrogates, which some databases and every UTF-8 cannot hold.
UNSTORABLE = re.compile("[\0\ud800-\udfff]")
LENGTHS = {"title": 200, "body": 50_000}
TAG_LENGTH = 50
MAX_TAGS = 10

Error = tuple[str, str]  # a JSON pointer, and what is wrong there


class Refused(Exception):
    """A request that is answered with a problem."""

    def __init__(
        self, status: int, detail: str, errors: list[Error] | None = None, **headers: str
    ) -> None:
        self.status, self.detail, self.errors, self.headers = status, detail, errors, headers


def read_json(body: bytes) -> Any:
    """Read JSON as RFC 8259 has it; Refused with 400 for anything else."""
    try:
        value = json.loads(body.decode("utf-8"), parse_constant=refuse, parse_int=read_integer)
        if depth(value) > MAX_DEPTH:
            raise ValueError("nested too deep")
    except (ValueError, RecursionError) as error:
        raise Refused(400, "The body is not JSON.") from error
    return value


def read_query(query: Mapping[str, str]) -> dict[str, Any]:
    """Read limit, before and tag; Refused with 422 when one of them is wrong."""
    errors: list[Error] = []
    values = {
        "limit": read_number(query.get("limit", "20"), 100),
        "before": read_number(query.get("before", str(MAX_ID)), MAX_ID),
    }
    for name, value in values.items():
        if value is None:
            errors.append((f"/query/{name}", "A whole number in range is expected"))
    if "tag" in query:
        errors += wrong_text(query["tag"], "/query/tag", TAG_LENGTH)
    refuse_errors(errors)
    return {**values, "tag": query.get("tag")}


def read_new_post(value: Any) -> dict[str, Any]:
    """Read a new post; Refused with 422 when its shape is wrong."""
    if not isinstance(value, dict):
        refuse_errors([("/body", "A JSON object is expected")])
    refuse_errors(list(wrong_fields(value)))
    new: dict[str, Any] = {"tags": []} | value
    return new


def wrong_fields(value: dict[str, Any]) -> Iterator[Error]:
    """Find what is wrong with a new post."""
    for name, length in LENGTHS.items():
        yield from wrong_text(value.get(name), f"/body/{name}", length)
    author_id = value.get("author_id")
    if type(author_id) is not int or not 1 <= author_id <= MAX_ID:
        yield "/body/author_id", "A whole number in range is expected"
    tags = value.get("tags", [])
    if not isinstance(tags, list) or len(tags) > MAX_TAGS:
        yield "/body/tags", f"A list of at most {MAX_TAGS} is expected"
    else:
        for position, tag in enumerate(tags):
            yield from wrong_text(tag, f"/body/tags/{position}", TAG_LENGTH)
    for name in [name for name in value if name not in {*LENGTHS, "author_id", "tags"}]:
        yield f"/body/{escaped(name)}", "This field is unknown"


def wrong_text(value: Any, pointer: str, length: int) -> Iterator[Error]:
    """Find what is wrong with a text."""
    if not isinstance(value, str):
        yield pointer, "Text is expected"
    elif not 1 <= len(value) <= length:
        yield pointer, f"Text of 1 to {length} characters is expected"
    elif UNSTORABLE.search(value):
        yield pointer, "There is a character that cannot be stored"


def read_number(text: str, most: int) -> int | None:
    """Read a number from 1 to the most, written in digits; None for anything else."""
    is_number = re.fullmatch("[0-9]{1,19}", text) and 1 <= int(text) <= most
    return int(text) if is_number else None


def refuse_errors(errors: list[Error]) -> None:
    """Refuse a request that has any of these errors."""
    if errors:
        raise Refused(422, "The request is not valid.", errors[:MAX_ERRORS])


def depth(value: Any) -> int:
    """Give how deep lists and objects are nested."""
    children = value.values() if isinstance(value, dict) else value
    return 1 + max(map(depth, children), default=0) if isinstance(value, (dict, list)) else 0


def escaped(name: str) -> str:
    """Write a field's name as a step of a JSON pointer, in characters that UTF-8 has."""
    step = name.replace("~", "~0").replace("/", "~1")
    return step.encode("utf-8", "backslashreplace").decode("utf-8")


def read_integer(digits: str) -> int | float:
    """Read an integer; one beyond Python's own limit of digits is as good as infinite."""
    return int(digits) if len(digits) <= 20 else float("inf")


def refuse(constant: str) -> NoReturn:
    """Refuse NaN and Infinity, which Python's parser takes."""
    raise ValueError(f"{constant} is not JSON")
