"""How long a service keeps the connections to its upstreams when nothing is asked on them."""

import time

import httpx
import psutil
import pytest

from compare.registry.environment import settings
from compare.registry.services import SERVICES, USUAL
from compare.running import databases, launch
from compare.running.stopping import family

pytestmark = [pytest.mark.slow, pytest.mark.exhaustive]

# Many servers (uvicorn, Node) close a connection that has been idle for so long.
USUAL_KEEP_ALIVE_SECONDS = 5.0
MARGIN_SECONDS = 0.5


def own_ports(service: launch.Running, upstreams: launch.Running) -> set[int]:
    """Give the service's ends of its connections to the upstreams."""
    port = httpx.URL(upstreams.url).port
    return {
        connection.laddr.port
        for process in family(service.process)
        for connection in process.net_connections("tcp")
        if connection.raddr
        and connection.raddr.port == port
        and connection.status == psutil.CONN_ESTABLISHED
    }


@pytest.mark.parametrize("name", USUAL)
def test_connection_that_idled_is_not_asked_again(sqlite: databases.Databases, name: str) -> None:
    """Just before an upstream might close it, a new one is made; before that it is used again."""
    url = sqlite.create(name)
    with (
        launch.upstreams_running() as upstreams,
        launch.launched(
            name,
            SERVICES[name].command,
            "/health",
            settings(SERVICES[name], url, upstreams.url),
        ) as service,
        httpx.Client(base_url=service.url, trust_env=False, timeout=30) as client,
    ):

        def ports_after_a_dashboard() -> set[int]:
            assert client.get("/dashboard").json()["unavailable"] == []
            return own_ports(service, upstreams)

        first = ports_after_a_dashboard()
        assert first
        assert ports_after_a_dashboard() == first
        time.sleep(USUAL_KEEP_ALIVE_SECONDS - MARGIN_SECONDS)  # what is looked at is this time
        assert not ports_after_a_dashboard() & first
