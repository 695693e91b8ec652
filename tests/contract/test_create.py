"""The create: `POST /posts`, its transaction and its token."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy.exc import IntegrityError

from shared import seed
from tests.contract.answers import good, problem
from tests.contract.posts import create, ids, new_post, read
from tests.contract.tables import Tables

pytestmark = pytest.mark.usefixtures("tidy")

CLOCK_TOLERANCE = timedelta(seconds=2)
TEN_TAGS = [f"tag-{number}" for number in range(10)]
UNKNOWN_AUTHORS = [len(seed.AUTHORS) + 1, 2**31, 2**63 - 1]
TEXTS = {
    "one": "x",
    "space": " ",
    "whitespace-kept": " \t leading and trailing \r\n ",
    "combining": "e\u0301 a\u030a \u1112\u1161\u11ab",
    "composed": "é å 한",
    "emoji": "👩\u200d💻 🏳\ufe0f\u200d🌈 😀",
    "right-to-left": "\u202eשלום مرحبا\u202c",
    "invisible": "\ufeff\u200b\u2028\u00ad",
    "controls": "\u0001\u001f\u007f\u0085",
    "noncharacters": "\ufffe\uffff\U0010ffff",
    "markup": "<b>&amp;</b> {{ x }} %s %(x)s \\u0041 \\",
    "quotes": "'; DROP TABLE post; -- \"",
}


@pytest.mark.happy_path
def test_create_answers_with_the_post_and_its_path(client: httpx.Client) -> None:
    """C11: A create answers 201 with the detail, which its Location then gives as well."""
    sent = new_post(author_id=2, tags=["b", "a"])
    answer = create(client, sent)
    post = good(answer, 201)
    path = client.base_url.join(f"posts/{post['id']}").path
    assert answer.headers["location"] == path
    assert good(client.get(answer.url.join(path))) == post
    assert post.keys() == {"id", "title", "author", "tags", "published_at", "body"}
    assert (post["title"], post["body"]) == (sent["title"], sent["body"])
    assert post["author"] == {"id": 2, "name": seed.AUTHORS[1]}
    assert post["tags"] == ["a", "b"]


@pytest.mark.happy_path
def test_created_post_is_published_now(client: httpx.Client) -> None:
    """C11: A created post is published at once, with the time of its creation."""
    earliest = datetime.now(UTC) - CLOCK_TOLERANCE
    post = good(create(client, new_post()), 201)
    assert earliest < read(post)["published_at"] < datetime.now(UTC) + CLOCK_TOLERANCE
    assert post["id"] in ids(good(client.get("/posts")))


@pytest.mark.happy_path
def test_create_writes_the_post_and_its_tags(client: httpx.Client, tables: Tables) -> None:
    """C11: A create adds one post and its tags to the database, and nothing else."""
    posts, tags = tables.counts()
    id = good(create(client, new_post(tags=TEN_TAGS)), 201)["id"]
    assert tables.counts() == (posts + 1, tags + 10)
    assert tables.new_tags() == {id: set(TEN_TAGS)}


@pytest.mark.happy_path
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_any_text_is_kept_unchanged(client: httpx.Client, text: str) -> None:
    """C12: A text comes back exactly as it was sent, in title, body and tag."""
    id = good(create(client, new_post(title=text, body=text, tags=[text])), 201)["id"]
    post = good(client.get(f"/posts/{id}"))
    assert (post["title"], post["body"], post["tags"]) == (text, text, [text])


@pytest.mark.happy_path
@pytest.mark.parametrize(
    "longest",
    [{"title": "x" * 200}, {"title": "😀" * 200}, {"body": "x" * 50_000}, {"body": "😀" * 50_000}]
    + [{"tags": ["x" * 50]}, {"tags": ["😀" * 50]}, {"tags": TEN_TAGS}, {"tags": []}],
    ids=lambda change: f"{'-'.join(change)}-{str(change)[-4]}",
)
def test_longest_is_accepted(client: httpx.Client, longest: dict[str, Any]) -> None:
    """C12: The longest title, body and tag, and the most and the fewest tags, are accepted."""
    post = good(create(client, new_post(**longest)), 201)
    assert post | longest == post


@pytest.mark.happy_path
def test_similar_tags_are_different(client: httpx.Client) -> None:
    """C12: Tags that only look alike are different tags."""
    tags = ["a", "A", " a", "a ", "\u00e5", "a\u030a", "а", "ａ"]
    assert good(create(client, new_post(tags=tags)), 201)["tags"] == sorted(tags)


@pytest.mark.parametrize(
    "tags",
    [["a", "a"], [*TEN_TAGS[:9], TEN_TAGS[0]], ["😀", "b", "😀"], ["a"] * 10],
    ids=["twins", "first-and-last", "emoji", "ten-times"],
)
def test_duplicate_tag_leaves_nothing(
    client: httpx.Client, tables: Tables, tags: list[str]
) -> None:
    """C13: A tag given twice is a 409, and neither the post nor any of its tags is left."""
    before = tables.counts()
    problem(create(client, new_post(tags=tags)), 409)
    assert tables.counts() == before


def test_create_works_after_a_conflict(client: httpx.Client) -> None:
    """C13: A conflict spoils no connection: the creates that follow succeed."""
    for _ in range(20):
        problem(create(client, new_post(tags=["a", "a"])), 409)
    good(create(client, new_post(tags=["a"])), 201)


def test_database_refuses_a_duplicate_tag(client: httpx.Client, tables: Tables) -> None:
    """C13: The database itself refuses the same tag twice on a post, and takes it on another."""
    first, second = (good(create(client, new_post(tags=["a"])), 201)["id"] for _ in range(2))
    with pytest.raises(IntegrityError):
        tables.add_tag(first, "a")
    tables.add_tag(second, "b")
    assert tables.new_tags() == {first: {"a"}, second: {"a", "b"}}


@pytest.mark.parametrize("author_id", UNKNOWN_AUTHORS)
def test_unknown_author_leaves_nothing(
    client: httpx.Client, tables: Tables, author_id: int
) -> None:
    """C14: An author that does not exist is a 422 that points at it, and nothing is left."""
    before = tables.counts()
    problem(create(client, new_post(author_id=author_id)), 422, "/body/author_id")
    assert tables.counts() == before


def credentials_but_for(token: str) -> list[bytes]:
    """Give values of Authorization that are not `Bearer TOKEN`."""
    right = token.encode()
    wrong = [b"", b"Bearer", right, b"Basic " + right, b"Bearer" + right]
    wrong += [
        b"Bearer " + credentials
        for credentials in (right[:-1], right + b"x", right.upper(), b"None")
    ]
    wrong += [
        b"Bearer " + credentials
        for credentials in (right[:-1] + b"\xc3\xa9", b"\xff\xfe", b"x" * 2000)
    ]
    return [*wrong, b"Bearer " + right + b", Bearer " + right]


def test_create_without_the_token_is_refused(anonymous: httpx.Client, token: str) -> None:
    """C17: A create without exactly the token is a 401 that names the scheme."""
    headers = [(b"authorization", header) for header in credentials_but_for(token)]
    for given in ([], *([header] for header in headers)):
        answer = anonymous.post("/posts", json=new_post(), headers=given)
        problem(answer, 401)
        assert answer.headers["www-authenticate"] == "Bearer", given


def test_refused_create_leaves_nothing(anonymous: httpx.Client, token: str, tables: Tables) -> None:
    """C17: A create that is refused for its token creates nothing."""
    before = tables.counts()
    problem(create(anonymous, new_post()), 401)
    problem(create(anonymous, new_post(), Authorization=f"Bearer {token}x"), 401)
    assert tables.counts() == before


def test_create_is_open_without_a_token(frugal: httpx.Client) -> None:
    """C18: Without API_TOKEN everybody may create, whatever token they send."""
    good(create(frugal, new_post()), 201)
    good(create(frugal, new_post(), Authorization="Bearer anything"), 201)
