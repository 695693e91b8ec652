"""What HTTP or the contract leaves open: unusual requests, and headers nobody asked for."""

import httpx

from compare.survey.observed.target import JSON, POST, TOKEN, Question, Target, send


def date_and_server(target: Target) -> str:
    """Has an answer the headers Date and Server?"""
    headers = target.client.get("/health").headers
    return f"Date: {'yes' if 'date' in headers else 'no'}, Server: {headers.get('server', 'no')}"


def unknown_method(target: Target) -> str:
    """What does a method get that HTTP does not know?"""
    return str(send(target, "BREW /posts HTTP/1.1").status_code)


def trace_method(target: Target) -> str:
    """What does a method get that HTTP knows and nobody uses, TRACE?"""
    return str(send(target, "TRACE /posts HTTP/1.1").status_code)


def http_1_0(target: Target) -> str:
    """What does a request by HTTP/1.0 get?"""
    return str(send(target, "GET /health HTTP/1.0").status_code)


def websocket(target: Target) -> str:
    """What does a WebSocket's handshake get on /posts?"""
    head = "GET /posts HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    head += "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
    return str(send(target, head).status_code)


def create_that_upgrades(target: Target) -> str:
    """What does a create get that asks for WebSocket?"""
    head = f"POST /posts HTTP/1.1\r\n{JSON}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    return str(send(target, f"{head}Content-Length: {len(POST)}", POST).status_code)


def broken_chunks(target: Target) -> str:
    """What does a body get whose chunks are broken?"""
    head = f"POST /posts HTTP/1.1\r\n{JSON}\r\nTransfer-Encoding: chunked"
    return str(send(target, head, b"zz\r\n\r\n").status_code)


def multipart_form(target: Target) -> str:
    """What does a create as multipart/form-data get?"""
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    return str(target.client.post("/posts", content=POST, headers=headers).status_code)


def lower_case_scheme(target: Target) -> str:
    """What does a create get whose token comes with its scheme in lower case?"""
    return str(_create(target, POST, Authorization=f"bearer {TOKEN}").status_code)


def tags_left_out(target: Target) -> str:
    """What does a create get without the field `tags`?"""
    return str(_create(target, b'{"title": "a", "body": "b", "author_id": 1}').status_code)


def field_given_twice(target: Target) -> str:
    """What does a JSON object get that has the same name twice?"""
    answer = _create(target, POST.replace(b"{", b'{"title": "first", '))
    return f"{answer.status_code}, title: {answer.json().get('title')}"


def parameter_given_twice(target: Target) -> str:
    """What does a query get that has the same name twice?"""
    answer = target.client.get("/posts?limit=1&limit=2")
    return f"{answer.status_code}, {len(answer.json().get('posts', []))} posts"


def zero_before_an_id(target: Target) -> str:
    """What does a post's id get that has a zero before it?"""
    return str(target.client.get("/posts/03").status_code)


def tag_not_in_utf_8(target: Target) -> str:
    """What does a tag in the query get that is no UTF-8?"""
    return str(target.client.get("/posts?tag=%FF").status_code)


def _create(target: Target, body: bytes, **headers: str) -> httpx.Response:
    content_type = dict([JSON.split(": ")])
    return target.client.post("/posts", content=body, headers=content_type | headers)


QUESTIONS: tuple[Question, ...] = (
    date_and_server,
    websocket,
    create_that_upgrades,
    broken_chunks,
    unknown_method,
    trace_method,
    http_1_0,
    multipart_form,
    lower_case_scheme,
    tags_left_out,
    field_given_twice,
    parameter_given_twice,
    zero_before_an_id,
    tag_not_in_utf_8,
)
