"""The user who is logged in, as an async view finds it."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path
from fastapi import Depends, FastAPI
from sqlalchemy import NullPool
from sqlalchemy.ext.asyncio import AsyncSession

from experiments.apparatus.alchemy import async_engine
from experiments.apparatus.observing import outcome
from experiments.apparatus.serving import serving
from experiments.apparatus.site import asgi
from experiments.claim import Claim, Seen
from fastapi_app.models import Author as AlchemyAuthor

SESSIONS = "django.contrib.sessions.middleware.SessionMiddleware"
AUTHENTICATION = "django.contrib.auth.middleware.AuthenticationMiddleware"
LOGIN_REQUIRED = "django.contrib.auth.middleware.LoginRequiredMiddleware"

View = Callable[[HttpRequest], Coroutine[Any, Any, HttpResponse]]


async def show_user(request: HttpRequest) -> HttpResponse:
    """Read the id as a sync view does."""
    user: Any = request.user
    return HttpResponse(outcome(lambda: user.id))


async def show_awaited_user(request: HttpRequest) -> HttpResponse:
    """Wait for the user, then read the id."""
    user: Any = await request.auser()
    return HttpResponse(outcome(lambda: user.id))


@login_not_required
def log_in(request: HttpRequest) -> HttpResponse:
    """Log the only user in."""
    login(request, User.objects.get())
    return HttpResponse()


@login_not_required
def begin_session(request: HttpRequest) -> HttpResponse:
    """Remember something about a visitor."""
    request.session["basket"] = 1
    return HttpResponse()


def ids_shown(view: View, *more_middleware: str) -> tuple[str, str, str]:
    """Give what a view shows to a newcomer, to one with a session, and to one who logged in."""
    paths = path("", view), path("session", begin_session), path("login", log_in)
    middleware = [SESSIONS, AUTHENTICATION, *more_middleware]
    with serving(asgi(*paths, MIDDLEWARE=middleware)) as client:
        newcomer = client.get("/").text
        client.get("/session")
        visitor = client.get("/").text
        client.get("/login")
        return newcomer, visitor, client.get("/").text


@Claim(
    "async-view-reads-request-user",
    "An async view may read `request.user.id`.",
    numbers=(25,),
    about="Django 5.2 and 6.1",
    instead="Write `user = await request.auser()` (since Django 5.0) and go on with that object: "
    "`request.user` stays lazy, in templates too.",
    why="`request.user` is lazy: `auth.get_user` loads the session and the user from the database "
    "when it is first touched, which raises `SynchronousOnlyOperation` in a coroutine.",
    shows=(show_user, log_in, begin_session, ids_shown),
)
def async_view_reads_request_user(view: View = show_user) -> Seen:
    """Ask for the id without a session, with one, logged in, and after a middleware has asked."""
    with connection.schema_editor() as editor:
        for model in (ContentType, Permission, Group, User, Session):
            editor.create_model(model)
    user = User.objects.create(username="ada")
    newcomer, visitor, after = ids_shown(view)
    *_, after_middleware = ids_shown(view, LOGIN_REQUIRED)
    shown = {
        "the visitor has no session": (newcomer, None),
        "the visitor has a session, but is not logged in": (visitor, None),
        "somebody is logged in": (after, user.pk),
        "`LoginRequiredMiddleware` has touched the user before": (after_middleware, user.pk),
    }
    return Seen(
        held={visitor: id == str(own) for visitor, (id, own) in shown.items()},
        evidence={f"the id, if {visitor}": id for visitor, (id, _) in shown.items()},
    )


async_view_reads_request_user.falls_when(
    "the view awaits `request.auser()`", view=show_awaited_user
)


@async_view_reads_request_user.beside(
    "FastAPI", "A dependency loads the user before the endpoint begins, so `user.id` is there."
)
def dependency_loads_the_user() -> Seen:
    """Load an author in a dependency, and read the id in the endpoint."""
    app, engine = FastAPI(), async_engine(poolclass=NullPool)

    async def current_user() -> AlchemyAuthor:
        async with AsyncSession(engine) as session:
            return await session.get_one(AlchemyAuthor, 1)

    @app.get("/")
    async def show_user_id(user: Annotated[AlchemyAuthor, Depends(current_user)]) -> str:
        return outcome(lambda: user.id)

    with serving(app) as client:
        shown = client.get("/").json()
    return Seen(held=shown == "1", evidence={"user.id": shown})
