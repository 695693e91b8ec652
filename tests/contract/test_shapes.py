"""The shape of a request's body: everything that JSON permits and the contract does not."""

from typing import Any

import httpx
import pytest

from tests.contract.answers import assert_errors, problem, read_json
from tests.contract.posts import create, new_post

MAX_LISTED_ERRORS = 20
TITLE, BODY, AUTHOR, TAGS = "/body/title", "/body/body", "/body/author_id", "/body/tags"
NOT_TEXT = {"null": None, "int": 1, "float": 1.5, "bool": True, "list": ["a"], "object": {"a": "b"}}
NOT_INTEGER: dict[str, Any] = {
    "null": None,
    "text": "1",
    "float": 1.0,
    "fraction": 1.5,
    "true": True,
    "false": False,
}
NOT_INTEGER |= {"list": [1], "object": {"id": 1}, "empty-text": ""}
OUT_OF_RANGE = {"zero": 0, "negative": -1, "2**63": 2**63, "-2**63-1": -(2**63) - 1, "2**64": 2**64}
OUT_OF_RANGE |= {"20-digits": 10**19, "21-digits": 10**20, "400-digits": 10**400}
NOT_LIST = {"null": None, "text": "a", "int": 1, "bool": False, "object": {"0": "a"}}
BAD_TEXT = {
    "empty": "",
    "nul": "\0",
    "nul-inside": "a\0b",
    "nul-at-end": "a\0",
    "high-surrogate": "a\ud800b",
    "low-surrogate": "\udc00",
    "swapped-surrogates": "\udc00\ud800",
}
CASES = [
    *[(f"title-{name}", {"title": value}, TITLE) for name, value in NOT_TEXT.items()],
    *[(f"body-{name}", {"body": value}, BODY) for name, value in NOT_TEXT.items()],
    *[(f"author-{name}", {"author_id": value}, AUTHOR) for name, value in NOT_INTEGER.items()],
    *[(f"author-{name}", {"author_id": value}, AUTHOR) for name, value in OUT_OF_RANGE.items()],
    *[(f"tags-{name}", {"tags": value}, TAGS) for name, value in NOT_LIST.items()],
    *[(f"tag-{name}", {"tags": ["a", value]}, f"{TAGS}/1") for name, value in NOT_TEXT.items()],
    *[(f"title-{name}", {"title": value}, TITLE) for name, value in BAD_TEXT.items()],
    *[(f"body-{name}", {"body": value}, BODY) for name, value in BAD_TEXT.items()],
    *[(f"tag-{name}", {"tags": [value, "a"]}, f"{TAGS}/0") for name, value in BAD_TEXT.items()],
    ("title-201", {"title": "x" * 201}, TITLE),
    ("title-201-emoji", {"title": "😀" * 201}, TITLE),
    ("title-of-400-digits", {"title": 10**400}, TITLE),
    ("body-50001", {"body": "x" * 50_001}, BODY),
    ("body-50001-emoji", {"body": "😀" * 50_001}, BODY),
    ("tag-51", {"tags": ["a", "b", "x" * 51]}, f"{TAGS}/2"),
    ("tag-51-emoji", {"tags": ["😀" * 51]}, f"{TAGS}/0"),
    ("tag-of-400-digits", {"tags": [10**400]}, f"{TAGS}/0"),
    ("11-tags", {"tags": [f"tag-{number}" for number in range(11)]}, TAGS),
    ("1000-tags", {"tags": [f"tag-{number}" for number in range(1000)]}, TAGS),
]
# RFC 6901: in a pointer `~` is written `~0` and `/` is written `~1`.
UNKNOWN_FIELDS = {
    "extra": "/body/extra",
    "id": "/body/id",
    "published": "/body/published",
    "Title": "/body/Title",
    "author": "/body/author",
    "": "/body/",
    " ": "/body/ ",
    "0": "/body/0",
    "a/b": "/body/a~1b",
    "m~n": "/body/m~0n",
    "~1": "/body/~01",
    "/~/": "/body/~1~0~1",
    "é😀": "/body/é😀",
    'a\nb"c\\': '/body/a\nb"c\\',
    "a\0b": "/body/a\0b",
    "__proto__": "/body/__proto__",
}
ROOTS = {
    "list": [],
    "list-of-posts": [new_post()],
    "text": "x",
    "null": None,
    "int": 5,
    "true": True,
}


@pytest.mark.parametrize(
    ("changes", "pointer"), [pytest.param(*case, id=name) for name, *case in CASES]
)
def test_wrong_field_is_pointed_at(
    client: httpx.Client, changes: dict[str, Any], pointer: str
) -> None:
    """C34: A field of the wrong type, length, range or characters is a 422 that points at it."""
    problem(create(client, new_post(**changes)), 422, pointer)


@pytest.mark.parametrize("number", ["1e400", "-1e400", "1e2", "1.0", "-0.0", "9" * 5000])
def test_number_that_is_no_id_is_pointed_at(client: httpx.Client, number: str) -> None:
    """C34: A number is no integer when it is written as a fraction, or beyond 64 bits."""
    body = f'{{"title": "a", "body": "b", "tags": [], "author_id": {number}}}'
    headers = {"Content-Type": "application/json"}
    problem(client.post("/posts", content=body, headers=headers), 422, AUTHOR)


@pytest.mark.parametrize("field", ["title", "body", "author_id"])
def test_missing_field_is_pointed_at(client: httpx.Client, field: str) -> None:
    """C34: A missing field is a 422 that points at where it should be."""
    body = new_post()
    del body[field]
    problem(create(client, body), 422, f"/body/{field}")


@pytest.mark.parametrize(("field", "pointer"), UNKNOWN_FIELDS.items(), ids=ascii)
def test_unknown_field_is_pointed_at(client: httpx.Client, field: str, pointer: str) -> None:
    """C34: A field that the contract does not know is a 422 that points at it, escaped."""
    problem(create(client, new_post() | {field: "a"}), 422, pointer)


@pytest.mark.parametrize("field", ["\ud800", "a\udc00/b"], ids=ascii)
def test_unknown_field_of_lone_surrogates_is_refused(client: httpx.Client, field: str) -> None:
    """C34: A field whose name no UTF-8 can hold is a 422 with one error in the body."""
    answer = create(client, new_post() | {field: "a"})
    errors = read_json(answer)["errors"]
    problem(answer, 422, *[error["pointer"] for error in errors])
    assert len(errors) == 1
    assert f"{errors[0]['pointer']}/".startswith("/body/")


@pytest.mark.parametrize("root", ROOTS.values(), ids=ROOTS.keys())
def test_body_that_is_no_object_is_refused(client: httpx.Client, root: Any) -> None:
    """C34: A body that is not an object is a 422 that points at the whole body."""
    problem(create(client, root), 422, "/body")


def test_empty_object_lacks_every_field(client: httpx.Client) -> None:
    """C34: An empty object is a 422 for each field that is missing."""
    errors = read_json(create(client, {}))["errors"]
    assert (
        {TITLE, BODY, AUTHOR}
        <= {error["pointer"] for error in errors}
        <= {TITLE, BODY, AUTHOR, TAGS}
    )


def test_every_wrong_field_is_named(client: httpx.Client) -> None:
    """C34: Several wrong fields are all pointed at in one answer."""
    wrong = {"title": "", "body": 5, "author_id": "1", "tags": ["a", "", "b", None], "extra": 1}
    pointers = [TITLE, BODY, AUTHOR, f"{TAGS}/1", f"{TAGS}/3", "/body/extra"]
    problem(create(client, wrong), 422, *pointers)


@pytest.mark.parametrize("count", [MAX_LISTED_ERRORS, MAX_LISTED_ERRORS + 1, 5000])
def test_errors_are_listed_up_to_20(client: httpx.Client, count: int) -> None:
    """C34: At most 20 errors are listed, however many there are."""
    answer = create(client, new_post() | {f"extra-{number}": 1 for number in range(count)})
    errors = read_json(answer)["errors"]
    problem(answer, 422, *[error["pointer"] for error in errors])
    assert len(errors) <= MAX_LISTED_ERRORS
    assert_errors(errors)
