"""The documents: `GET /openapi.json` and `GET /docs`."""

from pathlib import Path

import httpx
import yaml

from tests.contract.answers import good

CONTRACT = Path(__file__).resolve().parents[2] / "shared" / "openapi.yaml"


def test_openapi_document_is_the_contract(client: httpx.Client) -> None:
    """C27: The OpenAPI document is, value for value, the contract's, which is of version 3.1."""
    document = good(client.get("/openapi.json"))
    assert document == yaml.safe_load(CONTRACT.read_text(encoding="utf-8"))
    assert document["openapi"].startswith("3.1.")


def test_docs_are_a_page_that_shows_the_document(client: httpx.Client) -> None:
    """C28: The documentation is an HTML page that loads the OpenAPI document."""
    answer = client.get("/docs")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert "openapi.json" in answer.text
    assert "<html" in answer.text.lower()
