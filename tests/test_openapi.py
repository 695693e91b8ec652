"""The contract's OpenAPI document is a valid one."""

from pathlib import Path

import yaml
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

DOCUMENT = Path(__file__).parent.parent / "shared" / "openapi.yaml"


def test_document_is_valid_openapi_31() -> None:
    """Machines can read the contract; that each service serves it is clause C27."""
    validate(yaml.safe_load(DOCUMENT.read_text(encoding="utf-8")), cls=OpenAPIV31SpecValidator)


def test_document_has_the_limits_of_the_contract() -> None:
    """A client reads from it what C3, C8, C12 and C34 allow, in the keywords of JSON Schema."""
    document = yaml.safe_load(DOCUMENT.read_text(encoding="utf-8"))
    parameters = document["paths"]["/posts"]["get"]["parameters"]
    limit, before, _ = (parameter["schema"] for parameter in parameters)
    assert (limit["minimum"], limit["maximum"]) == (1, 100)
    author = document["components"]["schemas"]["NewPost"]["properties"]["author_id"]
    for id in (before["anyOf"][0], author):
        assert (id["minimum"], id["exclusiveMaximum"]) == (1, 2**63)
        assert int(id["exclusiveMaximum"]) == 2**63  # exact, though FastAPI makes it a float
