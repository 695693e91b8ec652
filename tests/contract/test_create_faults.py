"""Creates that meet something unusual: an author who goes away, a body of unknown fields."""

import asyncio
import json
from collections.abc import Iterator

import httpx
import pytest

from tests.contract.answers import good, problem
from tests.contract.at_once import until
from tests.contract.posts import create_async, new_post
from tests.contract.tables import Tables

pytestmark = pytest.mark.usefixtures("tidy")

MOST_LISTED = 20
MIB = 1024 * 1024
# Requests that are answered meanwhile: a service that turns to these has read what was sent before.
TURNS = 20


@pytest.mark.asyncio
async def test_author_deleted_before_the_commit_is_unknown(
    async_client: httpx.AsyncClient, tables: Tables
) -> None:
    """C14: An author who is deleted while a create is under way is an unknown one."""
    before = tables.counts()
    author_id = tables.add_author("Soon gone")
    async with asyncio.TaskGroup() as group:
        with tables.tags_locked() as delete_author:
            creating = group.create_task(create_async(async_client, new_post(author_id=author_id)))
            # SQLite's only lock comes before the author is looked for; nobody sees who waits.
            if tables.is_postgres:
                await until(lambda: tables.waiting_for_lock() == 1)
            good(await async_client.get("/health"))  # which was sent after the create
            was_waiting = not creating.done()
            delete_author(author_id)
    assert was_waiting
    problem(creating.result(), 422, "/body/author_id")
    assert tables.counts() == before
    good(await create_async(async_client, new_post()), 201)


def test_megabyte_of_unknown_fields_is_refused_as_a_few(client: httpx.Client) -> None:
    """C34: Of 110 000 unknown fields the first are listed, after what else is wrong."""
    fields = ",".join(f'"{number:x}":0' for number in range(110_000))
    body = f'{{"title": 1, {fields}}}'.encode()
    assert len(body) < MIB
    answer = client.post("/posts", content=body, headers={"Content-Type": "application/json"})
    names = ["title", "body", "author_id", *(f"{number:x}" for number in range(MOST_LISTED))]
    problem(answer, 422, *(f"/body/{name}" for name in names[:MOST_LISTED]))


def test_byte_too_much_that_comes_late_is_seen(
    client: httpx.Client, anonymous: httpx.Client
) -> None:
    """C32: A body whose first MiB has been read when the last byte comes is a 413 all the same."""

    def body() -> Iterator[bytes]:
        yield json.dumps(new_post()).encode().ljust(MIB)
        for _ in range(TURNS):
            good(anonymous.get("/health"))
        yield b" "

    headers = {"Content-Type": "application/json", "Content-Length": str(MIB + 1)}
    problem(client.post("/posts", content=body(), headers=headers | {"Connection": "close"}), 413)
