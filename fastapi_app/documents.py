"""The OpenAPI document that FastAPI makes, equal to the contract's own file."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi as generate

from shared.schemas import TITLES, Problem, ValidationProblem


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
    """Give the OpenAPI document; made once, with failures under their own content type."""
    if app.openapi_schema is None:
        app.openapi_schema = generate(
            title=app.title, version=app.version, description=app.description, routes=app.routes
        )
        for operations in app.openapi_schema["paths"].values():
            for operation in operations.values():
                rename_problems(operation["responses"])
    return app.openapi_schema


def rename_problems(responses: dict[str, Any]) -> None:
    """Put problem details where they are: FastAPI describes every body as application/json."""
    for status, response in responses.items():
        if status >= "400":
            response["content"] = {
                "application/problem+json": response["content"]["application/json"]
            }
