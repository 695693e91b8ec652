"""What every answer of the contract has in common, asserted in one place."""

import json
import re
from typing import Any

import httpx

# The phrases of RFC 9110, section 15; what a language's library calls them changes with time.
PHRASES = {
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    422: "Unprocessable Content",
    502: "Bad Gateway",
    503: "Service Unavailable",
}
MILLISECONDS = re.compile(r"\d+(?:\.\d+)?")
SERVER_TIMING = re.compile(r'app;dur=(?P<ms>\d+(?:\.\d+)?), sql;desc="(?P<statements>\d+)"')


def good(response: httpx.Response, status: int = 200) -> Any:
    """Assert that an answer is JSON with this status, and give its value."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    return read_json(response)


def problem(response: httpx.Response, status: int, *pointers: str) -> dict[str, Any]:
    """Assert that an answer is exactly this problem, with an error for each of the pointers.

    The order of the errors is left open. Gives the problem.
    """
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    value: dict[str, Any] = read_json(response)
    assert value.keys() == {"type", "title", "status", "detail"} | (
        {"errors"} if pointers else set()
    )
    assert value["type"] == "about:blank"
    assert value["title"] == PHRASES[status]
    assert value["status"] == status
    assert_sentence(value["detail"])
    if pointers:
        assert sorted(error["pointer"] for error in value["errors"]) == sorted(pointers)
        assert_errors(value["errors"])
    return value


def unavailable(response: httpx.Response) -> None:
    """Assert that an answer is a 503 which says when to come back."""
    problem(response, 503)
    assert re.fullmatch(r"\d+", response.headers["retry-after"])


def assert_errors(errors: list[dict[str, Any]]) -> None:
    """Assert that each error is a pointer and a sentence, and nothing else."""
    for error in errors:
        assert error.keys() == {"pointer", "detail"}
        assert_sentence(error["detail"])


def assert_sentence(text: Any) -> None:
    """Assert that a detail says something."""
    assert isinstance(text, str)
    assert text.strip()


def read_json(response: httpx.Response) -> Any:
    """Read a body as RFC 8259 says: UTF-8, whatever the headers hint at, and no NaN."""
    return json.loads(response.content.decode("utf-8"), parse_constant=_refuse)


def elapsed_ms(response: httpx.Response) -> float:
    """Assert that an answer says in its header's exact form how long it took, and give that."""
    milliseconds: str = response.headers["x-elapsed-ms"]
    assert MILLISECONDS.fullmatch(milliseconds), milliseconds
    return float(milliseconds)


def statements(response: httpx.Response) -> int:
    """Assert the exact form of `Server-Timing`, and give the number of SQL statements in it."""
    timing = SERVER_TIMING.fullmatch(response.headers["server-timing"])
    assert timing, response.headers["server-timing"]
    return int(timing["statements"])


def _refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is not JSON")
