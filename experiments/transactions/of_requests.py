"""Transactions of requests: a decorated view, `ATOMIC_REQUESTS`, and what follows the commit."""

import sys
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from asgiref.sync import async_to_sync, sync_to_async
from django.core.signals import got_request_exception
from django.db import connections, transaction
from django.http import HttpRequest, HttpResponse
from django.urls import path
from fastapi import BackgroundTasks, Depends, FastAPI, HTTPException
from sqlalchemy import NullPool
from sqlalchemy.ext.asyncio import AsyncSession

from django_app.models import Author
from experiments.apparatus.alchemy import async_engine
from experiments.apparatus.observing import outcome_of
from experiments.apparatus.serving import ask, serving
from experiments.apparatus.site import asgi
from experiments.apparatus.stored import added_authors
from experiments.claim import Claim, Seen
from fastapi_app.models import Author as AlchemyAuthor

View = Callable[[HttpRequest], Coroutine[Any, Any, HttpResponse]]
Callback = Callable[[], Awaitable[None]]


@contextmanager
def errors_in_views() -> Iterator[list[str]]:
    """Give the names of what views raise, until the block ends."""
    raised: list[str] = []

    def note(**_: object) -> None:
        raised.append(type(sys.exception()).__name__)

    got_request_exception.connect(note)
    try:
        yield raised
    finally:
        got_request_exception.disconnect(note)


@Claim(
    "atomic-view-is-an-error",
    "An `async def` view with `@transaction.atomic` answers 500: Django takes it for a "
    "synchronous view, and gets a coroutine.",
    numbers=(47,),
    about="Django 5.2 and 6.1",
    instead="Put what belongs to the transaction into a `def` function with `atomic`.",
    database="postgresql",
)
def atomic_view_is_an_error(decorate: Callable[[View], View] = transaction.atomic) -> Seen:
    """Serve an async view that has `atomic` as its decorator."""

    async def view(request: HttpRequest) -> HttpResponse:
        await Author.objects.acreate(name="Grace")
        return HttpResponse()

    with errors_in_views() as raised, serving(asgi(path("", decorate(view)))) as client:
        status = client.get("/").status_code
    rows = added_authors()
    return Seen(
        held=status == 500 and raised == ["ValueError"] and not rows,
        evidence={"status": status, "raised": raised, "rows": rows},
    )


atomic_view_is_an_error.falls_when(
    "the decorator is `non_atomic_requests`, which gives the view itself",
    decorate=transaction.non_atomic_requests,
)


@Claim(
    "atomic-requests-refuses-async-views",
    "With `ATOMIC_REQUESTS` every async view raises `RuntimeError`, unless it has "
    "`@non_atomic_requests`.",
    about="Django 5.2 and 6.1",
    instead="Leave `ATOMIC_REQUESTS` off, and write `atomic` where a transaction is needed.",
    why="`BaseHandler.make_view_atomic` raises it, since `atomic` cannot wrap a coroutine.",
    database="postgresql",
)
def atomic_requests_refuses_async_views(atomic_requests: bool = True) -> Seen:
    """Serve an async view and an exempt one in a project with `ATOMIC_REQUESTS`."""
    connections.settings["default"]["ATOMIC_REQUESTS"] = atomic_requests

    async def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    @transaction.non_atomic_requests
    async def exempt(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    site = asgi(path("view", view), path("exempt", exempt))
    with errors_in_views() as raised, serving(site) as client:
        statuses = [response.status_code for response in ask(client, ["/view", "/exempt"])]
    return Seen(
        held=statuses == [500, 200] and raised == ["RuntimeError"],
        evidence={"view": statuses[0], "raised": raised, "exempt view": statuses[1]},
    )


atomic_requests_refuses_async_views.falls_when("the setting has its default", atomic_requests=False)


@atomic_requests_refuses_async_views.beside(
    "FastAPI",
    "A dependency can open the transaction of each request, also of async endpoints; with "
    '`scope="function"` it commits before the answer is sent, by default after it.',
)
def transaction_as_a_dependency() -> Seen:
    """Serve an endpoint that writes, and fails for one of two names."""
    app, engine = FastAPI(), async_engine(poolclass=NullPool)

    async def begin() -> AsyncIterator[AsyncSession]:
        async with AsyncSession(engine) as session, session.begin():
            yield session

    @app.get("/{name}")
    async def endpoint(
        name: str, session: Annotated[AsyncSession, Depends(begin, scope="function")]
    ) -> None:
        session.add(AlchemyAuthor(name=name))
        await session.flush()
        if name == "Edsger":
            raise HTTPException(409)

    with serving(app) as client:
        statuses = [response.status_code for response in ask(client, ["/Grace", "/Edsger"])]
        rows = added_authors()
    return Seen(
        held=statuses == [200, 409] and rows == ["Grace"],
        evidence={"statuses": statuses, "rows that stay": rows},
    )


def on_commit_made_sync(callback: Callback) -> None:
    """Register a coroutine function as a synchronous one."""
    transaction.on_commit(async_to_sync(callback))


@Claim(
    "on-commit-never-awaits",
    "`transaction.on_commit` takes a coroutine function without a word, and never awaits it.",
    about="Django 5.2 and 6.1",
    instead="Register `async_to_sync(callback)`, or await it after the function with `atomic`.",
    why="`run_and_clear_commit_hooks` calls it and drops the coroutine; Python warns that it "
    "was never awaited, where warnings are shown.",
    database="postgresql",
)
async def on_commit_never_awaits(
    register: Callable[[Callback], None] = transaction.on_commit,
) -> Seen:
    """Commit a transaction that has a coroutine function as its callback."""
    ran: list[str] = []

    async def callback() -> None:
        ran.append("callback")

    @transaction.atomic
    def write() -> str:
        Author.objects.create(name="Grace")
        register(callback)
        return "committed"

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        came_to = await outcome_of(sync_to_async(write)())
    warned = [warning.category.__name__ for warning in caught]
    return Seen(
        held=came_to == "committed" and not ran,
        evidence={"the transaction": came_to, "callbacks that ran": ran, "warned": warned},
    )


on_commit_never_awaits.falls_when(
    "`async_to_sync` makes the callback synchronous", register=on_commit_made_sync
)


@on_commit_never_awaits.beside(
    "FastAPI",
    "`BackgroundTasks` awaits a coroutine function once the endpoint has succeeded, but knows "
    "nothing of a commit: a transaction that a dependency commits by default is committed after "
    "the tasks.",
)
def background_task_is_awaited() -> Seen:
    """Serve an endpoint with a dependency that adds a task, and fails for one of two names."""
    app = FastAPI()
    ran: list[str] = []

    async def begin() -> AsyncIterator[None]:
        yield
        ran.append("commit")  # where a dependency commits, if nothing was raised

    async def callback(name: str) -> None:
        ran.append(name)

    @app.get("/{name}", dependencies=[Depends(begin)])
    async def endpoint(name: str, tasks: BackgroundTasks) -> None:
        tasks.add_task(callback, name)
        if name == "Edsger":
            raise HTTPException(409)

    with serving(app) as client:
        statuses = [response.status_code for response in ask(client, ["/Grace", "/Edsger"])]
    return Seen(
        held=statuses == [200, 409] and ran == ["Grace", "commit"],
        evidence={"statuses": statuses, "ran, in this order": ran},
    )


async def in_the_loop(register: Callable[[], None]) -> None:
    """Call it where the coroutine runs."""
    register()


async def on_a_thread(register: Callable[[], None]) -> None:
    """Call it on the thread that has the connection."""
    await sync_to_async(register)()


@Claim(
    "on-commit-in-a-coroutine-raises",
    "Called in a coroutine, `transaction.on_commit` raises `SynchronousOnlyOperation`.",
    about="Django 5.2 and 6.1",
    instead="Call it in the function with `atomic`, on the thread.",
    why="Each thread has a connection of its own, and the event loop's may not be used.",
    database="postgresql",
)
async def on_commit_in_a_coroutine(
    call: Callable[[Callable[[], None]], Awaitable[None]] = in_the_loop,
) -> Seen:
    """Register a callback outside of any transaction, when it runs at once."""
    ran: list[str] = []
    came_to = await outcome_of(call(lambda: transaction.on_commit(lambda: ran.append("callback"))))
    return Seen(
        held=came_to == "SynchronousOnlyOperation" and not ran,
        evidence={"on_commit": came_to, "callbacks that ran": ran},
    )


on_commit_in_a_coroutine.falls_when("it is called by `sync_to_async`", call=on_a_thread)
