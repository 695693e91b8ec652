"""Behind a proxy that takes a prefix off the path, both services serve the same document."""

from pathlib import Path
from urllib.parse import urljoin

import pytest
import yaml

from compare.registry.services import DEFAULT_PAIR, SERVICES
from compare.running import databases
from tests.support.serving import serving

CONTRACT = Path(__file__).parent.parent / "shared" / "openapi.yaml"


@pytest.mark.parametrize("name", DEFAULT_PAIR)
def test_prefix_changes_nothing(sqlite: databases.Databases, name: str) -> None:
    """Told of the prefix (uvicorn's --root-path), a service answers as without it."""
    with serving(SERVICES[name], sqlite, UVICORN_ROOT_PATH="/api") as client:
        document = client.get("/openapi.json").json()
        assert document == yaml.safe_load(CONTRACT.read_text(encoding="utf-8"))
        assert client.get("/posts?limit=1").json()["next"].startswith("/posts?")
        assert client.get("/posts/").status_code == 404


def test_document_names_its_own_place_as_the_server() -> None:
    """What Swagger UI asks is found from where the document is, whatever the prefix."""
    document = yaml.safe_load(CONTRACT.read_text(encoding="utf-8"))
    (server,) = document["servers"]
    place = urljoin("http://127.0.0.1:8080/api/openapi.json", server["url"])
    assert place.rstrip("/") + "/posts" == "http://127.0.0.1:8080/api/posts"
