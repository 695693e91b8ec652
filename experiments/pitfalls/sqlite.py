"""Pitfalls of SQLite: one writer at a time, and what that does to those who read first."""

import time
from collections.abc import Callable

from django.db import OperationalError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.urls import path
from fastapi import FastAPI
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from django_app.models import Post
from experiments.apparatus import site
from experiments.apparatus.serving import ask, serving
from experiments.claim import Claim, Seen
from fastapi_app.models import Post as AlchemyPost

AT_ONCE = 8
WORK_SECONDS = 0.1
WRITTEN = "written"
LOCKED = "database is locked"


def add_in_python() -> None:
    """Read a post, work a moment, and save it with a character more."""
    with transaction.atomic():
        post = Post.objects.get(id=1)
        time.sleep(WORK_SECONDS)
        post.body += "+"
        post.save()


def end_of(add: Callable[[], object]) -> str:
    """Say how a transaction ended."""
    try:
        add()
    except OperationalError as error:
        return str(error)
    return WRITTEN


@Claim(
    "sqlite-read-then-write-is-locked",
    "On SQLite, transactions that read first and then write fail with `database is locked` when "
    "they run at the same time, before their timeout is over.",
    about="Django 5.1 and later, where `transaction_mode` came",
    instead='Set `"transaction_mode": "IMMEDIATE"` in the database\'s `OPTIONS`.',
    shows=(add_in_python,),
)
def sqlite_read_then_write_is_locked(transaction_mode: str | None = None) -> Seen:
    """Let eight requests add a character each to one post, in transactions."""
    connection.settings_dict["OPTIONS"]["transaction_mode"] = transaction_mode
    ends: list[str] = []

    def view(request: HttpRequest) -> HttpResponse:
        ends.append(end_of(add_in_python))
        return HttpResponse()

    with serving(site.asgi(path("", view))) as client:
        ask(client, ["/"] * AT_ONCE)
    # Who waits for a lock cannot end before the one who has it.
    return Seen(
        held=ends[0] == LOCKED,
        evidence={
            "written": f"{ends.count(WRITTEN)} of {AT_ONCE}",
            "locked": f"{ends.count(LOCKED)} of {AT_ONCE}",
            "the first to end": ends[0],
        },
    )


sqlite_read_then_write_is_locked.falls_when(
    "`transaction_mode` is IMMEDIATE", transaction_mode="IMMEDIATE"
)


@sqlite_read_then_write_is_locked.beside(
    "FastAPI",
    "SQLAlchemy fails none of them, since `sqlite3` begins no transaction to read; it loses "
    "changes instead.",
)
def sqlite_read_then_write_is_lost() -> Seen:
    """Let eight requests add a character each to one post, in sessions."""
    engine, app = create_engine(site.DATABASE_URL), FastAPI()

    @app.get("/")
    def add() -> None:
        with Session(engine) as session, session.begin():
            post = session.get_one(AlchemyPost, 1)
            time.sleep(WORK_SECONDS)
            post.body += "+"

    with serving(app) as client:
        written = sum(answer.is_success for answer in ask(client, ["/"] * AT_ONCE))
    engine.dispose()
    kept = Post.objects.get(id=1).body.count("+")
    return Seen(
        held=written == AT_ONCE > kept,
        evidence={
            "written": f"{written} of {AT_ONCE}",
            "changes kept": f"{kept} of {AT_ONCE}",
        },
    )
