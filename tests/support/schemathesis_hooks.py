"""What a schema cannot say of the contract, so that schemathesis takes it into account."""

from typing import Any

import schemathesis

from shared import seed


@schemathesis.hook
def before_load_schema(context: schemathesis.HookContext, raw_schema: dict[str, Any]) -> None:
    """Narrow the authors to those of the seed data: another one is a 422 (C14)."""
    new_post = raw_schema["components"]["schemas"]["NewPost"]
    new_post["properties"]["author_id"] = {
        "type": "integer",
        "minimum": 1,
        "maximum": len(seed.AUTHORS),
    }


@schemathesis.hook
def filter_body(context: schemathesis.HookContext, body: Any) -> bool:
    """Leave out an author of 1.0: to JSON Schema it is an integer, to the contract none (C34)."""
    author_id = body.get("author_id") if isinstance(body, dict) else None
    return not (isinstance(author_id, float) and author_id.is_integer())
