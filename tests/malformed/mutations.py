"""Valid requests, and what becomes of them when bytes are flipped, cut, repeated or put in."""

import json
from collections.abc import Callable

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

POST = json.dumps(
    {
        "title": "What waits?",
        "body": "Naïve, and \n plain. " * 20,
        "author_id": 1,
        "tags": ["a", "b"],
    }
).encode()
HEAD_OF_POST = b"POST /posts HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
CHUNKS = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (POST[:99], POST[99:]))
VALID = {
    "list": b"GET /posts?limit=2&tag=unicode-%C3%A9&before=999 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "detail": b"GET /posts/1 HTTP/1.1\r\nHost: localhost\r\nCookie: a=b; c=d\r\n\r\n",
    "head": b"HEAD /dashboard HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "create": HEAD_OF_POST + b"Content-Length: %d\r\n\r\n%b" % (len(POST), POST),
    "chunked": HEAD_OF_POST + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKS + b"0\r\n\r\n",
    "continued": HEAD_OF_POST
    + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n%b" % (len(POST), POST),
    "two": b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n" * 2,
    "old": b"GET /ready HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    "wide": b"GET /health HTTP/1.1\r\nHost: localhost\r\n" + b"X-Wide: a\r\n" * 60 + b"\r\n",
}
# What is put in: what ends lines, numbers and chunks, and headers that contradict the others.
INSERTED = [
    *(
        b"\0",
        b"\r",
        b"\n",
        b"\r\n",
        b"\r\n\r\n",
        b" ",
        b"\t",
        b":",
        b"\xff",
        b"\xc3\xa9",
        b"%",
        b"%00",
    ),
    *(
        b"zz\r\n",
        b"0\r\n\r\n",
        b"ffffffffffffffff\r\n",
        b"-1\r\n",
        b"5;a=b\r\n",
        b"1" * 400,
        b"a" * 9000,
    ),
    *(b"\r\nContent-Length: 5", b"\r\nContent-Length: -1", b"\r\nContent-Length: 1e3"),
    *(b"\r\nContent-Length: " + b"9" * 30, b"\r\nTransfer-Encoding: chunked"),
    *(b"\r\nTransfer-Encoding: gzip", b"\r\nTransfer-Encoding : chunked", b"\r\n folded"),
    *(b"\r\nHost: other", b"\r\nConnection: close", b"\r\nContent-Type: a/b;charset*=x'y'%00"),
    *(
        b"\r\nX: " + b"a" * 70_000,
        b"\r\nA: b" * 2_000,
        b"\x16\x03\x01\x02\x00",
        b"PRI * HTTP/2.0\r\n\r\n",
    ),
]
Edit = Callable[[bytes], bytes]
places = st.floats(0, 1)
lengths = st.integers(1, 40)


def flip(place: float, bit: int) -> Edit:
    """Change one bit of one byte."""

    def edit(request: bytes) -> bytes:
        at = index(place, request)
        return (
            request[:at]
            + bytes(byte ^ (1 << bit) for byte in request[at : at + 1])
            + request[at + 1 :]
        )

    return edit


def cut(place: float, length: int) -> Edit:
    """Leave bytes out."""
    return lambda request: (
        request[: index(place, request)] + request[index(place, request) + length :]
    )


def end(place: float) -> Edit:
    """Leave all out that follows."""
    return lambda request: request[: index(place, request) + 1]


def repeat(place: float, length: int, times: int) -> Edit:
    """Say bytes again."""

    def edit(request: bytes) -> bytes:
        at = index(place, request)
        return request[:at] + request[at : at + length] * times + request[at + length :]

    return edit


def insert(place: float, inserted: bytes) -> Edit:
    """Put bytes in."""
    return lambda request: (
        request[: index(place, request)] + inserted + request[index(place, request) :]
    )


def index(place: float, request: bytes) -> int:
    """Give the byte at a place from 0, the first, to 1, the last."""
    return int(place * max(len(request) - 1, 0))


flips = st.builds(flip, places, st.integers(0, 7))
cuts = st.builds(cut, places, lengths)
repeats = st.builds(repeat, places, lengths, st.integers(2, 200))
inserts = st.builds(insert, places, st.sampled_from(INSERTED) | st.binary(min_size=1, max_size=8))
# Rarely the end: a request that breaks off hides what was wrong further on.
edits = st.one_of(*[flips, cuts, repeats, inserts, inserts] * 3, st.builds(end, places))


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """Change a valid request in one to three places."""
    request = draw(st.sampled_from(list(VALID.values())))
    for edit in draw(st.lists(edits, min_size=1, max_size=3)):
        request = edit(request)
    return request


def generated(count: int) -> list[bytes]:
    """Give so many different mutated requests: the same ones in every run."""
    requests: dict[bytes, None] = {}

    @settings(
        max_examples=2 * count,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(mutated())
    def collect(request: bytes) -> None:
        requests[request] = None

    collect()
    return list(requests)[:count]
