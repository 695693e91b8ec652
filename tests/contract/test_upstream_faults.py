"""The dashboard whatever an upstream sends: by C21, and with nothing left of it afterwards."""

import gzip
import json
import re
from collections.abc import Iterator
from itertools import repeat
from typing import Any

import httpx
import pytest

from compare.running.addresses import HOST
from tests.contract import raw_upstream
from tests.contract.answers import good
from tests.contract.raw_upstream import ANSWERS, RawUpstreams, answer, head
from tests.contract.subject import Subject

WEATHER = ANSWERS["weather"]
LARGEST_BODY = 1024 * 1024
# Requests that are answered meanwhile: a service that turns to these has read what was sent before.
TURNS = 20
COMPRESSED = gzip.compress(json.dumps(WEATHER).encode())
# What the buffers of two kernels and two processes may hold beyond what is read.
MOST_SENT_BYTES = 16 * LARGEST_BODY
WHOLE = {**ANSWERS, "unavailable": []}
# A proxy that is not there, for everything: who asked it would get no answer at all.
PROXY = {"http_proxy": f"http://{HOST}:9", "no_proxy": ""}
COMPRESSION = re.compile(rb"(?im)^accept-encoding:(?! *identity\r$)")

# Odd, but HTTP with the JSON that is wanted.
USABLE = {
    "cookie-utf-8": answer(WEATHER, "Set-Cookie: user=Zoë"),
    "cookie-bytes": answer(WEATHER, b"Set-Cookie: user=\xff\x80; Path=/"),
    "header-bytes": answer(WEATHER, b"X-Odd: \xff\x80", "X-Odder: Zoë"),
    "phrase-bytes": answer(WEATHER, status=b"HTTP/1.1 200 \xe9"),
    "http-1.0": answer(WEATHER, status="HTTP/1.0 200 OK"),
    "until-close": head(status="HTTP/1.0 200 OK") + json.dumps(WEATHER).encode(),
    "charset": answer(WEATHER, "Content-Type: text/html; charset=hex"),
    "surrogate-elsewhere": answer(WEATHER | {"more": "\ud800"}),
    "longest-body": answer(json.dumps(WEATHER).encode().ljust(LARGEST_BODY)),
}
UNUSABLE = {
    "surrogate": (answer(WEATHER | {"city": "\ud800"}), "wrong-shape"),
    "surrogate-in-the-middle": (answer(WEATHER | {"city": "a\udfffb"}), "wrong-shape"),
    "number-as-text": (answer(WEATHER | {"temperature_celsius": "-7.5"}), "wrong-shape"),
    "truth-as-number": (answer(WEATHER | {"temperature_celsius": True}), "wrong-shape"),
    "number-as-text-field": (answer(WEATHER | {"city": 1}), "wrong-shape"),
    "infinite-number": (
        answer(json.dumps(WEATHER).replace("-7.5", "1e999").encode()),
        "wrong-shape",
    ),
    "long-number": (
        answer(json.dumps(WEATHER).replace("-7.5", "9" * 5000).encode()),
        "wrong-shape",
    ),
    "utf-16": (answer(json.dumps(WEATHER).encode("utf-16")), "not-json"),
    "empty": (answer(b""), "not-json"),
    "body-too-long": (answer(json.dumps(WEATHER).encode().ljust(LARGEST_BODY + 1)), "not-json"),
    "gzip": (answer(COMPRESSED, "Content-Encoding: gzip"), "not-json"),
    "broken-gzip": (answer(b"\x1f\x8b junk", "Content-Encoding: gzip"), "not-json"),
    "redirect": (answer(WEATHER, "Location: /news", status="HTTP/1.1 302 Found"), "status"),
    "redirect-to-nonsense": (
        answer(WEATHER, b"Location: http://[::1\xff", status="HTTP/1.1 302 Found"),
        "unreachable",
    ),
    "redirect-to-no-host": (
        answer(WEATHER, "Location: odd..name:1/", status="HTTP/1.1 301 Moved"),
        "unreachable",
    ),
    "no-content": (head(status="HTTP/1.1 204 No Content"), "status"),
    "unknown-status": (answer(WEATHER, status="HTTP/1.1 599 Odd"), "status"),
    "not-http": (b"SSH-2.0-OpenSSH_9.2\r\n", "unreachable"),
    "header-name-bytes": (answer(WEATHER, b"X-\xff: 1"), "unreachable"),
    "header-without-colon": (answer(WEATHER, b"odd"), "unreachable"),
    "length-no-number": (head("Content-Length: many") + b"{}", "unreachable"),
    "two-lengths": (head("Content-Length: 1", "Content-Length: 2") + b"{}", "unreachable"),
    "broken-chunk": (head("Transfer-Encoding: chunked") + b"zz\r\n{}\r\n0\r\n\r\n", "unreachable"),
}
# Where an answer breaks off.
BEGINNINGS = {
    "before-the-status": b"",
    "in-the-status": b"HTTP/1.1 20",
    "in-a-header": head("Content-Length: 10")[:-9],
    "before-the-body": head("Content-Length: 10"),
    "in-the-body": head("Content-Length: 10") + b"{",
    "in-a-chunk": head("Transfer-Encoding: chunked") + b"5\r\n{",
    "between-chunks": head("Transfer-Encoding: chunked") + b"1\r\n{\r\n",
}
ENDLESS = {
    "body": (head("Content-Length: 1000000000000"), b" " * 65536, "not-json"),
    "body-until-close": (head(status="HTTP/1.0 200 OK"), b" " * 65536, "not-json"),
    "chunks": (head("Transfer-Encoding: chunked"), b"8000\r\n%s\r\n" % (b" " * 0x8000), "not-json"),
    "headers": (b"HTTP/1.1 200 OK\r\n", b"X-Odd: odd\r\n" * 1000, "unreachable"),
    "header": (b"HTTP/1.1 200 OK\r\nX-Odd: ", b"x" * 65536, "unreachable"),
    "status": (b"HTTP/1.1 200 ", b"x" * 65536, "unreachable"),
}


@pytest.fixture(scope="session")
def asking_raw(subject: Subject) -> Iterator[tuple[httpx.Client, RawUpstreams]]:
    """A client of a process whose upstreams send raw bytes, and those."""
    if subject.begin is None:
        pytest.skip("needs a service that the suite itself starts with other settings")
    with (
        raw_upstream.serving() as upstreams,
        subject.begin(upstreams_url=upstreams.url, **PROXY) as process,
    ):
        process.wait_until_ready()
        with process.connect() as client:
            yield client, upstreams


@pytest.fixture
def asking(asking_raw: tuple[httpx.Client, RawUpstreams]) -> httpx.Client:
    """A client of a process whose upstreams send raw bytes."""
    return asking_raw[0]


@pytest.fixture
def raw_upstreams(asking_raw: tuple[httpx.Client, RawUpstreams]) -> RawUpstreams:
    """The upstreams that send raw bytes."""
    return asking_raw[1]


def without_weather(reason: str) -> dict[str, Any]:
    """Give the dashboard that lacks the steered upstream for this reason."""
    return WHOLE | {"weather": None, "unavailable": [{"source": "weather", "reason": reason}]}


@pytest.mark.parametrize("sent", USABLE.values(), ids=list(USABLE))
def test_odd_answer_is_given(
    asking: httpx.Client, raw_upstreams: RawUpstreams, sent: bytes
) -> None:
    """C21: An upstream's answer counts, whatever else stands in its head or its fields."""
    raw_upstreams.send(sent)
    assert good(asking.get("/dashboard")) == WHOLE


@pytest.mark.parametrize(("sent", "reason"), UNUSABLE.values(), ids=list(UNUSABLE))
def test_unusable_answer_has_its_reason(
    asking: httpx.Client, raw_upstreams: RawUpstreams, sent: bytes, reason: str
) -> None:
    """C21: An answer of no use has its reason, whatever it is, and the others are given."""
    raw_upstreams.send(sent)
    assert good(asking.get("/dashboard")) == without_weather(reason)
    assert len(raw_upstreams.requests) == len(ANSWERS)


def test_byte_too_much_that_comes_late_is_seen(
    asking: httpx.Client, raw_upstreams: RawUpstreams
) -> None:
    """C21: An answer of one byte too much is of no use, also when that byte comes by itself."""

    def last_byte() -> Iterator[bytes]:
        for _ in range(TURNS):
            good(asking.get("/health"))
        yield b" "

    longest = json.dumps(WEATHER).encode().ljust(LARGEST_BODY)
    raw_upstreams.send(head(f"Content-Length: {LARGEST_BODY + 1}") + longest, then=last_byte())
    assert good(asking.get("/dashboard")) == without_weather("not-json")


@pytest.mark.parametrize("resets", [False, True], ids=["close", "reset"])
@pytest.mark.parametrize("sent", BEGINNINGS.values(), ids=list(BEGINNINGS))
def test_answer_that_breaks_off_is_unreachable(
    asking: httpx.Client, raw_upstreams: RawUpstreams, sent: bytes, resets: bool
) -> None:
    """C21: An upstream that breaks off its answer is unreachable, wherever it breaks off."""
    raw_upstreams.send(sent, resets=resets)
    assert good(asking.get("/dashboard")) == without_weather("unreachable")


@pytest.mark.parametrize(("start", "more", "reason"), ENDLESS.values(), ids=list(ENDLESS))
def test_endless_answer_is_not_read_to_its_end(
    asking: httpx.Client, raw_upstreams: RawUpstreams, start: bytes, more: bytes, reason: str
) -> None:
    """C43: An answer without end is read no further than it takes to see that it is too long."""
    raw_upstreams.send(start, then=repeat(more))
    assert good(asking.get("/dashboard")) == without_weather(reason)
    assert raw_upstreams.sent_bytes < MOST_SENT_BYTES


def test_proxy_of_the_environment_is_not_asked(
    asking: httpx.Client, raw_upstreams: RawUpstreams
) -> None:
    """C20: The upstreams themselves are called, though the environment names a proxy."""
    raw_upstreams.send(answer(WEATHER))
    assert good(asking.get("/dashboard")) == WHOLE


def test_no_compression_is_asked_for(asking: httpx.Client, raw_upstreams: RawUpstreams) -> None:
    """C43: No upstream is asked for a compressed answer, which would be of no use."""
    raw_upstreams.send(answer(WEATHER))
    assert good(asking.get("/dashboard")) == WHOLE
    assert not [request for request in raw_upstreams.requests if COMPRESSION.search(request)]


def test_cookies_are_neither_kept_nor_sent(
    asking: httpx.Client, raw_upstreams: RawUpstreams
) -> None:
    """C44: A cookie that an upstream sets is sent to no upstream, then or later."""
    raw_upstreams.send(answer(WEATHER, "Set-Cookie: plain=text; Path=/", "Set-Cookie: user=Zoë"))
    for _ in range(2):
        assert good(asking.get("/dashboard")) == WHOLE
    assert len(raw_upstreams.requests) == 2 * len(ANSWERS)
    assert not [request for request in raw_upstreams.requests if b"cookie:" in request.lower()]
