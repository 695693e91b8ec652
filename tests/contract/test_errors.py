"""Errors that are found before a request is understood, and which of several comes first."""

import json

import httpx
import pytest

from tests.contract.answers import good, problem
from tests.contract.posts import create, new_post
from tests.contract.wire import closes_silently, send

pytestmark = pytest.mark.usefixtures("tidy")

MIB = 1024 * 1024
JSON = {"Content-Type": "application/json"}
TEXT = {"Content-Type": "text/plain"}
# A server may close a connection whose body it did not read: such a connection is used once.
CLOSE = {"Connection": "close"}
POST = json.dumps(new_post()).encode()
TWICE = {"tags": ["a", "a"]}
POST_TWICE = json.dumps(new_post(**TWICE)).encode()
BIG = b"{" * (MIB + 1)
# A body in each way to say where it ends.
FRAMED = {
    "Content-Length: 2": b"{}",
    "Transfer-Encoding: chunked": b"2\r\n{}\r\n0\r\n\r\n",
}
NOT_JSON = {
    "empty": b"",
    "whitespace": b" \n",
    "brace": b"{",
    "cut-short": POST[:-1],
    "word": b"hello",
    "nan-word": b"nan",
    "NaN": b"NaN",
    "NaN-inside": b'{"title": NaN}',
    "Infinity": b'{"author_id": Infinity}',
    "minus-Infinity": b'{"tags": [-Infinity]}',
    "trailing-comma": b'{"title": "a",}',
    "trailing-comma-in-list": b'{"tags": ["a",]}',
    "single-quotes": b"{'title': 'a'}",
    "bare-key": b'{title: "a"}',
    "comment": b'{"title": "a"} // a',
    "two-values": POST + POST,
    "leading-zero": b'{"author_id": 01}',
    "plus": b'{"author_id": +1}',
    "bare-fraction": b'{"author_id": .5}',
    "hexadecimal": b'{"author_id": 0x1}',
    "True": b'{"title": True}',
    "raw-newline": b'{"title": "a\nb"}',
    "raw-nul": b'{"title": "a\0b"}',
    "bad-escape": b'{"title": "\\x41"}',
    "short-escape": b'{"title": "\\u12"}',
    "signed-escape": b'{"title": "\\u+041"}',
    "vertical-tab": b'\x0b{"title": "a"}',
    "no-break-space": b'\xc2\xa0{"title": "a"}',
    "byte-order-mark": b"\xef\xbb\xbf" + POST,
    "latin-1": '{"title": "é"}'.encode("latin-1"),
    "utf-16": POST.decode().encode("utf-16"),
    "utf-32": POST.decode().encode("utf-32-le"),
    "overlong-utf-8": b'{"title": "\xc0\xaf"}',
    "surrogate-in-utf-8": b'{"title": "\xed\xa0\x80"}',
    "33-lists": b"[" * 33 + b"]" * 33,
    "33-objects": b'{"a":' * 33 + b"1" + b"}" * 33,
    "33-mixed": b'{"tags": ' + b'[{"a": ' * 16 + b"1" + b"}]" * 16 + b"}",
    "100000-lists": b"[" * 100_000 + b"]" * 100_000,
    "100000-open-lists": b"[" * 100_000,
    "100000-objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
}
ALLOWED = {
    "/posts": {"GET", "HEAD", "POST"},
    "/posts/3": {"GET", "HEAD"},
    "/dashboard": {"GET", "HEAD"},
    "/health": {"GET", "HEAD"},
    "/ready": {"GET", "HEAD"},
    "/openapi.json": {"GET", "HEAD"},
    "/docs": {"GET", "HEAD"},
}
METHODS = ("POST", "PUT", "PATCH", "DELETE", "OPTIONS")
UNKNOWN_PATHS = ["/", "/nothing", "/post", "/postss", "/POSTS", "/posts/3/body", "/posts/3/4"]
UNKNOWN_PATHS += ["/posts%0A", "/docs%0A", "/openapi.json%0A"]
UNKNOWN_PATHS += ["//posts", "/posts//3", "/dashboard/weather", "/healthz", "/openapi.yaml"]
UNKNOWN_PATHS += ["/%00", "/%FF", "/%C3%A9", "/posts/3%2F", "/" + "x" * 2000]
OTHER_TYPES = ["text/plain", "text/json", "application/x-www-form-urlencoded", "application/jsonp"]
OTHER_TYPES += ["application/problem+json", "json", "*/*", ""]
OTHER_TYPES += ["text/plain; application/json", "application/xml", "application/json-seq"]
OTHER_TYPES += ['application/json"x"', 'application/json""; charset=utf-8']
JSON_TYPES = [
    "application/json; charset=utf-8",
    "APPLICATION/JSON",
    "Application/Json;Charset=UTF-8",
]
JSON_TYPES += ["application/json ; charset=utf-8", 'application/json; charset="utf-8"']
JSON_TYPES += ['application/json; profile="a,b;c"']  # not a list: the comma is quoted


@pytest.mark.parametrize("body", NOT_JSON.values(), ids=NOT_JSON.keys())
def test_body_that_is_not_json_is_refused(client: httpx.Client, body: bytes) -> None:
    """C29: A body that is not JSON by RFC 8259 is a 400."""
    problem(client.post("/posts", content=body, headers=JSON), 400)


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 32 + b"]" * 32,
        b'{"tags": ' + b"[" * 31 + b"]" * 31 + b"}",
        b'{"a":' * 32 + b"1" + b"}" * 32,
    ],
    ids=["lists", "mixed", "objects"],
)
def test_body_nested_32_deep_is_json(client: httpx.Client, body: bytes) -> None:
    """C29: A body nested exactly 32 deep is JSON, here of the wrong shape."""
    assert client.post("/posts", content=body, headers=JSON).status_code == 422


def test_long_flat_body_is_json(client: httpx.Client) -> None:
    """C29: Brackets in a text and many values side by side are not depth."""
    good(create(client, new_post(title="[" * 100, body='{"a":' * 1000)), 201)
    problem(create(client, [[], {}] * 1000), 422, "/body")


def test_whitespace_and_escapes_are_json(client: httpx.Client) -> None:
    """C29: Whitespace around values and escaped characters are JSON."""
    body = b' \r\n\t{ "title" :"\\ud83d\\ude00\\/" ,"body":"b", "author_id"\n:1,"tags":[ ] } \n'
    assert good(client.post("/posts", content=body, headers=JSON), 201)["title"] == "😀/"


@pytest.mark.parametrize("path", UNKNOWN_PATHS, ids=lambda path: path[:20])
def test_unknown_path_is_not_found(client: httpx.Client, path: str) -> None:
    """C30: An unknown path is a 404."""
    problem(send(client, f"GET {path} HTTP/1.1"), 404)


@pytest.mark.parametrize("length", FRAMED)
def test_unread_body_breaks_no_connection(client: httpx.Client, length: str) -> None:
    """C30: After a 404 for a request with a body its connection stands, or was said to end."""
    assert not closes_silently(client, f"POST /nothing HTTP/1.1\r\n{length}", FRAMED[length])


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("path", ALLOWED)
def test_other_method_is_not_allowed(client: httpx.Client, path: str, method: str) -> None:
    """C31: A method that a path does not have is a 405, whose Allow names those that it has."""
    if method in ALLOWED[path]:
        assert client.request(method, path).status_code != 405
        return
    answer = client.request(method, path)
    problem(answer, 405)
    allowed = [method.strip() for method in answer.headers["allow"].split(",")]
    assert sorted(allowed) == sorted(ALLOWED[path])


def test_body_of_exactly_1_mib_is_accepted(client: httpx.Client) -> None:
    """C32: A body of exactly 1 MiB is accepted."""
    good(client.post("/posts", content=POST.ljust(MIB), headers=JSON), 201)


def test_body_above_1_mib_is_refused(client: httpx.Client) -> None:
    """C32: A body of one byte more than 1 MiB is a 413, though its content is in order."""
    problem(client.post("/posts", content=POST.ljust(MIB + 1), headers=JSON | CLOSE), 413)


def test_service_is_well_after_large_bodies(client: httpx.Client) -> None:
    """C32: After a body that was too large, the service answers as before."""
    for _ in range(3):
        problem(client.post("/posts", content=b" " * (2 * MIB), headers=JSON | CLOSE), 413)
        good(create(client, new_post()), 201)


@pytest.mark.parametrize("content_type", [None, *OTHER_TYPES])
def test_other_content_type_is_refused(client: httpx.Client, content_type: str | None) -> None:
    """C33: A body whose type is missing or not application/json is a 415."""
    headers = {} if content_type is None else {"Content-Type": content_type}
    problem(client.post("/posts", content=POST, headers=headers), 415)


@pytest.mark.parametrize("content_type", JSON_TYPES)
def test_json_content_type_is_accepted(client: httpx.Client, content_type: str) -> None:
    """C33: The type application/json is accepted in any case and with parameters."""
    good(client.post("/posts", content=POST, headers={"Content-Type": content_type}), 201)


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "status"),
    [
        pytest.param("DELETE", "/nothing", b"", {}, 404, id="404-before-405"),
        pytest.param("DELETE", "/posts%0A", b"", {}, 404, id="404-before-405-at-a-line-break"),
        pytest.param("POST", "/nothing", BIG, TEXT, 404, id="404-before-413"),
        pytest.param("POST", "/nothing", b"{", TEXT, 404, id="404-before-415"),
        pytest.param("GET", "/nothing?limit=0", b"", {}, 404, id="404-before-422"),
        pytest.param("PUT", "/posts", BIG, TEXT, 405, id="405-before-413"),
        pytest.param("PUT", "/posts", b"{", TEXT, 405, id="405-before-415"),
        pytest.param("PUT", "/posts", b"{", JSON, 405, id="405-before-400"),
        pytest.param("DELETE", "/posts?limit=0", b"", {}, 405, id="405-before-422"),
        pytest.param("POST", "/posts", BIG, TEXT, 413, id="413-before-415"),
        pytest.param("POST", "/posts", BIG, JSON, 413, id="413-before-400"),
        pytest.param("POST", "/posts", b"{", TEXT, 415, id="415-before-400"),
        pytest.param("POST", "/posts", b"[]", TEXT, 415, id="415-before-422"),
        pytest.param("POST", "/posts", b'{"title": 1, "a": NaN}', JSON, 400, id="400-before-422"),
    ],
)
def test_first_of_several_problems_is_given(
    client: httpx.Client, method: str, path: str, body: bytes, headers: dict[str, str], status: int
) -> None:
    """C37: Of several problems that apply, the first in the contract's order is given."""
    problem(client.request(method, path, content=body, headers=headers | CLOSE), status)


@pytest.mark.parametrize(
    ("method", "body", "headers", "status"),
    [
        pytest.param("PUT", POST, JSON, 405, id="405-before-401"),
        pytest.param("POST", BIG, JSON, 413, id="413-before-401"),
        pytest.param("POST", POST, TEXT, 415, id="415-before-401"),
        pytest.param("POST", b"{", JSON, 400, id="400-before-401"),
        pytest.param("POST", b"[]", JSON, 401, id="401-before-422"),
        pytest.param("POST", POST_TWICE, JSON, 401, id="401-before-409"),
    ],
)
def test_token_is_asked_for_in_its_turn(
    anonymous: httpx.Client,
    token: str,
    method: str,
    body: bytes,
    headers: dict[str, str],
    status: int,
) -> None:
    """C37: A missing token is answered after 415 and 400, and before 422 and 409."""
    problem(anonymous.request(method, "/posts", content=body, headers=headers | CLOSE), status)


def test_wrong_shape_comes_before_a_conflict(client: httpx.Client) -> None:
    """C37: A 422 is given before a 409, for a wrong field as for an unknown author."""
    problem(create(client, new_post(**TWICE, title="")), 422, "/body/title")
    problem(create(client, new_post(**TWICE, author_id=10**6)), 422, "/body/author_id")
