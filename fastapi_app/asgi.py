"""The door for ASGI servers, and the wiring of the application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio.to_thread
from fastapi import FastAPI
from starlette.convertors import IntegerConvertor, register_url_convertor

from .auth import warn_if_open
from .dashboard import make_client
from .database import async_engine, blocking_engine
from .documents import get_openapi
from .errors import add_handlers
from .middleware import Timing
from .settings import settings


class PostIdConvertor(IntegerConvertor):
    """A post's id in a path: 18 digits at most always fit a database's 64 bits."""

    regex = "[0-9]{1,18}"


register_url_convertor("post_id", PostIdConvertor())

if settings.ASYNC_MODEL == "async":
    from .routes import router
else:
    from .blocking.routes import router


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Size the thread pool at the start; close the client and the pools at the end."""
    anyio.to_thread.current_default_thread_limiter().total_tokens = settings.THREAD_LIMIT
    yield
    await app.state.upstream_client.aclose()
    await async_engine.dispose()
    blocking_engine.dispose()


def create_app() -> FastAPI:
    """Put the application together."""
    app = FastAPI(
        title="Posts and a dashboard",
        version="1.0.0",
        description="The contract that every service of django-vs-fastapi keeps.",
        lifespan=lifespan,
        redirect_slashes=False,
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.upstream_client = make_client()
    app.include_router(router)
    app.add_middleware(Timing)
    app.openapi = lambda: get_openapi(app)  # type: ignore[method-assign]
    add_handlers(app)
    return app


application = create_app()
warn_if_open()
