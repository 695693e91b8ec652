"""How much a server takes: lines and headers that are long, bodies that are large."""

from functools import partial

from compare.survey.observed.target import JSON, MIB, POST, Question, Target, answer_of, send

KIB = 1024
LENGTHS_KIB = (2, 4, 8, 16, 64, 256, 1024)
CHUNK_BYTES = 64 * KIB


def longest_target(target: Target) -> str:
    """How long may the path with its query be?"""
    return _longest(target, "GET /health?{} HTTP/1.1")


def longest_header(target: Target) -> str:
    """How long may a header be?"""
    return _longest(target, "GET /health HTTP/1.1\r\nX-Long: {}")


def chunked_create(target: Target) -> str:
    """What does a small create get whose length is not announced?"""
    return _chunked(target, POST)


def chunked_too_large(target: Target) -> str:
    """What does a body above 1 MiB get that comes in chunks?"""
    return _chunked(target, POST.ljust(MIB + CHUNK_BYTES))


def announced_too_large(target: Target) -> str:
    """What does a body get that is announced as too large, when nothing of it was sent?"""
    head = f"POST /posts HTTP/1.1\r\n{JSON}\r\nContent-Length: {100 * MIB}"
    return str(send(target, head).status_code)


def too_large_and_goes_on(target: Target) -> str:
    """What does a body get of which 2 MiB came and more is to come?"""
    head = f"POST /posts HTTP/1.1\r\n{JSON}\r\nContent-Length: {100 * MIB}"
    return str(send(target, head, b" " * (2 * MIB)).status_code)


def connection_of_413(target: Target) -> str:
    """What says the header Connection of the answer to a body that was too large?"""
    head = f"POST /posts HTTP/1.1\r\n{JSON}\r\nContent-Length: {2 * MIB}"
    answer = send(target, head, b" " * (2 * MIB))
    return f"{answer.status_code}, Connection: {answer.headers.get('connection', 'none')}"


def _longest(target: Target, head: str) -> str:
    taken_kib = 0
    for length_kib in LENGTHS_KIB:
        ask = partial(_status, target, head.format("x" * length_kib * KIB))
        if (answer := answer_of(ask)) != "200":
            return f"{taken_kib} KiB; {length_kib} KiB: {answer}"
        taken_kib = length_kib
    return f"{taken_kib} KiB and more"


def _status(target: Target, head: str) -> str:
    return str(send(target, head).status_code)


def _chunked(target: Target, body: bytes) -> str:
    chunks = [body[start : start + CHUNK_BYTES] for start in range(0, len(body), CHUNK_BYTES)]
    coded = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in [*chunks, b""])
    head = f"POST /posts HTTP/1.1\r\n{JSON}\r\nTransfer-Encoding: chunked"
    return str(send(target, head, coded).status_code)


QUESTIONS: tuple[Question, ...] = (
    longest_target,
    longest_header,
    chunked_create,
    chunked_too_large,
    announced_too_large,
    too_large_and_goes_on,
    connection_of_413,
)
