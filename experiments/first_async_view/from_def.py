"""A first async view: what must change, and since when Django has such views."""

from collections.abc import Callable
from typing import Any

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views import View
from fastapi import FastAPI

from django_app.models import Post
from experiments.apparatus import site
from experiments.apparatus.observing import LOOP, outcome, where
from experiments.apparatus.serving import ask, serving
from experiments.claim import Claim, Seen

AnyView = Callable[..., Any]


def greet(request: HttpRequest) -> str:
    """Answer from the request alone."""
    return f"Hello {request.GET['name']}"


def count_posts(request: HttpRequest) -> str:
    """Ask the database, as a body does that was written for `def`."""
    return f"{Post.objects.count()} posts"


@Claim(
    "async-def-is-enough",
    "A view becomes asynchronous by `async def` in the place of `def`: its URL pattern, its request"
    " and its response stay as they are.",
    numbers=(7,),
    about="Django 3.1 and later",
    instead="Change the keyword, then read the body and the decorators: what blocks must be"
    " awaited, and a decorator must know async views.",
    shows=(greet,),
)
def async_def_is_enough(body: Callable[[HttpRequest], str] = greet) -> Seen:
    """Ask two views with the same body, one `def`, one `async def`."""
    ran = {}

    def view(request: HttpRequest) -> HttpResponse:
        ran["def"] = where()
        return HttpResponse(body(request))

    async def async_view(request: HttpRequest) -> HttpResponse:
        ran["async def"] = where()
        return HttpResponse(body(request))

    with serving(site.asgi(path("before", view), path("after", async_view))) as client:
        before, after = ask(client, ["/before?name=Ada", "/after?name=Ada"])
    same = before.is_success and (after.status_code, after.text) == (200, before.text)
    moved = ran["def"] != LOOP and ran["async def"] == LOOP
    return Seen(
        held=same and moved,
        evidence={
            "`def`": f"{before.status_code} from {ran['def']}",
            "`async def`": f"{after.status_code} from {ran['async def']}",
        },
    )


async_def_is_enough.falls_when("the body asks the database, as it did before", body=count_posts)


@async_def_is_enough.beside("FastAPI", "The same is enough for an endpoint.")
def async_def_is_enough_in_fastapi() -> Seen:
    """Ask two endpoints with the same body, one `def`, one `async def`."""
    ran, app = {}, FastAPI()

    @app.get("/before")
    def endpoint(name: str) -> str:
        ran["def"] = where()
        return f"Hello {name}"

    @app.get("/after")
    async def async_endpoint(name: str) -> str:
        ran["async def"] = where()
        return f"Hello {name}"

    with serving(app) as client:
        before, after = ask(client, ["/before?name=Ada", "/after?name=Ada"])
    same = before.is_success and (after.status_code, after.text) == (200, before.text)
    moved = ran["def"] != LOOP and ran["async def"] == LOOP
    return Seen(
        held=same and moved,
        evidence={
            "`def`": f"{before.status_code} from {ran['def']}",
            "`async def`": f"{after.status_code} from {ran['async def']}",
        },
    )


class Mixed(View):
    """A class with a handler of each kind."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Answer from a thread."""
        return HttpResponse()

    async def post(self, request: HttpRequest) -> HttpResponse:
        """Answer from the event loop."""
        return HttpResponse()


class AllAsync(View):
    """A class whose handlers are all `async def`."""

    async def get(self, request: HttpRequest) -> HttpResponse:
        """Answer from the event loop."""
        return HttpResponse()

    async def post(self, request: HttpRequest) -> HttpResponse:
        """Answer from the event loop, too."""
        return HttpResponse()


@Claim(
    "mixed-handlers-refused",
    "The handlers of a class-based view are all `def` or all `async def`: Django refuses a mixed"
    " class.",
    numbers=(7,),
    about="Django 4.1 and later",
    instead="Change all handlers of a class at once, or make two classes of it.",
    shows=(Mixed,),
)
def mixed_handlers_refused(view_class: type[View] = Mixed) -> Seen:
    """Make a view of a class with a handler of each kind."""
    made = outcome(lambda: view_class.as_view().__name__)
    return Seen(held=made == "ImproperlyConfigured", evidence={"as_view()": made})


mixed_handlers_refused.falls_when("both handlers are `async def`", view_class=AllAsync)


@mixed_handlers_refused.beside("FastAPI", "Endpoints of both kinds stand side by side on one path.")
def mixed_endpoints_on_one_path() -> Seen:
    """Ask one path with GET, which is `def`, and with POST, which is `async def`."""
    ran, app = {}, FastAPI()

    @app.get("/")
    def get() -> None:
        ran["GET"] = where()

    @app.post("/")
    async def post() -> None:
        ran["POST"] = where()

    with serving(app) as client:
        answered = client.get("/").is_success and client.post("/").is_success
    return Seen(held=answered and ran["GET"] != LOOP and ran["POST"] == LOOP, evidence=ran)


class Unmarked(AllAsync):
    """The same without what marks it as async since Django 4.1."""

    view_is_async = False


@Claim(
    "async-views-since-4-1",
    "`async def` views are properly supported from Django 4.1 on.",
    numbers=(50,),
    about="Django 3.1 and later; what 3.1 and 4.1 brought is read from their release notes",
    instead="Read 4.1 as the release of async handlers in classes and of the ORM's a-methods.",
    why="Async views came with Django 3.1, as its release notes say. What 4.1 brought are"
    " `View.view_is_async` and the ORM's a-methods: a function does without both, a class's"
    " `async def get` does not.",
    shows=(AllAsync, Unmarked),
)
def async_views_since_4_1(view_class: type[View] = Unmarked) -> Seen:
    """Ask async views that do without what came with 4.1: a mark on classes, and a-methods."""

    async def function(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    async def query(request: HttpRequest) -> HttpResponse:
        return HttpResponse(await sync_to_async(Post.objects.count)())

    views: dict[str, AnyView] = {
        "function": function,
        "query": query,
        "class": view_class.as_view(),
    }
    with serving(site.asgi(*[path(name, view) for name, view in views.items()])) as client:
        fails = {name: not client.get(f"/{name}").is_success for name in views}
    return Seen(
        held={
            "the view is a function": fails["function"],
            "it asks the database": fails["query"],
            "the view is a class with `async def` handlers": fails["class"],
        },
        evidence={
            name: f"{'fails' if fails[name] else 'runs'} without what 4.1 brought" for name in views
        },
    )


async_views_since_4_1.falls_when("the class has its mark, as since 4.1", view_class=AllAsync)


@async_views_since_4_1.beside("FastAPI", "An endpoint may be any coroutine function, without mark.")
def endpoints_without_mark() -> Seen:
    """Ask a function and a method as endpoints."""

    class Posts:
        async def get(self) -> str:
            return where()

    async def function() -> str:
        return where()

    app = FastAPI()
    app.get("/function")(function)
    app.get("/method")(Posts().get)
    with serving(app) as client:
        ran = {name: client.get(f"/{name}").json() for name in ("function", "method")}
    return Seen(held=set(ran.values()) == {LOOP}, evidence=ran)
