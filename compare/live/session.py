"""Services that run under the tracing entry, and one request to each of them after the other."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from compare.bench.upstreams import Upstreams, upstreams_running
from compare.errors import LaunchError
from compare.ledger import spans
from compare.ledger.contrasts import shown
from compare.ledger.recording import ready, sampled, trace_of, wait_for_requests
from compare.ledger.timelines import timeline
from compare.live.choice import Choice, Endpoint
from compare.registry.services import Service
from compare.report.timelines import drawing, words
from compare.results.timelines import Timeline
from compare.running import databases, launch

PATIENCE_SECONDS = 30.0
# So that a first request, which imports and connects, is not what is shown. A create would be seen.
WARM_UP: tuple[Endpoint, ...] = ("list", "detail", "dashboard")
# A request's last step ends after the request; it is written with what the next 50 ms bring.
AFTER_SECONDS = 0.15


@dataclass(frozen=True)
class Answered:
    """What one service did with a request."""

    service: str
    status: int
    headers: list[tuple[str, str]]
    body: list[str]
    elapsed_ms: float
    timeline: Timeline


@dataclass(frozen=True)
class Session:
    """What runs: the services by name, the files of their spans, and the upstreams."""

    services: Mapping[str, launch.Running]
    chosen: Sequence[Service]
    files: Mapping[str, Path]
    upstreams: Upstreams
    database: str

    def ask(self, choice: Choice, names: Sequence[str]) -> list[dict[str, Any]]:
        """Ask services one after another, so that none slows down another one.

        LaunchError when one has ended or does not write its spans.
        """
        answers = [self._ask(name, choice) for name in names]
        longest_ms = max((answer.timeline.duration_ms for answer in answers), default=1)
        first = answers[0].body if answers else []
        return [_shown(answer, first, longest_ms) for answer in answers]

    def watch(self) -> None:
        """Wait until a process ends by itself, which is a LaunchError with its last words."""
        while True:
            for running in self.services.values():
                running.check_alive()
            self.upstreams.hits()
            time.sleep(1)

    def _ask(self, name: str, choice: Choice) -> Answered:
        parent = sampled()
        began_at_seconds = time.perf_counter()
        answer = self._sent(name, choice, parent)
        elapsed_ms = (time.perf_counter() - began_at_seconds) * 1000
        return Answered(
            service=name,
            status=answer.status_code,
            headers=list(answer.headers.items()),
            body=_pretty(answer),
            elapsed_ms=elapsed_ms,
            timeline=self._timeline(name, choice, trace_of(parent)),
        )

    def _sent(self, name: str, choice: Choice, parent: str) -> httpx.Response:
        running = self.services[name]
        request = choice.request_to(running.url)
        request.headers["traceparent"] = parent
        try:
            with httpx.Client(timeout=PATIENCE_SECONDS, trust_env=False, verify=False) as client:
                return client.send(request)
        except httpx.HTTPError as error:
            running.check_alive()
            reason = str(error) or type(error).__name__
            raise LaunchError(f"{name} did not answer: {reason}") from error

    def _timeline(self, name: str, choice: Choice, trace: str) -> Timeline:
        wait_for_requests(self.services[name], self.files[name], [trace])
        time.sleep(AFTER_SECONDS)
        written = spans.read(self.files[name], [trace])
        return timeline(name, choice.endpoint, self.database, written)


@contextmanager
def session(services: Sequence[Service], database: str) -> Iterator[Session]:
    """Run services on the seed data until the block ends, all under the tracing entry."""
    with ExitStack() as stack:
        source = stack.enter_context(databases.open(database))
        upstreams = stack.enter_context(upstreams_running())
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="compare-live-")))
        files = {service.name: folder / service.name for service in services}
        started = ready(services, "list", source, upstreams, files, stack)
        running = {service.name: service for service in started}
        whole = Session(running, services, files, upstreams, source.label)
        for endpoint in WARM_UP:
            whole.ask(Choice(endpoint=endpoint), list(running))
        yield whole


def _pretty(answer: httpx.Response) -> list[str]:
    try:
        return json.dumps(answer.json(), indent=2, ensure_ascii=False).splitlines()
    except ValueError:
        return answer.text.splitlines()


def _shown(answer: Answered, first: Sequence[str], longest_ms: float) -> dict[str, Any]:
    same = set()
    matching = SequenceMatcher(a=first, b=answer.body, autojunk=False).get_matching_blocks()
    for block in matching:
        same |= set(range(block.b, block.b + block.size))
    drawn = answer.timeline
    return {
        "service": answer.service,
        "status": answer.status,
        "elapsed_ms": answer.elapsed_ms,
        "headers": answer.headers,
        "differs": answer.body != first,
        "body": [
            {"text": text, "differs": number not in same} for number, text in enumerate(answer.body)
        ],
        "statements": [piece.detail for piece in drawn.of_kind("statement")],
        "summary": drawn.summary,
        "contrasts": [
            {"sentence": contrast.sentence, "claim": contrast.claim} for contrast in shown(drawn)
        ],
        "timeline": drawing(drawn, longest_ms),
        "timeline_words": words(drawn),
    }
