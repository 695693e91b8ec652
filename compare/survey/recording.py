"""Run a Python server so that each SQL statement it sends is written down, its values filled in.

`python -m compare.survey.recording FILE -m uvicorn …` does what `python -m uvicorn …` does, and
appends a line of JSON, {"sql": TEXT}, to FILE for each statement. The drivers are wrapped, sqlite3
and psycopg, so that a service knows nothing of it and its frameworks do all they usually do.
"""

import functools
import json
import runpy
import sqlite3
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg

from compare.errors import StatementError
from compare.registry.services import Service

Recorder = Callable[[str], object]


def recorded(service: Service, file: Path) -> Service:
    """Make of a service one that appends its statements to a file; StatementError if it cannot."""
    python, *rest = service.command
    if python != sys.executable or rest[:1] != ["-m"] or "asyncpg" in service.requires:
        raise StatementError(f"{service.name} cannot be recorded: name other services")
    recorder = (python, "-m", "compare.survey.recording", str(file))
    return replace(service, command=(*recorder, *rest))


def read(file: Path) -> list[str]:
    """Give the statements in a file, in the order in which they were sent."""
    return [json.loads(line)["sql"] for line in file.read_text(encoding="utf-8").splitlines()]


def record_to(file: Path) -> None:
    """Record what this process, its threads and its forks send from now on."""
    # Unbuffered and appending: lines of several processes do not run into each other.
    lines = file.open("ab", buffering=0)

    def record(sql: str) -> None:
        lines.write(json.dumps({"sql": sql}).encode() + b"\n")

    connect = functools.partial(_connect, sqlite3.connect, record)
    for module in (sqlite3, sqlite3.dbapi2):
        setattr(module, "connect", connect)  # noqa: B010 - to mypy it is a function for ever
    for cursor in (psycopg.Cursor, psycopg.AsyncCursor):
        setattr(cursor, "execute", _execute(cursor.execute, record))  # noqa: B010


def run(command: list[str]) -> None:
    """Do what `python` followed by this command does: `-m MODULE …` or `SCRIPT …`."""
    match command:
        case ["-m", module, *_]:
            sys.argv = command[1:]
            runpy.run_module(module, run_name="__main__", alter_sys=True)
        case [script, *_]:
            sys.argv = command
            sys.path[0] = str(Path(script).resolve().parent)
            runpy.run_path(script, run_name="__main__")
        case _:
            sys.exit("usage: python -m compare.survey.recording FILE -m MODULE [ARGUMENT]...")


def _connect(connect: Callable[..., Any], record: Recorder, *args: Any, **options: Any) -> Any:
    connection = connect(*args, **options)
    connection.set_trace_callback(record)
    return connection


def _execute(execute: Callable[..., Any], record: Recorder) -> Callable[..., Any]:
    @functools.wraps(execute)
    def recording(self: Any, query: Any, params: Any = None, **options: Any) -> Any:
        record(_filled_in(self.connection, query, params))
        # A coroutine of AsyncCursor is awaited by the caller.
        return execute(self, query, params, **options)

    return recording


def _filled_in(connection: Any, query: Any, params: Any) -> str:
    if isinstance(connection, psycopg.AsyncConnection):
        return psycopg.AsyncClientCursor(connection).mogrify(query, params)
    return psycopg.ClientCursor(connection).mogrify(query, params)


if __name__ == "__main__":
    record_to(Path(sys.argv[1]))
    run(sys.argv[2:])
