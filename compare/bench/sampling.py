"""Ask questions of our own: a few a second beside an open loop, and for what creates have made.

They come on top of the load's: who divides by requests adds `compared` to them.
"""

import json
import random
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import cycle
from threading import Event

import httpx

from compare.bench import expected
from compare.bench.bodies import Bodies, Difference, question, read
from compare.client.order import Kept
from compare.running.requests import MIXED, PUBLISHED_IDS, REQUESTS
from shared.schemas import PostDetail

# Often enough to see a few bodies of the shortest run, and little beside any load: at a single
# connection a few hundredths of the service's time.
ASK_EVERY_SECONDS = 0.2
ASK_SELDOM_SECONDS = 1.0
HOLDS_UP = "blocking-call"  # each question of it holds up all the others
TIMEOUT_SECONDS = 15.0  # as long as the load engine waits for the answers under way at its end


class Sampler:
    """Asks one question at a time over one connection and compares the answers."""

    def __init__(self, client: httpx.Client, bodies: Bodies) -> None:
        self._client = client
        self._bodies = bodies
        self._chance = random.Random(0)

    def ask_until(self, ended: Event, endpoint: str) -> None:
        """Ask again and again, a mix's endpoints in turn, until the end or a difference."""
        pause_seconds = ASK_SELDOM_SECONDS if endpoint == HOLDS_UP else ASK_EVERY_SECONDS
        for name in cycle(MIXED if endpoint == "mixed" else (endpoint,)):
            if ended.wait(pause_seconds) or self._bodies.difference:
                return
            with self._told(name):
                self._ask(name)

    def read_back(self, creates: Iterable[Kept]) -> None:
        """Ask for the posts that were made, until one is not as it was answered."""
        with self._told("detail"):
            for create in creates:
                made = read(create, PostDetail)
                post = self._send("GET", f"/posts/{made.id}", status=200)
                self._bodies.compare_with("detail", post, made)

    @contextmanager
    def _told(self, name: str) -> Iterator[None]:
        try:
            yield
        except httpx.TimeoutException:
            self._bodies.unanswered += 1
        except httpx.TransportError as error:
            self._bodies.difference = f"the connection of a {name} broke: {error}"
        except Difference as difference:
            self._bodies.difference = str(difference)

    def _ask(self, name: str) -> None:
        request = REQUESTS[name]
        path = request.path.replace("{id}", str(self._chance.choice(PUBLISHED_IDS)))
        sent = json.dumps(expected.new_post()) if name == "create" else ""
        answer = self._send(request.method, path, request.status, sent)
        self._bodies.compare(answer)
        if sent:
            self.read_back([answer])

    def _send(self, method: str, path: str, status: int, sent: str = "") -> Kept:
        headers = {"Content-Type": "application/json"} if sent else {}
        answer = self._client.request(method, path, content=sent.encode(), headers=headers)
        kept = Kept(path, sent, answer.status_code, answer.text)
        if kept.status != status:
            raise Difference(f"{question(kept)} answered {kept.status} and not {status}")
        return kept


@contextmanager
def comparing(
    url: str, endpoint: str, timeout_seconds: float = TIMEOUT_SECONDS
) -> Iterator[Bodies]:
    """Ask the service at `url` for an endpoint of the scenarios until the block ends.

    The service must have been started on the seed data. The block's end waits for the answer to the
    last question, or for its timeout.
    """
    bodies, ended = Bodies(), Event()
    with (
        _client(url, timeout_seconds) as client,
        ThreadPoolExecutor(max_workers=1) as thread,
    ):
        asking = thread.submit(Sampler(client, bodies).ask_until, ended, endpoint)
        try:
            yield bodies
        finally:
            ended.set()
    asking.result()


def compare_kept(url: str, answers: Sequence[Kept]) -> Bodies:
    """Compare answers of the service at `url`; what it made is asked for once more."""
    bodies = Bodies()
    try:
        for answer in answers:
            bodies.compare(answer)
    except Difference as difference:
        bodies.difference = str(difference)
        return bodies
    if creates := [answer for answer in answers if answer.sent]:
        with _client(url, TIMEOUT_SECONDS) as client:
            Sampler(client, bodies).read_back(creates)
    return bodies


def _client(url: str, timeout_seconds: float) -> httpx.Client:
    # Without certificates, which would take a tenth of a second to load.
    return httpx.Client(base_url=url, timeout=timeout_seconds, trust_env=False, verify=False)
