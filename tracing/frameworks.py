"""What a framework runs around and in a view.

FastAPI records its dependencies, endpoint and serialisation itself, by OpenTelemetry.
"""

from typing import Any

import wrapt

from tracing.hops import when_imported
from tracing.spans import name_of, span


def hook() -> None:
    """Hook in, each framework once it is imported."""
    when_imported("django.core.handlers.base", "convert_exception_to_response", _middleware)
    when_imported("django.core.handlers.base", "BaseHandler.make_view_atomic", _view)
    when_imported("starlette.applications", "Starlette.add_middleware", _asgi_middleware)


def _middleware(wrapped: Any, _: Any, args: Any, kwargs: Any) -> Any:
    (get_response,) = args
    is_innermost = "_get_response" in name_of(get_response)
    return wrapped(get_response if is_innermost else _recorded("middleware", get_response))


def _view(wrapped: Any, _: Any, args: Any, kwargs: Any) -> Any:
    return _recorded("view", wrapped(*args, **kwargs))


def _asgi_middleware(wrapped: Any, _: Any, args: Any, kwargs: Any) -> Any:
    middleware, *others = args

    def make(*inner: Any, **options: Any) -> Any:
        application = middleware(*inner, **options)

        async def recorded(scope: Any, receive: Any, send: Any) -> None:
            with span("middleware", middleware.__name__):
                await application(scope, receive, send)

        return recorded

    return wrapped(make, *others, **kwargs)


def _recorded(kind: Any, function: Any) -> Any:
    name = name_of(function)

    async def call_async(wrapped: Any, _: Any, args: Any, kwargs: Any) -> Any:
        with span(kind, name):
            return await wrapped(*args, **kwargs)

    def call(wrapped: Any, _: Any, args: Any, kwargs: Any) -> Any:
        with span(kind, name):
            return wrapped(*args, **kwargs)

    # An object that is called may be marked as a coroutine function, which Python 3.11 knows not.
    from asgiref.sync import iscoroutinefunction

    return wrapt.FunctionWrapper(function, call_async if iscoroutinefunction(function) else call)
