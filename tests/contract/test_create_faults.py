"""Creates that meet something unusual: an author who goes away, a body of unknown fields."""

import http.client
import json
import time

import httpx
import pytest

from tests.contract.answers import good, problem
from tests.contract.posts import create, new_post
from tests.contract.tables import Tables

pytestmark = pytest.mark.usefixtures("tidy")

MOST_LISTED = 20
DEADLINE_SECONDS = 10.0


def begin_create(client: httpx.Client, **changes: object) -> http.client.HTTPConnection:
    """Send a create and do not wait for its answer."""
    headers = {"Content-Type": "application/json", **client.headers}
    url = client.base_url
    connection = http.client.HTTPConnection(url.host, url.port, timeout=DEADLINE_SECONDS)
    connection.request("POST", f"{url.path}posts", json.dumps(new_post(**changes)), headers)
    return connection


def answer_to(connection: http.client.HTTPConnection) -> httpx.Response:
    """Wait for the answer to a request that was sent."""
    answer = connection.getresponse()
    return httpx.Response(answer.status, headers=answer.getheaders(), content=answer.read())


def test_author_deleted_before_the_commit_is_unknown(client: httpx.Client, tables: Tables) -> None:
    """C14: An author who is deleted while a create is under way is an unknown one."""
    before = tables.counts()
    author_id = tables.add_author("Soon gone")
    with tables.tags_locked() as delete_author:
        connection = begin_create(client, author_id=author_id)
        deadline = time.monotonic() + DEADLINE_SECONDS
        # SQLite's only lock is taken before the author is looked for, and nobody sees who waits.
        while tables.is_postgres and not tables.waiting_for_lock():
            assert time.monotonic() < deadline, "the create did not get to its tags"
        delete_author(author_id)
    problem(answer_to(connection), 422, "/body/author_id")
    connection.close()
    assert tables.counts() == before
    good(create(client, new_post()), 201)


def test_a_megabyte_of_unknown_fields_is_refused_as_a_few(client: httpx.Client) -> None:
    """C34: Of 110 000 unknown fields the first are listed, after what else is wrong."""
    fields = ",".join(f'"{number:x}":0' for number in range(110_000))
    body = f'{{"title": 1, {fields}}}'.encode()
    assert len(body) < 1024 * 1024
    answer = client.post("/posts", content=body, headers={"Content-Type": "application/json"})
    names = ["title", "body", "author_id", *(f"{number:x}" for number in range(MOST_LISTED))]
    problem(answer, 422, *(f"/body/{name}" for name in names[:MOST_LISTED]))
