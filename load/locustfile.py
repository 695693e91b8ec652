"""The scenarios as users of locust, for load from several machines: all four mixed, or one alone.

One machine: `locust -f load/locustfile.py --host URL`. Many: the same with `--master` on one, and
`locust -f load/locustfile.py --worker --master-host MASTER` on the others. `--tags list` asks that
endpoint alone; the tags are list, detail, dashboard and create. API_TOKEN is the service's.
"""

import json
import os
import random
import uuid

import k9.plan
from locust import FastHttpUser, tag, task

from compare.running.requests import REQUESTS, Request

TOKEN = os.environ.get("API_TOKEN")
NO_ID = (0,)
NO_ANSWER = 0  # what locust gives for the status when the connection failed


class Visitor(FastHttpUser):
    """Asks again as soon as it is answered (a closed loop), mostly for the list."""

    concurrency = 1  # one connection each
    network_timeout = connection_timeout = 15.0  # seconds
    default_headers = {"Authorization": f"Bearer {TOKEN}"} if TOKEN else {}

    @tag("list")
    @task(80)
    def list_posts(self) -> None:
        """Ask for the newest posts."""
        self.ask(REQUESTS["list"])

    @tag("detail")
    @task(15)
    def get_post(self) -> None:
        """Ask for one post."""
        self.ask(REQUESTS["detail"])

    @tag("dashboard")
    @task(4)
    def get_dashboard(self) -> None:
        """Ask for the dashboard."""
        self.ask(REQUESTS["dashboard"])

    @tag("create")
    @task(1)
    def create_post(self) -> None:
        """Create a post."""
        self.ask(REQUESTS["create"])

    def ask(self, request: Request) -> None:
        """Send the request; another status, another body and no answer are each a failure."""
        text = request.contains.encode()
        with self.client.request(
            request.method,
            request.path.format(id=random.choice(request.ids or NO_ID)),
            name=request.path,  # one row for all ids
            data=body_of(request),
            headers={"Content-Type": "application/json"} if request.json else {},
            allow_redirects=False,
            catch_response=True,
        ) as answer:
            if answer.status_code not in (request.status, NO_ANSWER):
                answer.failure(f"status {answer.status_code}, not {request.status}")
            elif not answer.request_meta["exception"] and text not in (answer.content or b""):
                answer.failure(f"no {request.contains} in the body")


def body_of(request: Request) -> str | None:
    """Give the request's body as JSON, with another UUID each time where the scenario wants one."""
    if request.json is None:
        return None
    return json.dumps(request.json).replace(k9.plan.uuid(), str(uuid.uuid4()))
