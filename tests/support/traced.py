"""A service under the tracing entry, for tests that compare what it says with what others say."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from compare.bench.upstreams import Upstreams
from compare.ledger import recording, spans
from compare.ledger.timelines import timeline
from compare.registry.services import SERVICES
from compare.results.timelines import Timeline
from compare.running import databases, launch
from tests.support.serving import seeded


@dataclass(frozen=True)
class Traced:
    """A service under the tracing entry, and the file of its spans."""

    running: launch.Running
    client: httpx.Client
    file: Path
    database_url: str

    def ask(self, method: str, path: str, json: object = None) -> httpx.Response:
        """Ask, and have it traced."""
        headers = {"traceparent": recording.sampled()}
        return self.client.request(method, path, json=json, headers=headers)


@contextmanager
def traced(
    name: str, source: databases.Databases, upstreams: Upstreams, folder: Path
) -> Iterator[Traced]:
    """Run a service until the block ends, and have it warm."""
    service, file = SERVICES[name], folder / name
    url = seeded(source, service)
    with (
        recording.begun(service, "list", url, upstreams.url, file) as running,
        httpx.Client(base_url=running.url, trust_env=False, timeout=30) as client,
    ):
        launch.wait_until_ready(running, "/ready")
        for path in ("/posts", "/dashboard"):
            assert client.get(path).status_code == 200
        yield Traced(running, client, file, url)


def all_spans(file: Path) -> list[spans.Span]:
    """Give the spans of every trace in a file."""
    return spans.read(file, spans.requests(file))


Tell = Callable[[Traced], object]


def told(
    name: str, source: databases.Databases, upstreams: Upstreams, folder: Path, tell: Tell
) -> Timeline:
    """Give the timeline of what was asked, once the service has ended."""
    with traced(name, source, upstreams, folder) as service:
        tell(service)
    return timeline(name, "list", source.label, all_spans(folder / name))
