"""A page costs the same wherever it is, because of what the database is asked and how it plans."""

import re
from collections.abc import Iterator

import pytest
from sqlalchemy import update

from compare.errors import GateError
from compare.intervals import Interval
from compare.registry.services import SERVICES, Service
from compare.results.surveys import QueryPlan
from compare.running import databases
from compare.running.requests import REQUESTS, Request
from compare.survey import growth, plans
from shared import seed
from tests.support.serving import seeded

POSTS = 20_000
MIDDLE = POSTS // 2
PAGE_POSTS = growth.PAGE_POSTS + 1  # one more, to know whether another page follows
# A database's page for each row and each step down to it would be many more than are needed.
MOST_BUFFERS = 3 * PAGE_POSTS
STEP = re.compile(r"(?:->  )?(?P<step>[A-Z][^(]*?)(?: \(|$)")
BUFFERS = re.compile(r"^ *Buffers: shared(?: hit=(?P<hit>\d+))?(?: read=(?P<read>\d+))?")


@pytest.fixture(scope="module", params=["django", "fastapi"])
def service(request: pytest.FixtureRequest) -> Service:
    """A service of the registry."""
    return SERVICES[request.param]


@pytest.fixture(scope="module")
def ask(service: Service, source: databases.Databases) -> Iterator[plans.PlansOf]:
    """What tells the plans behind a path of a service that has many posts."""
    url = seeded(source, service, POSTS)
    with plans.recording_plans(service, url) as ask:
        yield ask


def steps(query_plans: list[QueryPlan]) -> list[str]:
    """The steps of the plans by name and index, without conditions and figures."""
    lines = [line.strip() for plan in query_plans for line in plan.lines]
    return [
        match["step"]
        for line in lines
        if line.startswith(("->", "Limit", "Nested", "Index", "SEARCH", "SCAN", "USE"))
        and ":" not in line
        and (match := STEP.match(line))
    ]


def assert_reads_little(query_plans: list[QueryPlan]) -> None:
    """No plan sorts or reads a whole table of posts or tags, and few pages are touched."""
    for plan in query_plans:
        text = "\n".join(plan.lines)
        assert not re.search(r"\bSort\b|Seq Scan on (post|tag)|Bitmap|SCAN (post|tag)\b", text), (
            text
        )
        assert "USE TEMP B-TREE" not in text
        touched = [match for line in plan.lines if (match := BUFFERS.match(line))]
        # The first line with buffers is the whole statement's.
        for match in touched[:1]:
            assert int(match["hit"] or 0) + int(match["read"] or 0) <= MOST_BUFFERS, text


@pytest.mark.slow
@pytest.mark.parametrize("tag", ["", "&tag=python"])
def test_deep_page_is_planned_as_the_first(ask: plans.PlansOf, tag: str) -> None:
    """Both take the same steps through the same indexes, with and without a tag."""
    first, deep = ask(f"/posts?limit=20{tag}"), ask(f"/posts?limit=20{tag}&before={MIDDLE}")
    assert len(first) == len(deep) == 2
    assert_reads_little(first)
    assert_reads_little(deep)
    assert steps(first) == steps(deep) != []
    assert str(MIDDLE) in deep[0].statement


@pytest.mark.slow
def test_drafts_cost_a_page_nothing(service: Service, source: databases.Databases) -> None:
    """The first page passes over newer posts that are not published, however many there are."""
    url = seeded(source, service, POSTS)
    newest = update(seed.post).where(seed.post.c.id > MIDDLE).values(published=False)
    with databases.engine(url).begin() as connection:
        connection.execute(newest)
    with plans.recording_plans(service, url) as ask:
        first = ask("/posts?limit=20")
    assert_reads_little(first)
    assert all("Rows Removed by Filter" not in line for line in first[0].lines)


def test_detail_finds_its_post_by_the_key(ask: plans.PlansOf) -> None:
    """The post is looked up, and so are its author and tags."""
    post, tags = ask(f"/posts/{MIDDLE + 1}")
    assert_reads_little([tags])
    assert re.search(r"post_pkey|SEARCH post USING INTEGER PRIMARY KEY", "\n".join(post.lines))


def test_path_that_fails_tells_no_plan(ask: plans.PlansOf) -> None:
    """A plan is that of a good answer."""
    with pytest.raises(GateError, match="/posts/0 answers 404"):
        ask("/posts/0")


def test_deep_page_is_the_last_that_another_follows(source: databases.Databases) -> None:
    """Where there are fewer than ten thousand pages, it comes as near to that as can be."""
    url = seeded(source, SERVICES["fastapi"])
    published = [id for id in range(seed.POSTS, 0, -1) if id % seed.DRAFT_EVERY]
    page, before = growth.deep_page(url)
    assert (page, before) == (44, published[43 * growth.PAGE_POSTS - 1])
    assert growth.PAGE_POSTS < sum(id < before for id in published) <= 2 * growth.PAGE_POSTS


@pytest.mark.parametrize(
    ("low", "high", "rounds", "said"),
    [
        (0.84, 1.19, 10, "the same within 20 %"),
        (0.9, 1.3, 10, "not settled"),
        (1.26, 1.4, 10, "not the same"),
        (0.5, 0.79, 10, "not the same"),
        (1.0, 1.0, 2, "not settled"),
    ],
)
def test_verdict_rests_on_the_interval(low: float, high: float, rounds: int, said: str) -> None:
    """What is not known well enough is said to be so."""
    assert growth.verdict(Interval(ratio=1.0, low=low, high=high), rounds) == said


@pytest.mark.slow
def test_growth_measures_each_operation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each size has figures of every operation, and the plans of every read."""
    monkeypatch.setattr(growth, "RUN_SECONDS", 0.2)
    monkeypatch.setattr(growth, "WARM_UP_SECONDS", 0.1)
    progress: list[growth.GrowthProgress] = []
    measured = growth.grow([SERVICES["fastapi"]], "sqlite", 1, progress.append, (1_000, 1_700), 2)
    assert measured.database.startswith("SQLite 3")
    assert [(point.posts, point.operation) for point in measured.points] == [
        (posts, operation)
        for posts in (1_000, 1_700)
        for operation in (*growth.READS, growth.CREATE)
    ]
    for point in measured.points:
        rounds = growth.CREATE_ROUNDS if point.operation == growth.CREATE else 2
        assert len(point.rounds_ms) == rounds
        assert 0 < min(point.rounds_ms) <= point.median_ms
        assert len(point.plans) == (0 if point.operation == growth.CREATE else 2)
    assert [(depth.posts, depth.page) for depth in measured.depths] == [(1_000, 44), (1_700, 76)]
    assert progress[-1] == growth.GrowthProgress(1_700, 11, 11, "done")


@pytest.mark.slow
def test_run_with_errors_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer of the wrong kind ends the measuring."""
    monkeypatch.setitem(REQUESTS, "create", Request("POST", "/posts", status=201, json={}))
    monkeypatch.setattr(growth, "RUN_SECONDS", 0.1)
    with pytest.raises(GateError, match=r"create on fastapi at 1000 posts is not kept: \d+ errors"):
        growth.grow([SERVICES["fastapi"]], "sqlite", 1, lambda progress: None, (1_000,), 1)
