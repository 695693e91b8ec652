"""The detail: `GET /posts/{id}`."""

import httpx
import pytest

from shared import seed
from tests.contract.answers import good, problem
from tests.contract.posts import BEYOND_SEED, detail, ids, read

NEVER_CREATED = seed.POSTS + 10**9
NOT_IDS = ["abc", "0", "-1", "-3", "3.0", "3e0", "0x3", "1_1", "%2B3", "%203", "3%20", "3%0A"]
NOT_IDS += ["%D9%A3", "%E2%91%A2", "%00", "3%00", "3;a=b", "null", "true", "%FF"]
TOO_BIG = [str(NEVER_CREATED), str(2**31), str(2**63 - 1), str(2**63), str(10**30), "9" * 1000]


@pytest.mark.happy_path
@pytest.mark.parametrize("id", [1, 2, 3, 4, 501, 999])
def test_detail_has_exactly_the_fields_of_the_post(client: httpx.Client, id: int) -> None:
    """C9: A post has every field as the database has it, its body too, and no other field."""
    assert read(good(client.get(f"/posts/{id}"))) == detail(id)


@pytest.mark.happy_path
def test_detail_agrees_with_the_list(client: httpx.Client) -> None:
    """C9: A post is the same in a list, where only its body is missing."""
    page = good(client.get(f"/posts?before={BEYOND_SEED}&limit=10"))
    for id, listed in zip(ids(page), page["posts"], strict=True):
        whole = good(client.get(f"/posts/{id}"))
        assert whole == listed | {"body": whole["body"]}


@pytest.mark.parametrize("id", [10, 500, 1000])
def test_draft_is_not_found(client: httpx.Client, id: int) -> None:
    """C10: A post that is not published is answered as if it did not exist."""
    unknown = problem(client.get(f"/posts/{NEVER_CREATED}"), 404)
    assert problem(client.get(f"/posts/{id}"), 404) == unknown


@pytest.mark.parametrize("id", TOO_BIG, ids=lambda id: id[:12])
def test_unknown_post_is_not_found(client: httpx.Client, id: str) -> None:
    """C10: An id that no post has is a 404, however large it is."""
    problem(client.get(f"/posts/{id}"), 404)


@pytest.mark.parametrize("id", NOT_IDS)
def test_impossible_id_is_not_found(client: httpx.Client, id: str) -> None:
    """C10: What cannot be the id of a post is a 404, and is not taken for a similar id."""
    problem(client.get(f"/posts/{id}"), 404)
