"""Print what each service does where the contract leaves it the choice.

Run it with `python -m tests.observed [SERVICE…]`; every service of the registry by default.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import httpx
from rich.console import Console
from rich.table import Table

from compare import databases, launch, stopping
from compare.services import SERVICES, Service
from tests.contract import subject
from tests.contract.posts import create, new_post
from tests.contract.wire import send

MIB = 1024 * 1024
PATIENCE_SECONDS = 2.0
JSON = "Content-Type: application/json"


def date_and_server(client: httpx.Client) -> str:
    """Whether an answer has the headers Date and Server."""
    headers = client.get("/health").headers
    return ", ".join(f"{name}: {headers.get(name, 'none')}" for name in ("date", "server"))


def unknown_method(client: httpx.Client) -> str:
    """A method that HTTP does not know."""
    return str(send(client, "BREW /posts HTTP/1.1").status_code)


def trace_method(client: httpx.Client) -> str:
    """A method that HTTP knows and nobody uses."""
    return str(send(client, "TRACE /posts HTTP/1.1").status_code)


def http_1_0(client: httpx.Client) -> str:
    """A request by HTTP/1.0."""
    return str(send(client, "GET /health HTTP/1.0").status_code)


def chunked_create(client: httpx.Client) -> str:
    """A small create whose length is not announced."""

    def chunks() -> Iterator[bytes]:
        yield b'{"title": "a", "body": "b", '
        yield b'"author_id": 1, "tags": []}'

    headers = {"Content-Type": "application/json"}
    return str(client.post("/posts", content=chunks(), headers=headers).status_code)


def too_large_by_its_length(client: httpx.Client) -> str:
    """A body announced as too large, of which nothing was sent yet."""
    head = f"POST /posts HTTP/1.1\r\n{JSON}\r\nContent-Length: {100 * MIB}"
    return str(send(client, head, b"", PATIENCE_SECONDS).status_code)


def connection_after_413(client: httpx.Client) -> str:
    """What becomes of a connection whose body was too large to be read."""
    head = f"POST /posts HTTP/1.1\r\n{JSON}\r\nContent-Length: {2 * MIB}"
    answer = send(client, head, b" " * (2 * MIB), PATIENCE_SECONDS)
    return f"{answer.status_code}, Connection: {answer.headers.get('connection', 'none')}"


def lower_case_scheme(client: httpx.Client) -> str:
    """The token with its scheme in lower case."""
    return str(create(client, new_post(), Authorization=f"bearer {subject.TOKEN}").status_code)


def tags_left_out(client: httpx.Client) -> str:
    """A create without the field `tags`."""
    body = new_post()
    del body["tags"]
    return str(create(client, body).status_code)


def field_given_twice(client: httpx.Client) -> str:
    """A JSON object with the same name twice."""
    body = b'{"title": "a", "title": "b", "body": "c", "author_id": 1, "tags": []}'
    answer = client.post("/posts", content=body, headers={"Content-Type": "application/json"})
    return f"{answer.status_code}, {answer.json().get('title')}"


def parameter_given_twice(client: httpx.Client) -> str:
    """A query with the same name twice."""
    answer = client.get("/posts?limit=1&limit=2")
    return f"{answer.status_code}, {len(answer.json().get('posts', []))} posts"


def zero_before_an_id(client: httpx.Client) -> str:
    """A post's id with a zero before it."""
    return str(client.get("/posts/03").status_code)


def tag_not_in_utf_8(client: httpx.Client) -> str:
    """A tag in the query that is no UTF-8."""
    return str(client.get("/posts?tag=%FF").status_code)


QUESTIONS: tuple[Callable[[httpx.Client], str], ...] = (
    date_and_server,
    unknown_method,
    trace_method,
    http_1_0,
    chunked_create,
    too_large_by_its_length,
    connection_after_413,
    lower_case_scheme,
    tags_left_out,
    field_given_twice,
    parameter_given_twice,
    zero_before_an_id,
    tag_not_in_utf_8,
)


def observe(service: Service, source: databases.Databases, simulator_url: str) -> list[str]:
    """Ask one service every question; what goes wrong is an answer, too."""
    with ExitStack() as stack:
        running = stack.enter_context(subject.running(service, source, simulator_url))
        client = stack.enter_context(subject.connect(running.url, subject.TOKEN))
        return [_answer(question, client) for question in QUESTIONS]


def _answer(question: Callable[[httpx.Client], str], client: httpx.Client) -> str:
    try:
        return question(client)
    except TimeoutError:
        return f"no answer within {PATIENCE_SECONDS:.0f} s"
    except (OSError, httpx.TransportError) as error:
        return f"{type(error).__name__}: {error}"


def main(names: list[str]) -> None:
    """Print a table with a column for each service."""
    services = [SERVICES[name] for name in names or SERVICES]
    table = Table("left open by HTTP or decided by the server", *[each.name for each in services])
    with (
        stopping.clean_exit(),
        databases.open("sqlite") as source,
        launch.upstreams_running() as up,
    ):
        columns = [observe(service, source, up.url) for service in services]
    for question, *answers in zip(QUESTIONS, *columns, strict=True):
        table.add_row((question.__doc__ or "").split("\n")[0], *answers)
    Console().print(table)


if __name__ == "__main__":
    main(sys.argv[1:])
