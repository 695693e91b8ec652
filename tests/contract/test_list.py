"""The list: `GET /posts`."""

from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from shared import seed
from tests.contract.answers import good, problem, statements
from tests.contract.posts import (
    BEYOND_SEED,
    create,
    ids,
    new_post,
    pages,
    published_ids,
    read,
    summary,
)

STRANGE_TAG = "a&b=c é+%2B#?/;日本😀"


def of_seed(page: str = "", **query: object) -> str:
    """Give the path of a list that starts with the seed data, whatever was created since."""
    return page or f"/posts?{urlencode({'before': BEYOND_SEED, **query})}"


@pytest.mark.happy_path
def test_page_has_exactly_the_fields_of_each_post(client: httpx.Client) -> None:
    """C1: A page has every field of its posts, as the database has them, and no other field."""
    page = good(client.get(of_seed(limit=25)))
    assert page.keys() == {"posts", "next"}
    assert [read(post) for post in page["posts"]] == [summary(id) for id in published_ids()[:25]]


@pytest.mark.happy_path
def test_tags_are_sorted_by_code_point(client: httpx.Client, tidy: None) -> None:
    """C1: The tags of a post are sorted by code point, not by a language's or by UTF-16's order."""
    tags = ["😀", "z", "\uffee", "É", "Z", "a-b", "ab", "10", "9", "é"]
    id = good(create(client, new_post(tags=tags)), 201)["id"]
    page = good(client.get(f"/posts?before={id + 1}&limit=1"))
    assert page["posts"][0]["tags"] == ["10", "9", "Z", "a-b", "ab", "z", "É", "é", "\uffee", "😀"]


@pytest.mark.happy_path
def test_drafts_are_not_listed(client: httpx.Client) -> None:
    """C2: A list skips posts that are not published."""
    listed = ids(good(client.get(of_seed(limit=100))))
    assert not [id for id in listed if id % seed.DRAFT_EVERY == 0]


@pytest.mark.happy_path
def test_newest_come_first(client: httpx.Client, tidy: None) -> None:
    """C2: A list begins with the post that was created last, and goes down by id."""
    created = [good(create(client, new_post()), 201)["id"] for _ in range(3)]
    listed = ids(good(client.get("/posts")))
    assert listed[:3] == created[::-1]
    assert listed == sorted(listed, reverse=True)


@pytest.mark.happy_path
@pytest.mark.parametrize("limit", [1, 2, 99, 100])
def test_page_has_as_many_posts_as_asked_for(client: httpx.Client, limit: int) -> None:
    """C3: A page has `limit` posts while there are as many."""
    assert ids(good(client.get(of_seed(limit=limit)))) == published_ids()[:limit]


@pytest.mark.happy_path
def test_page_has_20_posts_unless_asked(client: httpx.Client) -> None:
    """C3: A page has 20 posts when no limit is given."""
    assert ids(good(client.get(of_seed()))) == published_ids()[:20]


@pytest.mark.happy_path
@pytest.mark.parametrize("limit", [45, 100])
@pytest.mark.parametrize("tag", [None, "python", "unicode-é"])
def test_walk_visits_every_post_once(client: httpx.Client, limit: int, tag: str | None) -> None:
    """C4: Following `next` visits every post exactly once, in order."""
    path = of_seed(limit=limit, **({"tag": tag} if tag else {}))
    visited = [ids(page) for page in pages(client, path)]
    assert [id for page in visited for id in page] == published_ids(tag)
    assert {len(page) for page in visited[:-1]} <= {limit}


@pytest.mark.happy_path
def test_last_page_has_no_next(client: httpx.Client) -> None:
    """C4: `next` is null on the page that ends with the oldest post, also when it is full."""
    remaining = published_ids()[-7:]
    page = good(client.get(f"/posts?before={remaining[0] + 1}&limit=7"))
    assert ids(page) == remaining
    assert page["next"] is None


@pytest.mark.happy_path
def test_next_is_a_path_that_keeps_limit_and_tag(client: httpx.Client) -> None:
    """C4: `next` is a path of this service, with the limit and the tag of the page."""
    page = good(client.get(of_seed(limit=3, tag="python")))
    parts = urlsplit(page["next"])
    assert (parts.scheme, parts.netloc, parts.path) == ("", "", "/posts")
    query = parse_qs(parts.query, strict_parsing=True)
    assert query == {"limit": ["3"], "tag": ["python"], "before": [str(page["posts"][-1]["id"])]}


@pytest.mark.happy_path
def test_next_encodes_the_tag(client: httpx.Client, tidy: None) -> None:
    """C4: `next` can be followed whatever characters the tag has."""
    created = [good(create(client, new_post(tags=[STRANGE_TAG])), 201)["id"] for _ in range(3)]
    visited = list(pages(client, f"/posts?{urlencode({'limit': 1, 'tag': STRANGE_TAG})}"))
    # Where the suite does not know the database, posts of an earlier run follow.
    assert [ids(page) for page in visited[:3]] == [[id] for id in created[::-1]]
    assert visited[0]["next"].isascii()


@pytest.mark.happy_path
@pytest.mark.parametrize("before", [1, 2, 3, 10, 11, 500, 501, 999, 1000, 1001])
def test_page_before_an_id_has_smaller_ids(client: httpx.Client, before: int) -> None:
    """C5: A page before an id has all smaller ids and no other, also when the id is a draft's."""
    page = good(client.get(f"/posts?before={before}&limit=100"))
    assert ids(page) == [id for id in published_ids() if id < before][:100]


@pytest.mark.happy_path
@pytest.mark.parametrize("before", [10**9, 2**31, 2**63 - 1])
def test_page_before_an_id_that_no_post_has(client: httpx.Client, before: int) -> None:
    """C5: A page before an id far above every post is the page of the newest posts."""
    assert good(client.get(f"/posts?before={before}")) == good(client.get("/posts"))


@pytest.mark.happy_path
@pytest.mark.parametrize("tag", seed.TAGS)
def test_tag_selects_its_posts(client: httpx.Client, tag: str) -> None:
    """C6: A page of a tag has the posts with that tag, each with all of its tags."""
    page = good(client.get(of_seed(limit=50, tag=tag)))
    assert [read(post) for post in page["posts"]] == [summary(id) for id in published_ids(tag)[:50]]


@pytest.mark.happy_path
def test_tag_and_before_go_together(client: httpx.Client) -> None:
    """C6: A page of a tag before an id has posts that meet both."""
    page = good(client.get("/posts?tag=python&before=500&limit=10"))
    assert ids(page) == [id for id in published_ids("python") if id < 500][:10]


@pytest.mark.happy_path
@pytest.mark.parametrize(
    "tag", ["nobody-has-this", "PYTHON", "pytho", "python ", "%", "p_thon", "*", "unicode-e\u0301"]
)
def test_tag_that_no_post_has_gives_an_empty_page(client: httpx.Client, tag: str) -> None:
    """C6: A tag that no post has in exactly these characters gives an empty page."""
    page = good(client.get(of_seed(tag=tag)))
    assert page == {"posts": [], "next": None}


@pytest.mark.happy_path
@pytest.mark.parametrize("query", [{}, {"tag": "python"}, {"before": 950}], ids=str)
def test_statements_do_not_grow_with_the_page(client: httpx.Client, query: dict[str, str]) -> None:
    """C7: A page of 100 posts runs as many SQL statements as a page of 1."""
    answers = {limit: client.get(of_seed(limit=limit, **query)) for limit in (1, 10, 100)}
    assert [len(ids(good(answer))) for answer in answers.values()] == [1, 10, 100]
    counts = {limit: statements(answer) for limit, answer in answers.items()}
    assert counts[1] == counts[10] == counts[100] > 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("limit", value) for value in ("0", "101", "-1", "abc", "", "1.5", "1e400", "true")],
        *[("limit", value) for value in ("5;", str(2**31), str(2**63), "9" * 400)],
        *[("limit", value) for value in ("%2B5", "%205", "5.0", "1_0", "%D9%A5")],
        *[("before", value) for value in ("0", "-1", "abc", "", "1.5", "1e2", "null", "[1]")],
        *[("before", value) for value in (str(2**63), str(-(2**63)), "9" * 400)],
        *[("tag", value) for value in ("", "x" * 51, "%00", "a%00b", "%F0%9F%98%80" * 51)],
    ],
    ids=lambda value: value[:12],
)
def test_parameter_out_of_range_is_refused(client: httpx.Client, name: str, value: str) -> None:
    """C8: A parameter of the wrong type or out of range is a 422 that points at it."""
    problem(client.get(f"/posts?{name}={value}"), 422, f"/query/{name}")


def test_every_wrong_parameter_is_named(client: httpx.Client) -> None:
    """C8: Several wrong parameters are all pointed at in one answer."""
    wrong = client.get("/posts?limit=0&before=abc&tag=")
    problem(wrong, 422, "/query/limit", "/query/before", "/query/tag")


@pytest.mark.happy_path
@pytest.mark.parametrize(
    "query",
    ["limit=1", "limit=100", "before=1", f"before={2**63 - 1}", "tag=" + "%F0%9F%98%80" * 50],
)
def test_extreme_parameters_are_accepted(client: httpx.Client, query: str) -> None:
    """C8: The smallest and the largest values in range are accepted."""
    good(client.get(f"/posts?{query}"))


@pytest.mark.happy_path
def test_unknown_parameters_are_ignored(client: httpx.Client) -> None:
    """C8: A parameter that the contract does not know changes nothing."""
    strange = "colour=red&offset=5&page=2&LIMIT=1&posts[]=&&=&format=xml"
    expected = good(client.get(of_seed(limit=5)))
    assert good(client.get(f"{of_seed(limit=5)}&{strange}"))["posts"] == expected["posts"]
    many = "&a" * 2000
    assert good(client.get(f"{of_seed(limit=5)}{many}"))["posts"] == expected["posts"]
