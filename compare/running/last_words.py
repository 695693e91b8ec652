"""What a process said last, as one line for the person who wants to know why it ended."""

import re
from itertools import dropwhile

from compare.running.databases import without_password

TRACEBACK = "Traceback (most recent call last):"
# The frame that the traceback of an exception group draws around each of its exceptions.
FRAME = re.compile(r"^\s*[|+]-*[ +]?")
# What servers log of their own end, such as gunicorn's "[2026-11-28 …] [4711] [ERROR] Reason: …".
LOGGED = re.compile(r"\[.+?\] \[\d+\] \[[A-Z]+\] |\[[A-Z]+\] |[A-Z]+: {2,}|\*\*\* ")
# Pydantic's exception names the setting in the line after it, and what is wrong in the next.
PYDANTIC = re.compile(r"\d+ validation errors? for ")
# uvicorn logs what keeps it from listening, and ends.
CANNOT_LISTEN = re.compile(r"ERROR: +(\[Errno \d+\] .+)")
SILENT = "it said nothing"


def last_words(output: str) -> str:
    """Give what was raised last, or else the last line that is no server's log of its end."""
    lines = [FRAME.sub("", line).rstrip() for line in output.splitlines()]
    lines = [line for line in lines if line]
    tracebacks = [number for number, line in enumerate(lines) if line.endswith(TRACEBACK)]
    said = _raised(lines[tracebacks[-1] + 1 :]) if tracebacks else _last(lines)
    return without_password(said.strip())


def _raised(lines: list[str]) -> str:
    after_frames = list(dropwhile(lambda line: line[0].isspace(), lines))
    match after_frames:
        case [first, name, complaint, *_] if PYDANTIC.search(first):
            return f"{name}: {complaint.partition(' [type=')[0].strip()}"
        case [first, *_]:
            return first.removeprefix("SystemExit: ")
    return TRACEBACK


def _last(lines: list[str]) -> str:
    if obstacles := [match[1] for line in lines if (match := CANNOT_LISTEN.match(line))]:
        return obstacles[-1]
    own = [line for line in lines if not LOGGED.match(line)]
    return (own or lines or [SILENT])[-1]
