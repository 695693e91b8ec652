"""All services give the same answers to the same sequence of requests, down to the bytes."""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    multiple,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Engine, delete, text

from compare.registry.services import DEFAULT_PAIR, SERVICES, USUAL, Service
from compare.running import databases, launch
from shared import seed
from tests.miniatures.rows import CORRECT, defective
from tests.support import strategies as make
from tests.support.raw_requests import Answer, Connection, Request
from tests.support.serving import seeded

AUTHORIZATION = b"Authorization: Bearer " + make.TOKEN
JSON = b"Content-Type: application/json"
# What a server may refuse itself, with 400 in words of its own, before a service has seen it.
REFUSED_BY_SERVERS = {
    "a target of other than visible ASCII is no URI (RFC 3986)": rb"\A\S+ [^\r]*[^!-~][^\r]* HTTP",
    "a second Content-Type (C46)": rb"(?is)\A.*\r\ncontent-type:.*\r\ncontent-type:",
}
# Kept out of the strategies, since there the servers differ and not the services:
# - Upgrade: uvicorn with httptools drops the body of such a request (Kludex/uvicorn#2722)
# - SCRIPT_NAME, PATH_INFO as headers: gunicorn believes those of a client on this machine
# - a request line above 4094 bytes: gunicorn refuses it with 414
# - a method that is in no registry, a second Host, `*` as the target: one refuses, one does not
# - what is no HTTP: `python -m tests.malformed` sends that
RESTART_IDS = {
    "sqlite": f"UPDATE sqlite_sequence SET seq = {seed.POSTS} WHERE name = 'post'",
    "postgresql": f"SELECT setval(pg_get_serial_sequence('post', 'id'), {seed.POSTS})",
}
repeatable = settings(
    max_examples=8,
    stateful_step_count=20,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
# New sequences in each run; of one that fails it prints what repeats it.
at_length = settings(repeatable, max_examples=1000, derandomize=False, print_blob=True)
# It is enough to find a difference; the shortest way to it does not matter.
until_found = settings(repeatable, max_examples=1000, phases=[Phase.generate])
# Some take one request to be seen, others a sequence.
DEFECTS = ["draft-by-id", "head-is-405", "next-drops-tag", "commit-before-tags", "offset-paging"]
DEFECTS += ["first-of-repeated-headers", "nul-is-accepted", "created-as-draft"]


@dataclass(frozen=True)
class Side:
    """One of the services, its database, and a connection to it."""

    name: str
    database: Engine
    connection: Connection

    def begin(self) -> None:
        """Take away what was created, so that each sequence begins alike and can be repeated."""
        with self.database.begin() as database:
            database.execute(delete(seed.tag).where(seed.tag.c.post_id > seed.POSTS))
            database.execute(delete(seed.post).where(seed.post.c.id > seed.POSTS))
            database.execute(text(RESTART_IDS[database.dialect.name]))


class Sequences(RuleBasedStateMachine):
    """Sends each request to every side, and compares the answers."""

    sides: Sequence[Side]
    posts: Bundle[bytes] = Bundle("posts")
    pages: Bundle[bytes] = Bundle("pages")

    def __init__(self) -> None:
        super().__init__()
        for side in self.sides:
            side.begin()

    def teardown(self) -> None:
        """Close the connections, which the next sequence opens anew."""
        for side in self.sides:
            side.connection.close()

    @initialize(target=posts)
    def know_posts(self) -> Any:
        """There are posts of the seed data: published ones, a draft; and unknown ids."""
        return multiple(b"/posts/999", b"/posts/1000", b"/posts/1001", b"/posts/0")

    @initialize(target=pages)
    def know_pages(self) -> Any:
        """There is a first page, also of a tag."""
        return multiple(b"/posts?limit=2", b"/posts?tag=http&limit=3", b"/posts?before=4")

    @rule(target=posts, post=make.good_posts)
    def create(self, post: dict[str, Any]) -> Any:
        """Create a post, unless its author is unknown or a tag is given twice."""
        body = json.dumps(post).encode()
        answer = self.send(Request("POST", b"/posts", (AUTHORIZATION, JSON), body))
        location = answer.headers["location"] if answer else None
        return location.encode() if location else multiple()

    @rule(body=make.bodies | st.binary(max_size=50))
    def create_of_any_shape(self, body: bytes) -> None:
        """Send anything as a new post."""
        self.send(Request("POST", b"/posts", (AUTHORIZATION, JSON), body))

    @rule(
        needed=st.sampled_from([(AUTHORIZATION, JSON), (AUTHORIZATION,), (JSON,), ()]),
        lines=st.lists(make.header_lines, max_size=3),
        post=make.good_posts,
    )
    def create_with_lines(
        self, needed: tuple[bytes, ...], lines: list[bytes], post: dict[str, Any]
    ) -> None:
        """Send a good post with any header lines after those that it needs, or some of them."""
        self.send(Request("POST", b"/posts", (*needed, *lines), json.dumps(post).encode()))

    @rule(target=pages, query=make.raw_queries)
    def list_posts(self, query: bytes) -> Any:
        """Ask for a page with any query; its next page is known then."""
        return self.follow(b"/posts?" + query)

    @rule(target=pages, page=pages)
    def follow(self, page: bytes) -> Any:
        """Ask for a page that is known."""
        answer = self.send(Request("GET", page))
        following = answer.body.get("next") if answer else None
        return following.encode() if following else multiple()

    @rule(method=st.sampled_from(["GET", "HEAD"]), post=posts)
    def detail(self, method: str, post: bytes) -> None:
        """Ask for a post that is known."""
        self.send(Request(method, post))

    @rule(
        method=make.methods,
        path=posts
        | pages
        | make.raw_paths
        | make.paths.map(lambda path: quote(path, errors="replace").encode()),
        lines=st.lists(make.header_lines, max_size=3),
        body=st.just(b"") | st.binary(max_size=50),
    )
    def ask(self, method: str, path: bytes, lines: list[bytes], body: bytes) -> None:
        """Ask anything of any path."""
        self.send(Request(method, path, tuple(lines), body))

    def send(self, request: Request) -> Answer | None:
        """Send a request to every side; give the answer of all, None if the servers refuse it."""
        answers = {side.name: side.connection.send(request) for side in self.sides}
        served = {name: answer for name, answer in answers.items() if answer.is_of_the_service}
        refusals = {name: answers[name].status for name in answers if name not in served}
        assert not refusals or may_be_refused(request), f"servers refuse {request}: {refusals}"
        assert set(refusals.values()) <= {400}, f"servers fail at {request}: {refusals}"
        first = next(iter(served.values()), None)
        for name, answer in served.items():
            assert answer == first, f"{name} differs at {request}: {answer} and not {first}"
            assert answer.status < 500, f"{name} fails at {request}: {answer}"
            assert answer.status != 201 or not refusals, f"{name} creates in spite of {refusals}"
        return first


def compare(sides: Sequence[Side], how: settings) -> None:
    """Send sequences to these sides; AssertionError shows the shortest that tells them apart."""
    machine = type("SequencesOfAll", (Sequences,), {"sides": sides})
    run_state_machine_as_test(machine, settings=how)


def may_be_refused(request: Request) -> bool:
    """Whether a server may refuse it before the service has seen it."""
    return any(re.search(pattern, bytes(request)) for pattern in REFUSED_BY_SERVERS.values())


@contextmanager
def beside(services: Sequence[Service], source: databases.Databases) -> Iterator[list[Side]]:
    """Run services that want a token beside each other, each on a database of its own."""
    maker = SERVICES[DEFAULT_PAIR[0]]  # whose tables the miniature can read as well
    with ExitStack() as stack:
        upstreams_url = stack.enter_context(launch.upstreams_running()).url
        sides = []
        for service in services:
            url = seeded(source, maker if service.name not in SERVICES else service)
            running = stack.enter_context(
                launch.running(
                    service,
                    database_url=url,
                    upstreams_url=upstreams_url,
                    overrides={"API_TOKEN": make.TOKEN.decode()},
                )
            )
            sides.append(Side(service.name, databases.engine(url), Connection(running.url)))
        yield sides


@pytest.mark.slow
def test_sequences_are_answered_the_same(sqlite: databases.Databases) -> None:
    """The four usual services stay alike, whatever was asked before."""
    with beside([SERVICES[name] for name in USUAL], sqlite) as sides:
        compare(sides, repeatable)


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.timeout(3600)
def test_sequences_are_answered_the_same_at_length(source: databases.Databases) -> None:
    """The same with thousands of sequences, new ones in each run, on both databases."""
    with beside([SERVICES[name] for name in USUAL], source) as sides:
        compare(sides, at_length)


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.parametrize("defect", DEFECTS)
def test_service_with_a_defect_is_told_apart(defect: str, sqlite: databases.Databases) -> None:
    """Beside the same service without the defect it is found out, so it would be here as well."""
    with (
        beside([CORRECT, defective(defect)], sqlite) as sides,
        pytest.raises(AssertionError, match=f"{defect} (differs|fails) at"),
    ):
        compare(sides, until_found)
