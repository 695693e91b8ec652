"""What wrong services got away with before: each of these tests caught a miniature's defect first.

Details and lists that get each other's answers, failures that tell of the service's inside, a
scheme compared to the letter, and an upstream whose types are put right for it.
"""

import re
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from sqlalchemy.exc import DBAPIError

from compare.running import databases
from shared import seed
from tests.contract.answers import good, problem, unavailable
from tests.contract.at_once import at_once
from tests.contract.posts import BEYOND_SEED, create, ids, new_post, published_ids
from tests.contract.simulator import Simulator
from tests.contract.tables import Tables

pytestmark = pytest.mark.usefixtures("tidy")

LIMITS = (1, 7, 20, 50)
INSIDE = re.compile(r'Traceback|File "|\.py\b|\bline \d+|\bError\b|Exception|0x[0-9a-f]{6}')
NOT_JSON = {"empty": b"", "cut-short": b'{"title": "a"', "latin-1": b'"\xe9"', "deep": b"[" * 99999}
# Values that a lenient reader takes for the right type, in the place of one of the right type.
COERCIBLE = {
    "number-as-text": ("weather", "temperature_celsius", "-1.5"),
    "number-as-bool": ("weather", "temperature_celsius", True),
    "text-as-number": ("weather", "city", 101),
    "text-as-null": ("weather", "conditions", None),
    "list-as-text": ("news", "headlines", "One"),
    "list-of-numbers": ("news", "headlines", [1, 2]),
    "list-as-object": ("news", "headlines", {"0": "One"}),
    "price-as-text": ("stocks", "quotes", [{"symbol": "DJNG", "price_usd": "20.05"}]),
    "symbol-as-number": ("stocks", "quotes", [{"symbol": 7, "price_usd": 20.05}]),
}


def assert_own_words(answer: httpx.Response, error: DBAPIError) -> None:
    """Assert that a problem's detail shares no three words in a row with the database's error."""
    detail = " ".join(words(answer.json()["detail"]))
    told = words(str(error.orig))
    quoted = [" ".join(told[start : start + 3]) for start in range(len(told) - 2)]
    assert quoted
    assert [quotation for quotation in quoted if quotation in detail] == []


def words(text: str) -> list[str]:
    """Give the words of a text in small letters."""
    return re.findall(r"\w+", text.lower())


@pytest.mark.happy_path
@pytest.mark.asyncio
async def test_lists_at_once_are_each_the_right_one(async_client: httpx.AsyncClient) -> None:
    """C1: Of many different lists that are asked for at once, each is the page of its own query."""
    queries = [(limit, tag) for limit in LIMITS for tag in seed.TAGS]
    paths = [urlencode({"before": BEYOND_SEED, "limit": n, "tag": tag}) for n, tag in queries]
    answers = await at_once(*(async_client.get(f"/posts?{path}") for path in paths))
    pages = [published_ids(tag)[:limit] for limit, tag in queries]
    assert [ids(good(answer)) for answer in answers] == pages


def test_conflict_is_told_in_the_services_own_words(client: httpx.Client, tables: Tables) -> None:
    """C13: The detail of a conflict does not quote the database, which would tell of its tables."""
    id = good(create(client, new_post(tags=["a"])), 201)["id"]
    with pytest.raises(DBAPIError) as refusal:
        tables.add_tag(id, "a")
    conflict = create(client, new_post(tags=["a", "a"]))
    problem(conflict, 409)
    assert_own_words(conflict, refusal.value)


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaReR"])
def test_scheme_of_the_token_has_no_case(anonymous: httpx.Client, token: str, scheme: str) -> None:
    """C17: The scheme is `Bearer` in any case (RFC 9110, section 11.1)."""
    good(create(anonymous, new_post(), Authorization=f"{scheme} {token}"), 201)


@pytest.mark.parametrize(("name", "field", "value"), COERCIBLE.values(), ids=COERCIBLE.keys())
def test_upstream_of_similar_types_has_the_wrong_shape(
    patient: httpx.Client, simulator: Simulator, name: str, field: str, value: Any
) -> None:
    """C21: An upstream's value of another type is no usable answer, however easy to convert."""
    whole = simulator.answers()
    simulator.give(name, whole[name] | {field: value})
    failed = {"source": name, "reason": "wrong-shape"}
    assert good(patient.get("/dashboard")) == whole | {name: None, "unavailable": [failed]}


@pytest.mark.parametrize("body", NOT_JSON.values(), ids=NOT_JSON.keys())
def test_bad_json_is_told_without_the_inside(client: httpx.Client, body: bytes) -> None:
    """C29: The detail of a 400 is a sentence and no traceback: it names no file, line or class."""
    answer = client.post("/posts", content=body, headers={"Content-Type": "application/json"})
    detail = problem(answer, 400)["detail"]
    assert not INSIDE.search(detail)
    assert "\n" not in detail


def test_unreachable_database_is_told_in_the_services_own_words(
    stranded: httpx.Client, tables: Tables
) -> None:
    """C35: The detail of a 503 does not quote the database, which would tell of its address."""
    with pytest.raises(DBAPIError) as refusal:
        databases.engine(tables.unreachable_url()).connect()
    answer = stranded.get("/posts")
    unavailable(answer)
    assert_own_words(answer, refusal.value)
