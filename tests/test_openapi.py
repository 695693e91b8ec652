"""The contract's OpenAPI document is a valid one."""

from pathlib import Path

import yaml
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

DOCUMENT = Path(__file__).parent.parent / "shared" / "openapi.yaml"


def test_document_is_valid_openapi_31() -> None:
    """Machines can read the contract; that each service serves it is clause C27."""
    validate(yaml.safe_load(DOCUMENT.read_text(encoding="utf-8")), cls=OpenAPIV31SpecValidator)
