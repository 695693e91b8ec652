"""The simulator of the upstreams: how long it is to wait, and how often it was called."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import httpx

from compare.errors import LaunchError
from compare.running import launch, processes
from shared.upstreams import NAMES

PATIENCE_SECONDS = 30.0


class Upstreams:
    """The running simulator of all three, with a connection to its control."""

    def __init__(self, running: launch.Running, client: httpx.Client) -> None:
        self.url = running.url
        self._process = running.process
        self._client = client

    def delay(self, delay_ms: float) -> None:
        """Make all three wait so long before they answer; LaunchError when they are gone."""
        for name in NAMES:
            self._ask("PUT", f"/control/{name}", {"delay_seconds": delay_ms / 1000})

    def hits(self) -> int:
        """Give how often they were called, all three together; LaunchError when they are gone."""
        calls: Mapping[str, int] = self._ask("GET", "/hits").json()
        return sum(calls.values())

    def cpu_seconds(self) -> float:
        """Give the CPU time that they have taken so far."""
        return processes.cpu_seconds([self._process])

    def _ask(self, method: str, path: str, body: object = None) -> httpx.Response:
        try:
            return self._client.request(method, path, json=body).raise_for_status()
        except httpx.HTTPError as error:
            raise LaunchError(f"the upstreams do not answer: {error}") from error


@contextmanager
def upstreams_running() -> Iterator[Upstreams]:
    """Run the simulator until the block ends."""
    with (
        launch.upstreams_running() as running,
        # Without certificates, which would take longer to load than all that is asked.
        httpx.Client(
            base_url=running.url, timeout=PATIENCE_SECONDS, trust_env=False, verify=False
        ) as client,
    ):
        yield Upstreams(running, client)
