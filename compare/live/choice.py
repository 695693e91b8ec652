"""What can be chosen on the page, and the request that it makes."""

import json
from typing import Annotated, Any, Literal

import httpx
from pydantic import BaseModel, ConfigDict, Field

Endpoint = Literal["list", "detail", "create", "dashboard"]
Body = Literal["good", "wrong", "duplicate-tag", "no-json"]

# A newcomer sees at once what a create needs, and what is wrong with the others.
GOOD = {"title": "Asked by hand", "body": "A paragraph.", "author_id": 1, "tags": ["live"]}
WRONG = {"title": "", "author_id": "one", "colour": "green"}


class Choice(BaseModel):
    """An endpoint with its options; those of the others are left aside."""

    model_config = ConfigDict(extra="forbid")

    endpoint: Endpoint
    limit: Annotated[int, Field(ge=-1, le=1000)] = 5  # also some that the services refuse
    tag: Annotated[str, Field(max_length=60)] = ""
    post: Annotated[int, Field(ge=0, lt=2**31)] = 3
    body: Body = "good"

    def request_to(self, url: str) -> httpx.Request:
        """Make the request to the service at this URL."""
        match self.endpoint:
            case "list":
                query = {"limit": str(self.limit)} | ({"tag": self.tag} if self.tag else {})
                return httpx.Request("GET", f"{url}/posts", params=query)
            case "detail":
                return httpx.Request("GET", f"{url}/posts/{self.post}")
            case "dashboard":
                return httpx.Request("GET", f"{url}/dashboard")
            case "create":
                headers = {"Content-Type": "application/json"}
                return httpx.Request(
                    "POST", f"{url}/posts", content=self._content(), headers=headers
                )

    def _content(self) -> str:
        bodies: dict[Body, Any] = {
            "good": GOOD,
            "wrong": WRONG,
            "duplicate-tag": GOOD | {"tags": ["live", "live"]},
        }
        return json.dumps(bodies[self.body]) if self.body in bodies else '{"title": '
