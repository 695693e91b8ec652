"""Many requests in flight at once: each gets its own answer, and none takes from another."""

import asyncio
from collections import Counter
from contextlib import suppress

import httpx
import pytest

from shared import seed
from tests.contract.answers import good, problem, read_json, statements
from tests.contract.at_once import DEADLINE_SECONDS, at_once
from tests.contract.posts import (
    Post,
    create_async,
    detail,
    ids,
    new_post,
    pages_async,
    published_ids,
    read,
)
from tests.contract.subject import Instance
from tests.contract.tables import Tables

pytestmark = [pytest.mark.asyncio, pytest.mark.usefixtures("tidy")]

AT_ONCE = 40
CREATORS = 16
CREATORS_BESIDE_A_READER = 4  # few, since on SQLite those who wait for the lock poll for it
ACKNOWLEDGED_BEFORE_KILL = 40
TEN_TAGS = [f"tag-{number}" for number in range(10)]
PATHS = ["/health", "/posts/3", "/posts?limit=1", "/posts?tag=python", "/posts/10", "/nothing"]
REFUSALS: dict[int, tuple[Post, dict[str, str]]] = {
    401: (new_post(), {"Authorization": "Bearer of nobody"}),
    409: (new_post(tags=["a", "a"]), {}),
    415: (new_post(), {"Content-Type": "text/plain"}),
    422: (new_post(author_id=len(seed.AUTHORS) + 1), {}),
}


@pytest.mark.happy_path
async def test_walk_visits_every_post_once_while_others_are_created(
    async_client: httpx.AsyncClient,
) -> None:
    """C4: A walk misses no post and repeats none while posts are being created."""
    first = good(await async_client.get("/posts?limit=100"))
    visited, created = ids(first), set[int]()
    acknowledged, is_walked = asyncio.Queue[httpx.Response](), asyncio.Event()

    async def create_on() -> None:
        while not is_walked.is_set():
            acknowledged.put_nowait(await create_async(async_client, new_post()))

    async with asyncio.TaskGroup() as group:
        for _ in range(CREATORS_BESIDE_A_READER):
            group.create_task(create_on())
        async for page in pages_async(async_client, first["next"]):
            visited += ids(page)
            created.add(good(await acknowledged.get(), 201)["id"])
        is_walked.set()
    assert len(created) > 5
    assert visited == sorted(set(visited), reverse=True)
    assert [id for id in visited if id <= seed.POSTS] == published_ids()
    assert not set(visited) & created


@pytest.mark.happy_path
async def test_details_at_once_are_each_the_right_one(async_client: httpx.AsyncClient) -> None:
    """C9: Of many details that are asked for at once, each is the post of its own path."""
    asked_for = published_ids()[:AT_ONCE]
    answers = await at_once(*(async_client.get(f"/posts/{id}") for id in asked_for))
    assert [read(good(answer)) for answer in answers] == [detail(id) for id in asked_for]


@pytest.mark.happy_path
async def test_post_can_be_read_as_soon_as_it_is_acknowledged(
    async_client: httpx.AsyncClient,
) -> None:
    """C11: A post is where its Location says as soon as it is acknowledged, also among others."""

    async def create_and_read() -> tuple[httpx.Response, httpx.Response]:
        created = await create_async(async_client, new_post())
        path = created.headers.get("location", "")
        return created, await async_client.get(created.url.join(path))

    for created, location in await at_once(*(create_and_read() for _ in range(CREATORS))):
        assert good(location) == good(created, 201)


async def test_conflicts_at_once_leave_nothing(
    async_client: httpx.AsyncClient, tables: Tables
) -> None:
    """C13: Equal creates at once with a tag given twice are each a 409, and leave nothing."""
    before = await asyncio.to_thread(tables.counts)
    twice = new_post(tags=["a", "a"])
    for answer in await at_once(*(create_async(async_client, twice) for _ in range(CREATORS))):
        problem(answer, 409)
    assert await asyncio.to_thread(tables.counts) == before


@pytest.mark.happy_path
async def test_reader_among_creates_sees_no_torn_post(async_client: httpx.AsyncClient) -> None:
    """C15: Whoever reads the list while posts are created sees each of them with all its tags."""
    body = new_post(title="With ten tags", tags=TEN_TAGS)
    pages = []

    async def create_some() -> list[httpx.Response]:
        return [await create_async(async_client, body) for _ in range(CREATORS_BESIDE_A_READER)]

    async with asyncio.TaskGroup() as group:
        creators = [group.create_task(create_some()) for _ in range(CREATORS_BESIDE_A_READER)]
        while not all(creator.done() for creator in creators):
            pages.append(await async_client.get("/posts?limit=100"))
    pages.append(await async_client.get("/posts?limit=100"))
    created = [good(answer, 201)["id"] for creator in creators for answer in creator.result()]
    posts = [post for page in pages for post in good(page)["posts"]]
    listed = [post for post in posts if post["title"] == body["title"]]
    assert len(created) == CREATORS_BESIDE_A_READER**2
    assert set(created) <= {post["id"] for post in listed}
    assert [post for post in listed if post["tags"] != sorted(TEN_TAGS)] == []


async def test_killed_service_keeps_what_it_acknowledged(doomed: Instance, tables: Tables) -> None:
    """C15: A process killed among creates leaves all acknowledged posts whole, and no torn one."""
    acknowledged = await create_until_killed(doomed)
    tags = await asyncio.to_thread(tables.new_tags)
    assert len(acknowledged) >= ACKNOWLEDGED_BEFORE_KILL
    assert acknowledged <= tags.keys()
    assert {id: names for id, names in tags.items() if names != set(TEN_TAGS)} == {}


async def create_until_killed(instance: Instance) -> set[int]:
    """Create posts without a pause, kill the process among them, and give the ids it gave."""
    acknowledged: set[int] = set()
    is_enough = asyncio.Event()

    async def create_on() -> None:
        with suppress(httpx.TransportError):
            while True:
                answer = await create_async(client, new_post(tags=TEN_TAGS))
                acknowledged.add(good(answer, 201)["id"])
                if len(acknowledged) >= ACKNOWLEDGED_BEFORE_KILL:
                    is_enough.set()

    async with instance.connect_async() as client, asyncio.TaskGroup() as group:
        for _ in range(CREATORS):
            group.create_task(create_on())
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                await is_enough.wait()
        finally:
            await asyncio.to_thread(instance.kill)
    return acknowledged


@pytest.mark.happy_path
async def test_creates_at_once_are_all_kept(
    async_client: httpx.AsyncClient, tables: Tables
) -> None:
    """C16: Forty creates at once are all acknowledged, and each is kept as it was sent."""
    sent = [new_post(title=f"Number {number}", tags=[f"of-{number}"]) for number in range(AT_ONCE)]
    answers = await at_once(*(create_async(async_client, body) for body in sent))
    assert Counter(answer.status_code for answer in answers) == {201: AT_ONCE}
    given = [good(answer, 201) for answer in answers]
    assert [(post["title"], post["tags"]) for post in given] == [
        (body["title"], body["tags"]) for body in sent
    ]
    titles = await asyncio.to_thread(tables.new_titles)
    tags = await asyncio.to_thread(tables.new_tags)
    assert titles == {post["id"]: post["title"] for post in given}
    assert tags == {post["id"]: set(post["tags"]) for post in given}


async def test_refused_creates_take_no_other_with_them(
    async_client: httpx.AsyncClient, token: str, tables: Tables
) -> None:
    """C16: Of good and bad creates at once each gets its own answer, and the good ones are kept."""
    bodies = [pair for refusal in REFUSALS.items() for pair in (refusal, (201, (new_post(), {})))]
    statuses = [status for status, _ in bodies] * 3
    requests = [create_async(async_client, body, **headers) for _, (body, headers) in bodies * 3]
    answers = await at_once(*requests)
    assert [answer.status_code for answer in answers] == statuses
    kept = {read_json(answer)["id"] for answer in answers if answer.status_code == 201}
    assert (await asyncio.to_thread(tables.new_titles)).keys() == kept


@pytest.mark.happy_path
async def test_statements_at_once_are_those_of_each_request(
    async_client: httpx.AsyncClient,
) -> None:
    """C39: The statements of an answer are its own also when many requests run at once."""
    alone = {path: statements(await async_client.get(path)) for path in PATHS}
    paths = PATHS * 8
    answers = await at_once(*(async_client.get(path) for path in paths))
    assert [statements(answer) for answer in answers] == [alone[path] for path in paths]
