"""Upstreams that speak TLS are asked where SSL_CERT_FILE trusts them, and only there."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from compare.registry.environment import settings
from compare.registry.services import SERVICES, USUAL
from compare.running import databases, launch
from compare.running.addresses import HOST

pytest.importorskip("trustme", reason="pip install '.[servers]'")

import trustme  # noqa: E402

pytestmark = [pytest.mark.slow, pytest.mark.exhaustive]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """Who issued the certificate of the upstreams."""
    return trustme.CA()


@pytest.fixture(scope="module")
def upstreams_url(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of upstreams that speak TLS."""
    issued = tmp_path_factory.mktemp("upstreams") / "issued.pem"
    authority.issue_cert(HOST).private_key_and_cert_chain_pem.write_to_path(str(issued))
    command = *launch.SIMULATOR, "--ssl-certfile", str(issued), "--ssl-keyfile", str(issued)
    with launch.launched("upstreams", command, None) as started:
        yield started.url.replace("http:", "https:")


@pytest.mark.parametrize("name", USUAL)
@pytest.mark.parametrize(("is_trusted", "status"), [(True, 200), (False, 502)])
def test_authority_decides_whether_upstreams_are_asked(
    sqlite: databases.Databases,
    authority: trustme.CA,
    upstreams_url: str,
    tmp_path: Path,
    name: str,
    is_trusted: bool,
    status: int,
) -> None:
    """The dashboard is whole where the upstreams' authority is trusted, and a 502 elsewhere."""
    trusted = tmp_path / "trusted.pem"
    (authority if is_trusted else trustme.CA()).cert_pem.write_to_path(str(trusted))
    service = SERVICES[name]
    chosen = settings(service, sqlite.create(name), upstreams_url, SSL_CERT_FILE=str(trusted))
    with launch.launched(name, service.command, "/health", chosen) as running:
        answer = httpx.get(f"{running.url}/dashboard", trust_env=False, timeout=30)
    assert answer.status_code == status
    assert answer.json().get("unavailable", []) == []
