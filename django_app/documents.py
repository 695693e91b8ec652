"""The contract's OpenAPI document, and a page that shows it."""

import json
from pathlib import Path

import yaml
from django.http import HttpRequest, HttpResponse

DOCUMENT = Path(__file__).parent.parent / "shared" / "openapi.yaml"
OPENAPI_JSON = json.dumps(yaml.safe_load(DOCUMENT.read_text(encoding="utf-8")))
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Posts and a dashboard</title>
<link rel="stylesheet" href="https://cdn.jsdelivr.net/npm/swagger-ui-dist@5/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="https://cdn.jsdelivr.net/npm/swagger-ui-dist@5/swagger-ui-bundle.js"></script>
<script>SwaggerUIBundle({url: "openapi.json", dom_id: "#swagger-ui"})</script>
</body>
</html>
"""


def get_openapi(request: HttpRequest) -> HttpResponse:
    """Give the OpenAPI document; Django makes none, so it is the contract's own file."""
    return HttpResponse(OPENAPI_JSON, content_type="application/json")


def get_docs(request: HttpRequest) -> HttpResponse:
    """Give the page for people, which loads Swagger UI from the network."""
    return HttpResponse(PAGE)
