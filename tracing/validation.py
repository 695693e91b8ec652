"""Validation and serialisation by pydantic, where a service calls them itself.

FastAPI calls the core directly, and records both of its own accord.
"""

from typing import Any

from tracing.hops import when_imported
from tracing.spans import work


def hook() -> None:
    """Hook in once pydantic is imported."""
    when_imported("pydantic.main", "BaseModel.model_validate", _validate)
    when_imported("pydantic.main", "BaseModel.model_dump_json", _serialise)


def _validate(wrapped: Any, shape: Any, args: Any, kwargs: Any) -> Any:
    with work("validation", shape.__name__):
        return wrapped(*args, **kwargs)


def _serialise(wrapped: Any, value: Any, args: Any, kwargs: Any) -> Any:
    with work("serialisation", type(value).__name__):
        return wrapped(*args, **kwargs)
