"""The OpenAPI document that FastAPI makes, equal to the contract's own file."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.openapi.utils import get_openapi as generate
from fastapi.responses import HTMLResponse

from shared.schemas import TITLES, Problem, ValidationProblem

# The header that an answer of a status always has.
HEADERS: dict[str, tuple[str, dict[str, Any]]] = {
    "201": ("Location", {"type": "string", "pattern": "^/posts/[0-9]+$"}),
    "401": ("WWW-Authenticate", {"type": "string", "const": "Bearer"}),
    "503": ("Retry-After", {"type": "integer"}),
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Declare the failures of an endpoint, for its OpenAPI description."""
    return {
        status: {
            "description": TITLES[status],
            "model": ValidationProblem if status == 422 else Problem,
        }
        for status in statuses
    }


def get_openapi(app: FastAPI) -> dict[str, Any]:
    """Give the OpenAPI document, made once."""
    if app.openapi_schema is None:
        document = generate(
            title=app.title,
            version=app.version,
            description=app.description,
            routes=app.routes,
            servers=[{"url": "."}],
        )
        for operations in document["paths"].values():
            for operation in operations.values():
                correct_problems(operation["responses"])
                add_headers(operation["responses"])
        for name in ("HTTPValidationError", "ValidationError"):
            document["components"]["schemas"].pop(name, None)
        app.openapi_schema = document
    return app.openapi_schema


async def get_docs() -> HTMLResponse:
    """Give the page for people, which loads Swagger UI from the network."""
    # FastAPI's own names the document by a path that is wrong behind a proxy's prefix.
    return get_swagger_ui_html(openapi_url="openapi.json", title="Posts and a dashboard")


def correct_problems(responses: dict[str, Any]) -> None:
    """Describe failures as they are.

    FastAPI gives every body as application/json, and a 422 of its own to each endpoint that has
    a parameter and declares none.
    """
    for status in [status for status in responses if status >= "400"]:
        schema = responses[status]["content"].pop("application/json")
        if schema["schema"]["$ref"].endswith("/HTTPValidationError"):
            del responses[status]
        else:
            responses[status]["content"]["application/problem+json"] = schema


def add_headers(responses: dict[str, Any]) -> None:
    """Describe the headers, which FastAPI does not know."""
    for status, (name, schema) in HEADERS.items():
        if status in responses:
            responses[status]["headers"] = {name: {"required": True, "schema": schema}}
