"""Compare whole answers with what the contract says, a few a second, while the load runs.

The load engine looks for one text in each answer; here every field is compared. The questions come
on top of the load's: who divides by requests adds `compared` to them.
"""

import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from threading import Event
from typing import TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from compare.bench import expected
from compare.running.requests import MIXED, PUBLISHED_IDS, REQUESTS, RUNGS, WAITS
from shared.schemas import PostDetail, PostPage

# Often enough to see a few bodies of the shortest run, and little beside any load: at a single
# connection a few hundredths of the service's time.
ASK_EVERY_SECONDS = 0.2
ASK_SELDOM_SECONDS = 1.0
HOLDS_UP = "blocking-call"  # each question of it holds up all the others
TIMEOUT_SECONDS = 15.0  # as long as the load engine waits for the answers under way at its end

Shape = TypeVar("Shape", bound=BaseModel)


class Difference(Exception):
    """An answer that is not the contract's; the message is one line."""


class Waited(BaseModel):
    """What a view of the waiting study answers: its own name."""

    waited: str


@dataclass
class Bodies:
    """What was compared so far: how many good answers by endpoint, and the first that differs.

    `unanswered` counts the questions without an answer in time, of which an overload has some.
    """

    answers: Counter[str] = field(default_factory=Counter)
    unanswered: int = 0
    difference: str = ""

    @property
    def compared(self) -> int:
        """How many bodies were compared and found equal."""
        return self.answers.total()

    def marks(self) -> list[str]:
        """Say so when nothing could be compared."""
        if self.compared or self.difference:
            return []
        return [f"no body was compared: {self.unanswered} questions were not answered in time"]


class Sampler:
    """Asks one question at a time over one connection and compares the answers."""

    def __init__(self, client: httpx.Client, bodies: Bodies) -> None:
        self._client = client
        self._bodies = bodies
        self._chance = random.Random(0)

    def ask_until(self, ended: Event, endpoint: str) -> None:
        """Ask again and again, a mix's endpoints in turn, until the end or a difference."""
        pause_seconds = ASK_SELDOM_SECONDS if endpoint == HOLDS_UP else ASK_EVERY_SECONDS
        for question in cycle(MIXED if endpoint == "mixed" else (endpoint,)):
            if ended.wait(pause_seconds) or self._bodies.difference:
                return
            try:
                self._ask(question)
            except httpx.TimeoutException:
                self._bodies.unanswered += 1
            except httpx.TransportError as error:
                self._bodies.difference = f"the connection of a {question} broke: {error}"
            except Difference as difference:
                self._bodies.difference = str(difference)

    def _ask(self, endpoint: str) -> None:
        request = REQUESTS[endpoint]
        match endpoint:
            case "detail":
                id = self._chance.choice(PUBLISHED_IDS)
                self._compare("detail", self._get(f"/posts/{id}"), expected.detail(id))
            case "create":
                self._create()
            case "dashboard":
                self._compare("dashboard", self._get(request.path), expected.DASHBOARD)
            case _ if endpoint in WAITS:
                self._compare(endpoint, self._get(request.path), Waited(waited=endpoint))
            case _ if endpoint in ("list", *RUNGS):  # a rung of the ladder answers as the list does
                answer = self._get(request.path)
                page = expected.page(_read(answer, PostPage).posts)
                self._compare(endpoint, answer, page)
            case _:
                raise NotImplementedError(f"nothing is known of the answers of {endpoint!r}")

    def _create(self) -> None:
        sent = expected.new_post()
        answer = self._send("POST", "/posts", 201, sent)
        location = answer.headers.get("location", "")
        if not location:
            raise Difference("POST /posts answered without a Location")
        created = expected.created(sent, _read(answer, PostDetail))
        self._compare("create", answer, created)
        self._compare("detail", self._get(location), created)

    def _get(self, path: str) -> httpx.Response:
        return self._send("GET", path, 200)

    def _send(self, method: str, path: str, status: int, body: object = None) -> httpx.Response:
        answer = self._client.request(method, path, json=body)
        if answer.status_code != status:
            raise Difference(f"{method} {path} answered {answer.status_code} and not {status}")
        return answer

    def _compare(self, endpoint: str, answer: httpx.Response, right: BaseModel) -> None:
        body = _read(answer, type(right))
        if difference := expected.difference(body.model_dump(), right.model_dump()):
            raise Difference(f"{_question(answer)} answered with another {difference}")
        self._bodies.answers[endpoint] += 1


@contextmanager
def comparing(
    url: str, endpoint: str, timeout_seconds: float = TIMEOUT_SECONDS
) -> Iterator[Bodies]:
    """Ask the service at `url` for an endpoint of the scenarios until the block ends.

    The service must have been started on the seed data; posts that the load made since may come on
    top. The block's end waits for the answer to the last question, or for its timeout.
    """
    bodies, ended = Bodies(), Event()
    with (
        # Without certificates, which would take a tenth of a second to load.
        httpx.Client(
            base_url=url, timeout=timeout_seconds, trust_env=False, verify=False
        ) as client,
        ThreadPoolExecutor(max_workers=1) as thread,
    ):
        asking = thread.submit(Sampler(client, bodies).ask_until, ended, endpoint)
        try:
            yield bodies
        finally:
            ended.set()
    asking.result()


def _read(answer: httpx.Response, shape: type[Shape]) -> Shape:
    """Read a body of exactly this shape, no field more."""
    try:
        return shape.model_validate_json(answer.content, strict=True, extra="forbid")
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, ("body", *first["loc"])))
        raise Difference(
            f"{_question(answer)} answered with another {where}: {first['msg']}"
        ) from error


def _question(answer: httpx.Response) -> str:
    return f"{answer.request.method} {answer.request.url.path}"
