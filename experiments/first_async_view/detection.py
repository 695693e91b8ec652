"""How a framework finds out whether a view is asynchronous, and what it takes for a sync one."""

import functools
import inspect
from collections.abc import Callable
from typing import Any

from asgiref.sync import markcoroutinefunction
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views import View
from fastapi import FastAPI

from experiments.apparatus import site
from experiments.apparatus.observing import LOOP, where
from experiments.apparatus.serving import serving
from experiments.claim import Claim, Seen

AnyView = Callable[..., Any]


async def function(request: HttpRequest) -> HttpResponse:
    """Answer from the event loop."""
    return HttpResponse()


class ClassBased(View):
    """A class-based view with an async handler."""

    async def get(self, request: HttpRequest) -> HttpResponse:
        """Answer from the event loop."""
        return HttpResponse()


def decorated(view: AnyView) -> AnyView:
    """Wrap a view in a plain `def`, as most decorators do."""

    @functools.wraps(view)
    def wrapper(*arguments: Any, **named: Any) -> Any:
        return view(*arguments, **named)

    return wrapper


def looks_through_decorators(view: AnyView) -> bool:
    """Ask for the function inside the decorators, as FastAPI does."""
    return inspect.iscoroutinefunction(inspect.unwrap(view))


@Claim(
    "detected-by-iscoroutinefunction",
    "Django tells an async view from a sync one by `inspect.iscoroutinefunction`.",
    numbers=(8,),
    about="Django 5.2 on Python 3.11, Django 6.1 on Python 3.13",
    instead="Mark a wrapper of your own with `asgiref.sync.markcoroutinefunction`: Django knows"
    " that mark on every Python.",
    why="`BaseHandler._get_response_async` of Django 5.2 asks asgiref's `iscoroutinefunction`, that"
    " of 6.1 inspect's. asgiref's is inspect's from Python 3.12 on; on 3.11 it is asyncio's, which"
    " alone knows the mark that `View.as_view()` gives its view there.",
    shows=(function, ClassBased, decorated),
)
def detected_by_iscoroutinefunction(asks: AnyView = inspect.iscoroutinefunction) -> Seen:
    """Compare the answer for a view of each kind with whether Django awaited the view."""
    views: dict[str, AnyView] = {
        "function": function,
        "partial": functools.partial(function),
        "decorated": decorated(function),
        "class-based": ClassBased.as_view(),
    }
    with serving(site.asgi(*[path(name, view) for name, view in views.items()])) as client:
        awaited = {name: client.get(f"/{name}").is_success for name in views}
    right = {name: asks(view) == awaited[name] for name, view in views.items()}
    class_based = right.pop("class-based")
    return Seen(
        held={
            "the view is a function": all(right.values()),
            "the view is class-based": class_based,
        },
        evidence={
            name: f"the check says {asks(view)}; Django "
            f"{'awaits it' if awaited[name] else 'does not await it'}"
            for name, view in views.items()
        },
    )


detected_by_iscoroutinefunction.falls_when(
    "the function that is asked looks through decorators", asks=looks_through_decorators
)


class CallableObject:
    """An object that is called like a view."""

    async def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer from the event loop."""
        return HttpResponse()


def unmarked(view: AnyView) -> AnyView:
    """Leave the view as it is."""
    return view


@Claim(
    "hidden-coroutine-fails",
    "An `async def` view behind a plain decorator, and an object with `async def __call__`, are"
    " taken for sync views and answer 500.",
    numbers=(8,),
    about="Django 3.1 and later",
    instead="Write the decorator's wrapper as `async def` too, or mark it, or the object, with"
    " `asgiref.sync.markcoroutinefunction`.",
    shows=(function, decorated, CallableObject),
)
def hidden_coroutine_fails(marked: Callable[[AnyView], AnyView] = unmarked) -> Seen:
    """Ask an async view behind a decorator, and an object."""
    views = {"decorated": marked(decorated(function)), "object": marked(CallableObject())}
    with serving(site.asgi(*[path(name, view) for name, view in views.items()])) as client:
        answers = {name: client.get(f"/{name}").status_code for name in views}
    return Seen(held=set(answers.values()) == {500}, evidence=answers)


hidden_coroutine_fails.falls_when("both are marked", marked=markcoroutinefunction)


@hidden_coroutine_fails.beside(
    "FastAPI", "FastAPI looks through `@wraps` and at `__call__`, and awaits both."
)
def hidden_coroutine_found() -> Seen:
    """Ask an async endpoint behind a decorator, and an object."""

    async def endpoint() -> str:
        return where()

    class CallableEndpoint:
        async def __call__(self) -> str:
            return where()

    app = FastAPI()
    app.get("/decorated")(decorated(endpoint))
    app.get("/object")(CallableEndpoint())
    with serving(app) as client:
        ran = {name: client.get(f"/{name}").json() for name in ("decorated", "object")}
    return Seen(held=set(ran.values()) == {LOOP}, evidence=ran)
