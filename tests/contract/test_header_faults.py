"""Headers of a request that are odd, repeated or in raw bytes."""

import json

import httpx
import pytest

from tests.contract.answers import elapsed_ms, good, problem
from tests.contract.posts import BEYOND_SEED, create, new_post
from tests.contract.subject import Subject
from tests.contract.tables import Tables

pytestmark = pytest.mark.usefixtures("tidy")

GET_PATHS = ["/health", "/ready", f"/posts?before={BEYOND_SEED}", "/posts/3", "/openapi.json"]
ODD_CONTENT_TYPES = {
    "unknown-charset": b"text/plain; charset*=bogus'en'x",
    "charset-in-parts": b"text/plain; charset*0=a; charset*=b",
    "charset-with-nul": b"text/plain; charset*=us-ascii'en'%00",
    "long-part-number": b"text/plain; charset*" + b"9" * 5000 + b"=x",
    "charset-of-bytes": b"text/plain; charset=hex",
    "latin-1": b"text/plain; charset=iso-8859-1",
    "utf-16": b"application/json; charset=utf-16",
    "raw-bytes": b"text/\xff\xfe; charset=\x80",
    "no-type": b";",
    "no-boundary": b"multipart/form-data",
    "long": b"text/plain; name=" + b"x" * 5000,
}
OTHER_PATHS = ["SCRIPT_NAME", "Script-Name", "PATH_INFO", "X-Original-URL", "X-Rewrite-URL"]
OTHER_PATHS += ["X-Forwarded-Prefix", "X-HTTP-Method-Override", "X-Method-Override"]
odd_content_type = pytest.mark.parametrize(
    "content_type", ODD_CONTENT_TYPES.values(), ids=list(ODD_CONTENT_TYPES)
)


@odd_content_type
def test_content_type_of_a_get_does_not_matter(client: httpx.Client, content_type: bytes) -> None:
    """C45: A GET is answered alike, with its time, whatever Content-Type it comes with."""
    for path in GET_PATHS:
        answer = client.get(path, headers=[(b"Content-Type", content_type)])
        assert good(answer) == good(client.get(path))
        assert elapsed_ms(answer) >= 0


@odd_content_type
def test_odd_content_type_of_a_failure_does_not_matter(
    client: httpx.Client, content_type: bytes
) -> None:
    """C45: A failure is answered alike, with its time, whatever Content-Type was sent."""
    for method, path, status in (("GET", "/nothing", 404), ("DELETE", "/posts", 405)):
        answer = client.request(method, path, headers=[(b"Content-Type", content_type)])
        problem(answer, status)
        assert elapsed_ms(answer) >= 0


@odd_content_type
def test_query_is_utf_8(client: httpx.Client, content_type: bytes) -> None:
    """C45: A query is UTF-8, whatever charset the Content-Type of its request names."""
    name = "é-\N{SNOWMAN}"
    good(create(client, new_post(tags=[name])), 201)
    page = good(
        client.get("/posts", params={"tag": name}, headers=[(b"Content-Type", content_type)])
    )
    assert [post["tags"] for post in page["posts"]] == [[name]]


@pytest.mark.parametrize("name", OTHER_PATHS)
def test_header_is_no_path_and_no_method(client: httpx.Client, name: str) -> None:
    """C45: What some servers and frameworks take for a path or a method changes neither."""
    for value in ("/health", "/posts", "/nothing", "DELETE"):
        answer = client.get("/health", headers={name: value})
        assert good(answer) == {"status": "alive"}


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEARER"])
@pytest.mark.parametrize("spaces", [" ", "  ", "      "], ids=len)
def test_scheme_is_of_any_case_and_spaces_are_many(
    anonymous: httpx.Client, token: str, scheme: str, spaces: str
) -> None:
    """C17: The scheme comes in any case, and one or more spaces before the token."""
    good(create(anonymous, new_post(), Authorization=f"{scheme}{spaces}{token}"), 201)


@pytest.mark.parametrize(
    "template",
    [
        *("Bearer\t{}", "Bearer \t{}", "Bearer \xa0{}", "Bearer {}\xa0", "Bearer {} x"),
        *("Bearer {}X", "Bearer X{}", "XBearer {}"),
    ],
    ids=repr,
)
def test_nothing_but_spaces_is_stripped(anonymous: httpx.Client, token: str, template: str) -> None:
    """C17: A tab, a no-break space or more text around the token makes it another: 401."""
    headers = [(b"Authorization", template.format(token).encode("latin-1"))]
    problem(anonymous.post("/posts", json=new_post(), headers=headers), 401)


def test_two_authorizations_are_none(subject: Subject, anonymous: httpx.Client, token: str) -> None:
    """C46: Two lines of Authorization are one list, which is no token: 401."""
    # Before a service that somebody else runs may stand a proxy, and nginx refuses them with 400.
    refusals = {401} if subject.begin else {400, 401}
    right, wrong = f"Bearer {token}", "Bearer wrong"
    for values in ((right, right), (right, wrong), (wrong, right), (right, "")):
        headers = [("Authorization", value) for value in values]
        answer = anonymous.post("/posts", json=new_post(), headers=headers)
        assert answer.status_code in refusals
        problem(answer, answer.status_code)


@pytest.mark.parametrize("parameters", ["", "; charset=utf-8"])
def test_two_content_types_are_refused(
    client: httpx.Client, tables: Tables, parameters: str
) -> None:
    """C46: Two lines of Content-Type are one list, which is not application/json."""
    before = tables.counts()
    values = f"application/json{parameters}", "application/json"
    headers = [("Content-Type", value) for value in values]
    answer = client.post("/posts", content=json.dumps(new_post()), headers=headers)
    assert answer.status_code in {400, 415}
    assert tables.counts() == before
